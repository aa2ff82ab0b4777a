import type { INodeExecutionData } from 'n8n-workflow';

import { item } from '../run/outputItems';
import { taskJson } from '../task/taskRecord';
import type { PausedRun } from './pausedRuns';

/**
 * What a paused run puts out when its time is over, one item for each input item: what was ready,
 * and each unfinished task in the state that was known last, with `timedOut`.
 */
export function timedOutItems({ entries }: PausedRun): INodeExecutionData[] {
	return entries.map((entry, index) =>
		item('json' in entry ? entry.json : taskJson({ ...entry, timedOut: true }, false), index),
	);
}
