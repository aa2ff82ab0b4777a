import type { IExecuteFunctions } from 'n8n-workflow';

import type { Access } from '../api/credential';
import { readAccess } from '../api/credential';
import { AT_ONCE, mapLimited } from '../concurrency';
import type { Outcome } from '../task/problem';
import { attemptAsync, Problem } from '../task/problem';
import { CreatedTasks } from './createdTasks';
import { runOptionsOf } from './parameters';

/** One run of the node over all its input items. */
export interface Run {
	context: IExecuteFunctions;
	access: Access;
	createdTasks: CreatedTasks;
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
	const concurrency = Number(maxConcurrency ?? AT_ONCE.items);
	return {
		context,
		access: await readAccess(context),
		createdTasks: new CreatedTasks(context),
		concurrency: Number.isFinite(concurrency)
			? Math.max(1, Math.floor(concurrency))
			: AT_ONCE.items,
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
