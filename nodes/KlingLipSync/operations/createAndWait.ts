import type { INodeExecutionData } from 'n8n-workflow';

import { showHint } from '../run/showHint';
import type { ToItems } from '../run/outputItems';
import { outputItems } from '../run/outputItems';
import { optionsOf } from '../run/parameters';
import type { Run } from '../run/run';
import { stopAtProblem } from '../run/nodeErrors';
import type { TaskRequest } from '../run/submit';
import { submitAll } from '../run/submit';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { runSummary } from '../task/runSummary';
import { isTerminal } from '../task/task';
import type { TaskRecord } from '../task/itemJson';
import { settlePreviousPause } from '../wait/previousPause';
import { pause } from '../wait/pause';
import { pollToEnd } from '../wait/poll';
import type { WaitPlan } from '../wait/waitPlan';

/**
 * From requests to items: creates the tasks and waits as the user chose.
 *
 * @param requests with a problem in place of each whose callback could not arrive
 * @param toItems builds the output of one finished task, downloads included
 * @param keepsFiles whether the files of the input items go on with the items of a paused run
 */
export async function createAndWait(
	run: Run,
	step: string,
	requests: Array<Outcome<TaskRequest>>,
	{ waitMode, timeoutMs, urls }: WaitPlan,
	toItems: ToItems,
	{ keepsFiles = false } = {},
): Promise<INodeExecutionData[][]> {
	const { context } = run;
	const settled = settlePreviousPause(run);
	stopAtProblem(run, requests);

	const submitted = await submitAll(
		run,
		step,
		requests,
		urls.map((url) => (url instanceof Problem ? undefined : url)),
	);
	stopAtProblem(run, submitted);
	await settled();
	if (waitMode === 'none' || waitMode === 'trigger')
		return await outputItems(run, submitted, toItems);

	const unfinished = submitted.filter(
		(outcome): outcome is TaskRecord => !(outcome instanceof Problem) && !isTerminal(outcome.task),
	);
	if (
		waitMode === 'callback' &&
		unfinished.length > 0 &&
		!unfinished.some((outcome) => outcome.callsElsewhere)
	) {
		const includeRaw = submitted.map(
			(outcome, index) =>
				!(outcome instanceof Problem) && optionsOf(context, index).includeRaw === true,
		);
		showHint(context, runSummary(submitted));
		return [await pause(run, submitted, timeoutMs, includeRaw, keepsFiles)];
	}
	return await outputItems(run, await pollToEnd(run, submitted, timeoutMs), toItems);
}
