import type { INodeProperties } from 'n8n-workflow';

import {
	callbackOption,
	includeRaw,
	maxConcurrency,
	timeoutForCallback,
	timeoutForPoll,
	videoFields,
	waitFields,
	waitNotices,
} from '../sharedFields';

const showOnlyForIdentifyFace = { operation: ['identifyFace'] };

export const identifyFaceProperties: INodeProperties[] = [
	...videoFields(showOnlyForIdentifyFace),
	...waitFields(['identifyFace']),
	...waitNotices(['identifyFace']),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: showOnlyForIdentifyFace },
		options: [
			callbackOption,
			{
				displayName: 'Download Face Pictures',
				name: 'downloadFaceImages',
				type: 'boolean',
				default: true,
				description:
					'Whether to fetch the picture of each face as a file (face_1, face_2 …), so that a person can see whom to pick. The node then waits here even if the execution should be paused.',
				displayOptions: { show: { '/waitMode': ['poll', 'callback'] } },
			},
			includeRaw,
			maxConcurrency,
			{
				displayName: 'Split Into One Item per Face',
				name: 'splitFaces',
				type: 'boolean',
				default: true,
				description:
					'Whether to output one item for each face that was found, in the field face. The node then waits here even if the execution should be paused.',
				displayOptions: { show: { '/waitMode': ['poll', 'callback'] } },
			},
			timeoutForPoll,
			timeoutForCallback,
		],
	},
];
