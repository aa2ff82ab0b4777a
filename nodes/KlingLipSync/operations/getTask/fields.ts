import type { INodeProperties } from 'n8n-workflow';

import { downloadOptions, includeRaw, maxConcurrency, timeoutForPoll } from '../sharedFields';

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
