import type { Revision } from './modelsAndPaths';
import { REVISIONS } from './modelsAndPaths';
import type { Task } from './task';
import { isIdentify } from './task';

/** A price list of the vendor: dollars for finding faces, and for each started 5 s of lip-synced video. */
interface PriceList {
	identify: number;
	lipSyncBlock: number;
}

/** As published in 2026 on the vendor's page of each revision. */
const PRICES: Record<Revision, PriceList> = {
	audio: { identify: 0.0007, lipSyncBlock: 0.0063 },
	video: { identify: 0.01, lipSyncBlock: 0.065 },
};
const BLOCK_SECONDS = 5;

/**
 * The price of a task in US dollars, from the published list.
 *
 * @param withIdentify whether the faces were found for this task, so that both steps are its price
 * @returns undefined when it can't be known: the length of the video is missing
 */
export function estimateCostUsd(
	task: Pick<Task, 'model' | 'state' | 'videoDuration'>,
	{ withIdentify = false } = {},
): number | undefined {
	const isVideoRevision = task.model === REVISIONS.video.lipSyncModel;
	const { identify, lipSyncBlock } = PRICES[isVideoRevision ? 'video' : 'audio'];
	const before = withIdentify ? identify : 0;
	if (task.state === 'failed') return before || undefined;
	if (isIdentify(task)) return identify;
	if (task.videoDuration === undefined) return undefined;
	const blocks = Math.ceil(task.videoDuration / BLOCK_SECONDS);
	return Number((before + blocks * lipSyncBlock).toFixed(4));
}
