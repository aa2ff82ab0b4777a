import type { CreateBody } from '../../api/tasks';
import type { Timing } from '../../task/audioTiming';
import { TIMING_FIELDS } from '../../task/audioTiming';
import type { FaceVoice } from '../../task/faceChoice';
import { inputProblem } from '../../task/problem';
import { REVISIONS } from '../../task/modelsAndPaths';
import type { SentAudio } from '../inputMedia';

const INSTEAD =
	"It is not known to exist in the API revision 'Video' that the credential is set to. Change the credential to 'Audio' to use it.";

/**
 * The request of the vendor's newer revision: one face a task, and neither timing nor mix. What can't
 * be had there is refused, for it would be ignored without a word.
 *
 * @throws Problem naming what can't be had
 */
export function videoRevisionBody(
	sessionId: string,
	voices: Array<{ voice: FaceVoice; audio: SentAudio }>,
	given: Timing,
	keepsOriginalSound: boolean,
): CreateBody {
	const [{ voice, audio }] = voices;
	if (voices.length > 1) {
		throw inputProblem('Only one face can speak in a video', `Several faces: ${INSTEAD}`);
	}
	const set = TIMING_FIELDS.find(
		({ field }) => ({ ...given, ...voice.timing })[field] !== undefined,
	);
	if (set) throw inputProblem(`'${set.label}' can't be used`, INSTEAD);
	if (keepsOriginalSound) {
		throw inputProblem("'Original Sound' can't be set to 'Keep Underneath'", INSTEAD);
	}
	if (audio.value !== undefined && !/^https?:/i.test(audio.value)) {
		throw inputProblem(
			"The audio can't be sent inside the request",
			`${INSTEAD} Or use the URL of the audio.`,
		);
	}
	return {
		model: REVISIONS.video.lipSyncModel,
		sessionId,
		faceId: voice.faceId,
		...('audioId' in voice.audio ? { audioId: voice.audio.audioId } : { audioUrl: audio.value }),
	};
}
