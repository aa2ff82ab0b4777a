import type { IExecuteFunctions } from 'n8n-workflow';

import type { Access } from '../api';
import { readAccess } from '../api';
import type { Outcome } from '../task/problem';
import { attemptAsync, Problem } from '../task/problem';
import { mapLimited } from '../task/wait';
import { runOptionsOf } from './context';
import { nodeError } from './items';
import { Ledger } from './ledger';

const DEFAULT_CONCURRENCY = 5;

/** One run of the node over all its input items. */
export interface Run {
	context: IExecuteFunctions;
	access: Access;
	ledger: Ledger;
	/** Requests in flight at most. */
	concurrency: number;
	/** Aborted when the execution is cancelled. */
	signal?: AbortSignal;
	itemCount: number;
}

/**
 * Reads what holds for all items.
 *
 * @throws NodeOperationError when the credential can't be read
 */
export async function startRun(context: IExecuteFunctions): Promise<Run> {
	const { maxConcurrency } = runOptionsOf(context);
	const concurrency = Number(maxConcurrency ?? DEFAULT_CONCURRENCY);
	return {
		context,
		access: await readAccess(context),
		ledger: new Ledger(context),
		concurrency: Number.isFinite(concurrency)
			? Math.max(1, Math.floor(concurrency))
			: DEFAULT_CONCURRENCY,
		signal: context.getExecutionCancelSignal?.(),
		itemCount: context.getInputData().length,
	};
}

/** Does `work` for every item, items in order, problems in the place of what could not be done. */
export async function forEachItem<T>(
	run: Run,
	work: (itemIndex: number) => Promise<Outcome<T>>,
): Promise<Array<Outcome<T>>> {
	const indices = Array.from({ length: run.itemCount }, (_, index) => index);
	return await mapLimited(
		indices,
		run.concurrency,
		async (index) => await attemptAsync(async () => await work(index)),
	);
}

/** Goes on with the items that have no problem yet. */
export async function forEachValue<In, Out>(
	run: Run,
	outcomes: Array<Outcome<In>>,
	work: (value: In, itemIndex: number) => Promise<Outcome<Out>>,
): Promise<Array<Outcome<Out>>> {
	return await mapLimited(outcomes, run.concurrency, async (outcome, index) =>
		outcome instanceof Problem
			? outcome
			: await attemptAsync(async () => await work(outcome, index)),
	);
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
	throw nodeError(run.context.getNode(), outcomes[index] as Problem, index, run.ledger.taskIds());
}

/** Leaves a trace of a task in n8n's log, for those who look for what became of it. */
export function noteState(run: Run, taskId: string, state: string): void {
	run.context.logger.debug(`Kling Lip Sync: task ${taskId} is ${state}`, { taskId, state });
}

/**
 * Ends a cancelled run. n8n drops what a cancelled node returns, so the ids go to the log.
 *
 * @throws NodeOperationError when the execution was cancelled
 */
export function stopIfCancelled(run: Run): void {
	if (!run.signal?.aborted) return;
	const taskIds = run.ledger.taskIds();
	const problem = new Problem(
		'cancelled',
		'The execution was cancelled',
		'Tasks can not be cancelled: those already created go on and are charged. Ask for them with the operation Get Task.',
	);
	if (taskIds.length > 0) {
		run.context.logger.warn(
			`Kling Lip Sync: the execution was cancelled. Tasks already created: ${taskIds.join(', ')}`,
			{ taskIds },
		);
	}
	throw nodeError(run.context.getNode(), problem, 0, taskIds);
}
