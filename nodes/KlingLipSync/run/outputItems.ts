import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Outcome } from '../task/problem';
import { Problem, problemJson } from '../task/problem';
import { runSummary } from '../task/runSummary';
import type { TaskRecord } from '../task/itemJson';
import { taskJson } from '../task/itemJson';
import { stopIfCancelled } from './cancellation';
import { showHint } from './showHint';
import { optionsOf } from './parameters';
import type { Run } from './run';
import { stopAtProblem } from './nodeErrors';
import { forEachValue } from './run';

/** Builds the items of one finished task, downloads included. */
export type ToItems = (
	record: TaskRecord,
	itemIndex: number,
) => Promise<Outcome<INodeExecutionData[]>>;

/** An item of the output, paired to the input item it came from. */
export function item(json: Record<string, unknown>, itemIndex: number): INodeExecutionData {
	return { json: json as IDataObject, pairedItem: { item: itemIndex } };
}

/**
 * An item that failed. To its error output n8n before 2.36 takes an item with details by the field
 * `error` alone. Not enumerable, it is gone from what comes out there: n8n would put the bare message
 * in place of the JSON of an item that still has it.
 */
export function failedItem(
	node: INode,
	json: Record<string, unknown>,
	itemIndex: number,
): INodeExecutionData {
	const failed = item(json, itemIndex);
	if (node.onError !== 'continueErrorOutput') return failed;
	const value = new NodeOperationError(node, String(json.error), { itemIndex });
	return Object.defineProperty(failed, 'error', { value, writable: true, configurable: true });
}

/** An item of a task that needs nothing else. */
export function taskItem(run: Run, record: TaskRecord, itemIndex: number): INodeExecutionData {
	return item(taskJson(record, optionsOf(run.context, itemIndex).includeRaw === true), itemIndex);
}

/**
 * The items of the run, in order. n8n routes those with problems to the error output, if there is one.
 *
 * @throws NodeApiError or NodeOperationError for the first problem, unless the user chose to continue
 */
export async function outputItems(
	run: Run,
	outcomes: Array<Outcome<TaskRecord>>,
	toItems: ToItems,
): Promise<INodeExecutionData[][]> {
	const lists = await forEachValue(run, outcomes, toItems);
	stopIfCancelled(run);
	stopAtProblem(run, lists);
	if (outcomes.length > 0) showHint(run.context, runSummary(outcomes));
	// With a problem among the items n8n may run the node again, and after a time-out an agent may:
	// they have to find the tasks.
	const isTimedOut = (outcome: Outcome<TaskRecord>) =>
		!(outcome instanceof Problem) && outcome.timedOut === true;
	if (!lists.some((list) => list instanceof Problem) && !outcomes.some(isTimedOut))
		run.createdTasks.clear();
	return [
		lists.flatMap((list, index) =>
			list instanceof Problem
				? [failedItem(run.context.getNode(), problemJson(list), index)]
				: list,
		),
	];
}
