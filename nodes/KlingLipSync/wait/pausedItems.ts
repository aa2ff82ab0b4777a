import type { IBinaryKeyData, INode, INodeExecutionData } from 'n8n-workflow';

import { item } from '../run/outputItems';
import { failureOf } from '../task/failureAdvice';
import { orderDetails, taskJson } from '../task/itemJson';
import { Problem, problemJson } from '../task/problem';
import type { KnownRun, PausedRun } from './pausedRuns';

/** The JSON of each item, in the items' order. */
export type ItemJsons = Array<Record<string, unknown>>;

/**
 * What a paused run puts out when all its tasks are finished: the JSON of each item. A failed task
 * cannot stop the execution any more: it is an error where there is an output for errors.
 */
export function finishedJsons({ paused, finished }: KnownRun, node: INode): ItemJsons {
	return paused.entries.map((entry) => {
		if ('json' in entry) return entry.json;
		const { order } = entry;
		const outcome = finished.outcomes.get(entry.task.taskId)!;
		if (outcome instanceof Problem) return problemJson(outcome.with(orderDetails(order)));
		const record = { ...outcome, order };
		return record.task.state === 'failed' && node.onError === 'continueErrorOutput'
			? problemJson(failureOf(record))
			: taskJson(record, entry.includeRaw);
	});
}

/**
 * What a paused run puts out when its time is over, one item for each input item: what was ready,
 * and each unfinished task in the state that was known last, with `timedOut`.
 *
 * @param files of the input items, where they go on with the items
 */
export function timedOutItems(
	{ entries }: PausedRun,
	files: Array<IBinaryKeyData | undefined>,
): INodeExecutionData[] {
	return entries.map((entry, index) => ({
		...item('json' in entry ? entry.json : taskJson({ ...entry, timedOut: true }, false), index),
		...(files[index] && { binary: files[index] }),
	}));
}

/**
 * What the editor shows while a run is paused. n8n takes a first item with the key `error` for a
 * failed try and runs the node again, where the user has set Retry On Fail.
 */
export function pausedItems({ entries }: PausedRun): INodeExecutionData[] {
	return entries.map((entry, index) => {
		if ('task' in entry) return item(taskJson(entry, false), index);
		const { error, ...others } = entry.json;
		return item(error === undefined ? others : { message: error, ...others }, index);
	});
}
