import type { INodeProperties } from 'n8n-workflow';

import {
	callbackOption,
	checkMedia,
	downloadFaceImages,
	includeRaw,
	maxConcurrency,
	reference,
	splitFaces,
	timeoutForCallback,
	timeoutForPoll,
	videoFields,
	waitFields,
	waitNotices,
} from '../sharedFields';

const showOnlyForIdentifyFace = { operation: ['identifyFace'] };

/** Needs the faces: not where the node continues at once. */
const whenWaiting = { displayOptions: { hide: { '/waitMode': ['trigger', 'none'] } } };

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
			checkMedia,
			{ ...downloadFaceImages, ...whenWaiting },
			includeRaw,
			maxConcurrency,
			reference,
			{ ...splitFaces, ...whenWaiting },
			timeoutForPoll,
			timeoutForCallback,
		],
	},
];
