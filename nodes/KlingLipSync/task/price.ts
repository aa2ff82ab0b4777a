import type { Task } from './task';
import { isIdentify } from './task';

/** Published prices in US dollars: a call of identify, and each started 5 s of lip-synced video. */
const PRICE_IDENTIFY = 0.0007;
const PRICE_LIP_SYNC_BLOCK = 0.0063;
const PRICE_BLOCK_SECONDS = 5;

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
	const before = withIdentify ? PRICE_IDENTIFY : 0;
	if (task.state === 'failed') return before || undefined;
	if (isIdentify(task)) return PRICE_IDENTIFY;
	if (task.videoDuration === undefined) return undefined;
	const blocks = Math.ceil(task.videoDuration / PRICE_BLOCK_SECONDS);
	return Number((before + blocks * PRICE_LIP_SYNC_BLOCK).toFixed(4));
}
