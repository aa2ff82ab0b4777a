import type { Run } from '../../run/run';
import type { Outcome } from '../../task/problem';
import { Problem } from '../../task/problem';
import type { Session } from '../../task/session';
import type { InputMedia, SentMedium } from '../inputMedia';
import { buildRequest } from './buildRequest';
import type { KnownSessions } from './findSession';
import type { LipSyncInput } from './readParameters';
import { readParameters } from './readParameters';

/** An item of which everything has been looked at that costs nothing. */
export interface PreparedItem {
	input: LipSyncInput;
	/** Of an earlier node. */
	session?: Session;
	/** Whose faces are still to be found. */
	video?: SentMedium;
}

/**
 * Reads an item, asks for its session and looks at its media: all that can be refused is refused here,
 * before anything is spent.
 *
 * @throws Problem for what is certain to be refused
 */
export async function prepareItem(
	run: Run,
	itemIndex: number,
	media: InputMedia,
	sessions: KnownSessions,
): Promise<Outcome<PreparedItem>> {
	const input = readParameters(run, itemIndex);
	if (input.faceSource !== 'video') {
		const session =
			input.faceSource === 'session' ? sessions.given(itemIndex) : await sessions.ofTask(itemIndex);
		if (session instanceof Problem) return session;
		await buildRequest(run, itemIndex, input, session, media);
		return { input, session };
	}
	// Without the faces only what they say nothing about is checked: finding them costs money, too.
	const unknown: Session = { sessionId: '' };
	await buildRequest(run, itemIndex, input, unknown, media);
	const video = await media.video(itemIndex);
	await buildRequest(run, itemIndex, input, { ...unknown, videoMs: video.durationMs }, media);
	return { input, video };
}
