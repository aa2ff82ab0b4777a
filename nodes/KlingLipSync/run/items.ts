import type { IDataObject, INode, INodeExecutionData, JsonObject } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import type { Problem } from '../task/problem';
import type { Task } from '../task/task';

/** A task that is being followed, with what the item's JSON says besides the task itself. */
export interface Followed {
	task: Task;
	raw?: unknown;
	timedOut?: boolean;
	/** The identify task of a lip sync that began with a video. */
	identifyTaskId?: string;
	/** The task was created by an earlier execution, and will call that one back. */
	callsElsewhere?: boolean;
}

/** How many task ids an error quotes at most. */
const MOST_IDS = 1000;

/** The one shape of a task in an item's JSON. */
export function taskJson(followed: Followed, includeRaw: boolean): IDataObject {
	const { task, raw, timedOut, identifyTaskId } = followed;
	return {
		...(task as unknown as IDataObject),
		...(identifyTaskId && { identifyTaskId }),
		...(timedOut && { timedOut: true }),
		...(includeRaw && raw !== undefined && { raw: raw as IDataObject }),
	};
}

/** Exactly the keys that n8n routes to an error output. */
export function problemJson(problem: Problem): IDataObject {
	const details = { ...problem.details, ...(problem.hint && { hint: problem.hint }) };
	return { error: problem.message, details: details as IDataObject };
}

/** An item of the output, paired to the input item it came from. */
export function item(json: IDataObject, itemIndex: number): INodeExecutionData {
	return { json, pairedItem: { item: itemIndex } };
}

/**
 * An item that failed. To its error output n8n before 2.36 takes an item with details by the field
 * `error` alone. Not enumerable, it is gone from what comes out there: n8n would put the bare message
 * in place of the JSON of an item that still has it.
 */
export function failedItem(node: INode, json: IDataObject, itemIndex: number): INodeExecutionData {
	const failed = item(json, itemIndex);
	if (node.onError !== 'continueErrorOutput') return failed;
	const value = new NodeOperationError(node, String(json.error), { itemIndex });
	return Object.defineProperty(failed, 'error', { value, writable: true, configurable: true });
}

/**
 * The problem as n8n shows it. Built from plain values only: the request that failed carries the key.
 *
 * @param alsoCreated ids of all tasks of the run, which would be lost with the items
 */
export function nodeError(
	node: INode,
	problem: Problem,
	itemIndex: number,
	alsoCreated: string[] = [],
): NodeApiError | NodeOperationError {
	const description = [problem.hint, createdTasks(problem, alsoCreated)].filter(Boolean).join(' ');
	const { httpCode } = problem.details;
	// n8n would call an execution canceled whose error has this word.
	const message = problem.message.replace(/canceled/g, 'cancelled');
	const error =
		httpCode === undefined
			? new NodeOperationError(node, message, { description, itemIndex })
			: new NodeApiError(node, { message, ...problem.details } as JsonObject, {
					message,
					description,
					httpCode: String(httpCode),
					itemIndex,
				});
	// n8n puts a text of its own in place of a message that quotes an error code, such as ECONNRESET.
	error.message = message;
	return error;
}

function createdTasks(problem: Problem, taskIds: string[]): string {
	const others = taskIds.filter((id) => id !== problem.details.taskId);
	if (others.length === 0) return '';
	const more = others.length > MOST_IDS ? ` and ${others.length - MOST_IDS} more` : '';
	return `Tasks already created by this run, to be had with the operation Get Task: ${others.slice(0, MOST_IDS).join(', ')}${more}.`;
}
