import { randomBytes } from 'crypto';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { clock } from '../clock';
import type { Run } from '../run/run';
import type { Outcome } from '../task/problem';
import { Problem, problemJson } from '../task/problem';
import { isTerminal } from '../task/task';
import type { TaskRecord } from '../task/itemJson';
import { taskJson } from '../task/itemJson';
import { notePause } from './previousPause';
import { pausedItems, timedOutItems } from './pausedItems';
import type { PausedRun } from './pausedRuns';
import { remember } from './pausedRuns';
import { markerOf, resumeCallbackUrl } from './resumeUrl';
import { PAUSED_RUN_KEY } from './storedWait';

/**
 * Pauses the execution until the callbacks have brought every task to its end. On a time-out
 * n8n does not run the node again: it goes on with the node's input, so what is to come out then is
 * put there now.
 *
 * @param includeRaw a flag for each item
 * @param keepsFiles whether the files of the input items go on with the items
 * @returns what the editor shows meanwhile
 */
export async function pause(
	run: Run,
	outcomes: Array<Outcome<TaskRecord>>,
	timeoutMs: number,
	includeRaw: boolean[],
	keepsFiles: boolean,
): Promise<INodeExecutionData[]> {
	const { context } = run;
	const pausedAt = clock.now();
	const until = pausedAt + timeoutMs;
	const entries = outcomes.map((outcome, index): PausedRun['entries'][number] => {
		if (outcome instanceof Problem) return { json: problemJson(outcome) };
		if (isTerminal(outcome.task)) return { json: taskJson(outcome, includeRaw[index]) };
		const { task, order } = outcome;
		return { task, order, includeRaw: includeRaw[index] };
	});
	const paused: PausedRun = {
		marker: markerOf(context),
		until,
		entries,
		pausedAt,
		url: resumeCallbackUrl(context),
		secret: randomBytes(16).toString('hex'),
		keepsFiles: keepsFiles && context.getInputData().some(({ binary }) => binary !== undefined),
	};
	const inputFiles = context.getInputData().map(({ binary }) => (keepsFiles ? binary : undefined));
	// n8n reads the execution's data anew for each callback: one text is quicker to read than objects.
	(context.getContext('node') as IDataObject)[PAUSED_RUN_KEY] = JSON.stringify(paused);
	notePause(context, until);
	run.createdTasks.clear();

	context.getExecuteData().data.main[0] = timedOutItems(paused, inputFiles);
	await context.putExecutionToWait(new Date(until));
	remember(context.getExecutionId(), paused, run.access);
	return pausedItems(paused);
}
