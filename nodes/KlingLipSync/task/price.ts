import type { Task } from './task';
import { isIdentify } from './task';

/** Published prices in US dollars: a call of identify, and each started 5 s of lip-synced video. */
const PRICE_IDENTIFY = 0.0007;
const PRICE_LIP_SYNC_BLOCK = 0.0063;
const PRICE_BLOCK_SECONDS = 5;

/** The price of a task in US dollars, from the published list; undefined when it can't be known. */
export function estimateCostUsd(
	task: Pick<Task, 'model' | 'state' | 'videoDuration'>,
): number | undefined {
	if (task.state === 'failed') return undefined;
	if (isIdentify(task)) return PRICE_IDENTIFY;
	if (task.videoDuration === undefined) return undefined;
	const blocks = Math.ceil(task.videoDuration / PRICE_BLOCK_SECONDS);
	return Number((blocks * PRICE_LIP_SYNC_BLOCK).toFixed(4));
}
