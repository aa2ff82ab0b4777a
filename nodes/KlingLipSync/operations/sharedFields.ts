import type { INodeProperties } from 'n8n-workflow';

/** The values of the parameter `operation`. */
export type Operation = 'identifyFace' | 'lipSync' | 'getTask';

type Show = Record<string, string[]>;

/** Where the video comes from; the same fields wherever a video is asked for. */
export function videoFields(show: Show): INodeProperties[] {
	return [
		{
			displayName: 'Video Source',
			name: 'videoSource',
			type: 'options',
			options: [
				{
					name: 'URL',
					value: 'url',
					description: 'The video is at a publicly accessible URL',
				},
				{
					name: 'Binary File',
					value: 'binary',
					description: 'The video comes from an earlier node, for example Google Drive',
				},
			],
			default: 'url',
			displayOptions: { show },
		},
		{
			displayName: 'Video URL',
			name: 'videoUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. https://example.com/interview.mp4',
			description:
				'The public URL of an mp4 or mov file: 2–60 seconds, 720p or 1080p, up to 100 MB. Kling downloads it, so it must open without a login.',
			displayOptions: { show: { ...show, videoSource: ['url'] } },
		},
		{
			displayName: 'Input Data Field Name',
			name: 'videoBinaryPropertyName',
			type: 'string',
			default: 'data',
			required: true,
			placeholder: 'e.g. data',
			hint: 'The name of the input field containing the video file',
			description:
				'Kling downloads the file through a signed link that is valid for one day, so this n8n must be reachable from the internet',
			displayOptions: { show: { ...show, videoSource: ['binary'] } },
		},
	];
}

/** How the result of a new task is waited for. An agent's tool always waits for it itself. */
export function waitFields(operations: Operation[]): INodeProperties[] {
	return [
		{
			displayName: 'Wait for Result',
			name: 'waitMode',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Wait in This Node',
					value: 'poll',
					description:
						'Checks every few seconds until the task is finished. Best for trying out and for single clips.',
				},
				{
					name: 'Pause Execution',
					value: 'callback',
					description:
						'Sleeps until Kling reports that all tasks are finished. Best for many or long clips; n8n must be reachable from the internet.',
				},
				{
					name: 'Continue in a Trigger',
					value: 'trigger',
					description:
						'Continues at once. Each result starts a workflow with a Kling Lip Sync Trigger, this one or another.',
				},
				{
					name: 'Do Not Wait',
					value: 'none',
					description: 'Continues at once. Get Task retrieves the result later.',
				},
			],
			default: 'poll',
			displayOptions: { show: { operation: operations }, hide: { '@tool': [true] } },
		},
		{
			displayName: 'Callback URL',
			name: 'callbackUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook/…',
			hint: 'Leave empty to use the Kling Lip Sync Trigger of this workflow',
			description:
				'The Production URL of a Kling Lip Sync Trigger in another workflow. Copy it from the panel of that trigger.',
			displayOptions: { show: { operation: operations, waitMode: ['trigger'] } },
		},
	];
}

/** What a way to wait needs, shown where it is chosen. */
export function waitNotices(operations: Operation[]): INodeProperties[] {
	return [
		{
			displayName:
				"A failed task can't stop a paused execution: set 'Settings → On Error' to 'Continue (using error output)', or check 'state' in the next node",
			name: 'callbackNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { operation: operations, waitMode: ['callback'] } },
		},
		{
			displayName:
				'Publish the workflow with the Kling Lip Sync Trigger first: it receives results only while it is published',
			name: 'triggerNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { operation: operations, waitMode: ['trigger'] } },
		},
	];
}

/** Says which node downloads the video where this one can't. */
export const downloadNotices: INodeProperties[] = [
	downloadNotice(
		'callback',
		"A paused execution can't download the video here. Turn on 'Download Video' in a Get Task node after this one.",
	),
	downloadNotice(
		'trigger',
		"This node does not wait for the video. Turn on 'Download Video' in a Get Task node after the Kling Lip Sync Trigger.",
	),
	downloadNotice(
		'none',
		"This node does not wait for the video. Turn on 'Download Video' in the Get Task node that retrieves the result.",
	),
];

function downloadNotice(waitMode: string, displayName: string): INodeProperties {
	return {
		displayName,
		name: 'downloadNotice',
		type: 'notice',
		default: '',
		displayOptions: {
			show: { operation: ['lipSync'], waitMode: [waitMode], '/options.downloadVideo': [true] },
		},
	};
}

export const includeRaw: INodeProperties = {
	displayName: 'Include Raw Response',
	name: 'includeRaw',
	type: 'boolean',
	default: false,
	description: 'Whether to add the unmodified response of the API in the field raw',
};

export const maxConcurrency: INodeProperties = {
	displayName: 'Max Concurrency',
	name: 'maxConcurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 50 },
	default: 5,
	description:
		'How many requests to send at the same time. Lower it if the API reports too many requests.',
};

export const timeoutForPoll: INodeProperties = {
	displayName: 'Timeout (Minutes)',
	name: 'timeoutMinutes',
	type: 'number',
	typeOptions: { minValue: 0 },
	default: 30,
	description:
		'How long to wait. Unfinished tasks then continue with their task ID and timedOut set to true; Get Task retrieves them later.',
	displayOptions: { hide: { '/waitMode': ['callback', 'trigger', 'none'] } },
};

export const timeoutForCallback: INodeProperties = {
	...timeoutForPoll,
	default: 60,
	displayOptions: { show: { '/waitMode': ['callback'] } },
};

export const callbackOption: INodeProperties = {
	displayName: 'Callback URL',
	name: 'callbackUrl',
	type: 'string',
	default: '',
	placeholder: 'e.g. https://example.com/finished',
	description: 'A URL of your own that Kling calls when the task is finished',
	displayOptions: { show: { '/waitMode': ['none'] } },
};

export const downloadVideo: INodeProperties = {
	displayName: 'Download Video',
	name: 'downloadVideo',
	type: 'boolean',
	default: true,
	description:
		'Whether to download the finished video as a file, for nodes such as Google Drive or YouTube',
};

export const binaryPropertyName: INodeProperties = {
	displayName: 'Put Output File in Field',
	name: 'binaryPropertyName',
	type: 'string',
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the output field to put the video in',
	displayOptions: { show: { downloadVideo: [true] } },
};

export const downloadFaceImages: INodeProperties = {
	displayName: 'Download Face Pictures',
	name: 'downloadFaceImages',
	type: 'boolean',
	default: true,
	description:
		'Whether to download the picture of each face as a file: face_1, face_2 and so on, or data when split into one item per face',
};

export const splitFaces: INodeProperties = {
	displayName: 'Split Into One Item per Face',
	name: 'splitFaces',
	type: 'boolean',
	default: true,
	description: 'Whether to output one item for each face found, with that face in the field face',
};

export const checkMedia: INodeProperties = {
	displayName: 'Check Media',
	name: 'checkMedia',
	type: 'boolean',
	default: true,
	description:
		'Whether to open the video and the audio before anything is charged, to check that Kling accepts them',
};

export const reference: INodeProperties = {
	displayName: 'Reference',
	name: 'reference',
	type: 'string',
	default: '',
	placeholder: 'e.g. row 12',
	description:
		'Text that comes back with the result, also at the trigger, so that you know which row, file or person it belongs to',
};
