import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { queryTaskPatiently } from '../../api/tasks';
import { stopIfCancelled } from '../../run/cancellation';
import { outputItems } from '../../run/outputItems';
import { optionsOf, textOf } from '../../run/parameters';
import { stopAtProblem } from '../../run/nodeErrors';
import { forEachItem, startRun } from '../../run/run';
import { failureOf } from '../../task/failureAdvice';
import type { Outcome } from '../../task/problem';
import { attempt, inputProblem, Problem } from '../../task/problem';
import type { TaskRecord } from '../../task/itemJson';
import { orderDetails, orderOfItem } from '../../task/itemJson';
import { pollTasks } from '../../wait/poll';
import { timeoutOf } from '../../wait/timeout';
import { faceItems } from '../faceItems';
import { videoItem } from '../videoItem';

/** Asks for each item's task; failed tasks are data unless the user wants errors. */
export async function getTask(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	const asked = await forEachItem(run, async (index) => {
		const taskId = taskIdOf(context, index);
		stopIfCancelled(run);
		const answer = await queryTaskPatiently(context, run.access, { taskId }, run.signal);
		const order = orderOfItem(context.getInputData()[index].json, taskId);
		return answer instanceof Problem ? answer.with(orderDetails(order)) : { ...answer, order };
	});
	stopIfCancelled(run);
	stopAtProblem(run, asked);
	const isWaiting = context.getNodeParameter('waitMode', 0, 'none') === 'poll';
	const endsAll = (outcome: Outcome<TaskRecord>) =>
		!context.continueOnFail() && outcome instanceof Problem;
	const known = isWaiting ? await pollTasks(run, asked, timeoutOf(run, 'poll'), endsAll) : asked;
	const judged = known.map((outcome, index) => {
		if (outcome instanceof Problem || outcome.task.state !== 'failed') return outcome;
		return attempt(() =>
			optionsOf(context, index).failOnFailedTask === true ? failureOf(outcome) : outcome,
		);
	});
	stopAtProblem(run, judged);
	return await outputItems(run, judged, async (record, index) =>
		record.task.faces ? await faceItems(run, record, index) : await videoItem(run, record, index),
	);
}

function taskIdOf(context: IExecuteFunctions, itemIndex: number): string {
	const taskId = textOf(context, 'taskId', itemIndex);
	if (taskId !== '') return taskId;
	throw inputProblem(
		'The task ID is missing',
		'Enter the taskId that Identify Face or Lip Sync returned. If it comes from an expression, check that the earlier node has that field.',
	);
}
