import type { INodeProperties } from 'n8n-workflow';

import { includeRaw, maxConcurrency, splitFaces } from '../commonFields';
import { binaryPropertyName, downloadFaceImages, downloadVideo } from '../downloadFields';
import { timeoutForPoll } from '../waitFields';

const showOnlyForGetTask = { operation: ['getTask'] };

export const getTaskProperties: INodeProperties[] = [
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		default: '={{ $json.taskId }}',
		required: true,
		placeholder: 'e.g. cm3x9k2ab0001la08d7f4z5qe',
		description: 'The taskId that Identify Face or Lip Sync returned',
		displayOptions: { show: showOnlyForGetTask },
	},
	{
		displayName: 'Wait for Result',
		name: 'waitMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Do Not Wait',
				value: 'none',
				description: 'Returns the current state, finished or not',
			},
			{
				name: 'Wait in This Node',
				value: 'poll',
				description: 'Checks every few seconds until the task is finished',
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
			downloadFaceImages,
			downloadVideo,
			{
				displayName: 'Fail on Failed Task',
				name: 'failOnFailedTask',
				type: 'boolean',
				default: true,
				description:
					'Whether a failed task makes this node fail. If turned off, the task is returned with state failed and the reason.',
			},
			includeRaw,
			maxConcurrency,
			binaryPropertyName,
			splitFaces,
			timeoutForPoll,
		],
	},
];
