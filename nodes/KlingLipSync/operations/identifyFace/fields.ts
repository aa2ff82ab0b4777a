import type { INodeProperties } from 'n8n-workflow';

import {
	checkMedia,
	includeRaw,
	maxConcurrency,
	reference,
	splitFaces,
	videoFields,
} from '../commonFields';
import { downloadFaceImages } from '../downloadFields';
import {
	callbackOption,
	timeoutForCallback,
	timeoutForPoll,
	waitFields,
	waitNotices,
} from '../waitFields';

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
