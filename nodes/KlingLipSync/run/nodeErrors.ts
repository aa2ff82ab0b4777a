import type { INode, JsonObject } from 'n8n-workflow';
import { ExpressionError, NodeApiError, NodeOperationError } from 'n8n-workflow';

import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { isToolNode, textForAgent } from './agentTool';
import { tellCreated } from './createdTasks';
import type { Run } from './run';

/**
 * The problem as n8n shows it. Built from plain values only: the request that failed carries the key.
 * An error of n8n itself about the input says more than any text here: it is given on as it is.
 *
 * @param alsoCreated ids of all tasks of the run, which would be lost with the items
 */
export function nodeError(
	node: INode,
	problem: Problem,
	itemIndex: number,
	alsoCreated: string[] = [],
): NodeApiError | NodeOperationError | ExpressionError {
	const { cause } = problem;
	const created = tellCreated(alsoCreated.filter((id) => id !== problem.details.taskId));
	if (cause instanceof ExpressionError || cause instanceof NodeOperationError) {
		if (created) cause.description = [cause.description, created].filter(Boolean).join(' ');
		cause.context.itemIndex ??= itemIndex;
		return cause;
	}
	const description = [problem.hint, created].filter(Boolean).join(' ');
	const { httpCode } = problem.details;
	const isTold = isToolNode(node);
	const told = isTold ? textForAgent(problem.message, description) : problem.message;
	// n8n would call an execution canceled whose error has this word.
	const message = told.replace(/canceled/g, 'cancelled');
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
	if (isTold) error.description = undefined;
	return error;
}

/**
 * Ends the run at the first problem, unless the user chose that the other items go on.
 *
 * @throws NodeApiError or NodeOperationError, naming the tasks that this run has created
 */
export function stopAtProblem(run: Run, outcomes: Array<Outcome<unknown>>): void {
	if (run.context.continueOnFail()) return;
	const index = outcomes.findIndex((outcome) => outcome instanceof Problem);
	if (index === -1) return;
	throw nodeError(
		run.context.getNode(),
		outcomes[index] as Problem,
		index,
		run.createdTasks.taskIds(),
	);
}
