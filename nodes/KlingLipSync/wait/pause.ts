import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { item } from '../run/outputItems';
import type { Run } from '../run/run';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { isTerminal } from '../task/task';
import type { TaskRecord } from '../task/taskRecord';
import { problemJson, taskJson } from '../task/taskRecord';
import type { PausedRun } from './pausedRuns';
import { PAUSED_RUN_KEY, remember } from './pausedRuns';
import { markerOf } from './resumeUrl';
import { timedOutItems } from './timedOutItems';

/**
 * Pauses the execution until the callbacks have brought every task to its end. On a time-out
 * n8n does not run the node again: it goes on with the node's input, so what is to come out then is
 * put there now.
 *
 * @param includeRaw a flag for each item
 * @returns what the editor shows meanwhile
 */
export async function pause(
	run: Run,
	outcomes: Array<Outcome<TaskRecord>>,
	timeoutMs: number,
	includeRaw: boolean[],
): Promise<INodeExecutionData[]> {
	const until = Date.now() + timeoutMs;
	const entries = outcomes.map((outcome, index): PausedRun['entries'][number] => {
		if (outcome instanceof Problem) return { json: problemJson(outcome) };
		if (isTerminal(outcome.task)) return { json: taskJson(outcome, includeRaw[index]) };
		const { task, order } = outcome;
		return { task, order, includeRaw: includeRaw[index] };
	});
	const paused: PausedRun = { marker: markerOf(run.context), until, entries };
	// n8n reads the execution's data anew for each callback: one text is quicker to read than objects.
	(run.context.getContext('node') as IDataObject)[PAUSED_RUN_KEY] = JSON.stringify(paused);
	// With a problem among the items n8n may run the node again, and has to find the tasks.
	if (!outcomes.some((outcome) => outcome instanceof Problem)) run.createdTasks.clear();

	run.context.getExecuteData().data.main[0] = timedOutItems(paused);
	await run.context.putExecutionToWait(new Date(until));
	remember(run.context.getExecutionId(), paused, run.access);
	return entries.map((entry, index) =>
		item('json' in entry ? entry.json : taskJson(entry, false), index),
	);
}
