import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryTaskPatiently } from '../api';
import type { Outcome } from '../task/problem';
import { attempt, inputProblem, Problem } from '../task/problem';
import { optionsOf, textOf } from '../run/context';
import { output, timeoutOf, videoItem } from '../run/followUp';
import type { Followed } from '../run/items';
import { forEachItem, startRun, stopAtProblem, stopIfCancelled } from '../run/run';
import { failureOf, watchAll } from '../run/watch';
import { downloadOptions, includeRaw, maxConcurrency, timeoutForPoll } from './fields';

const showOnlyForGetTask = { operation: ['getTask'] };

export const getTaskProperties: INodeProperties[] = [
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		default: '={{ $json.taskId }}',
		required: true,
		placeholder: 'e.g. cm3x9k2ab0001la08d7f4z5qe',
		description: 'The ID that Identify Face and Lip Sync return as taskId',
		displayOptions: { show: showOnlyForGetTask },
	},
	{
		displayName: 'Wait For Result',
		name: 'waitMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Do Not Wait',
				value: 'none',
				description: 'Returns what is known now, finished or not',
			},
			{
				name: 'Wait Here and Ask',
				value: 'poll',
				description:
					'Asks every few seconds until the task is finished, for example after a time-out',
			},
		],
		default: 'none',
		displayOptions: { show: showOnlyForGetTask },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: showOnlyForGetTask },
		options: [
			...downloadOptions(),
			{
				displayName: 'Fail on Failed Task',
				name: 'failOnFailedTask',
				type: 'boolean',
				default: true,
				description:
					'Whether a failed task counts as an error of this node. Otherwise it is returned with state failed and the reason.',
			},
			includeRaw,
			maxConcurrency,
			timeoutForPoll,
		],
	},
];

/** Asks for each item's task; failed tasks are data unless the user wants errors. */
export async function getTask(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	const asked = await forEachItem(run, async (index) => {
		const taskId = taskIdOf(context, index);
		stopIfCancelled(run);
		return await queryTaskPatiently(context, run.access, { taskId }, run.signal);
	});
	stopIfCancelled(run);
	stopAtProblem(run, asked);
	const isWaiting = context.getNodeParameter('waitMode', 0, 'none') === 'poll';
	const endsAll = (outcome: Outcome<Followed>) =>
		!context.continueOnFail() && outcome instanceof Problem;
	const known = isWaiting ? await watchAll(run, asked, timeoutOf(run, 'poll'), endsAll) : asked;
	const judged = known.map((outcome, index) => {
		if (outcome instanceof Problem || outcome.task.state !== 'failed') return outcome;
		return attempt(() =>
			optionsOf(context, index).failOnFailedTask === true ? failureOf(outcome) : outcome,
		);
	});
	stopAtProblem(run, judged);
	return await output(
		run,
		judged,
		async (followed, index) => await videoItem(run, followed, index),
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
