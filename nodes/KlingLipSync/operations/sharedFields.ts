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
					description: 'The video lies at a web address that anyone can open',
				},
				{
					name: 'Binary File',
					value: 'binary',
					description: 'An earlier node has read the video, for example from Google Drive',
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
				'The address of the video: mp4 or mov, 2–60 seconds, 720p or 1080p, at most 100 MB. Kling fetches it, so it must open without a login.',
			displayOptions: { show: { ...show, videoSource: ['url'] } },
		},
		{
			displayName: 'Input Data Field Name',
			name: 'videoBinaryPropertyName',
			type: 'string',
			default: 'data',
			required: true,
			placeholder: 'e.g. data',
			hint: 'The name of the input field that holds the video file',
			description:
				'The file is handed to Kling through a link of this n8n that is valid for a day. That needs an n8n that can be reached from the internet.',
			displayOptions: { show: { ...show, videoSource: ['binary'] } },
		},
	];
}

/** How the result of a new task is waited for. */
export function waitFields(operations: Operation[]): INodeProperties[] {
	return [
		{
			displayName: 'Wait For Result',
			name: 'waitMode',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Wait Here and Ask',
					value: 'poll',
					description:
						'Asks every few seconds. For single clips and trials; keeps n8n busy meanwhile.',
				},
				{
					name: 'Pause the Execution',
					value: 'callback',
					description:
						'Sleeps until Kling calls back. For many items and long videos; n8n needs a public address.',
				},
				{
					name: 'Continue in a Trigger',
					value: 'trigger',
					description:
						'Goes on at once. A Kling Lip Sync Trigger starts with each result, here or elsewhere.',
				},
				{
					name: 'Do Not Wait',
					value: 'none',
					description: 'Goes on at once with the task ID. Get Task fetches the result later.',
				},
			],
			default: 'poll',
			displayOptions: { show: { operation: operations } },
		},
		{
			displayName: 'Callback URL',
			name: 'callbackUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook/…',
			hint: 'Empty: the Kling Lip Sync Trigger of this workflow',
			description:
				'Leave empty for the Kling Lip Sync Trigger in this workflow. For a trigger in another workflow, or when the webhook endpoints of this n8n are renamed, paste the Production URL from the panel of that trigger.',
			displayOptions: { show: { operation: operations, waitMode: ['trigger'] } },
		},
	];
}

/** Reminds of what a mode needs, where it is chosen. */
export function waitNotices(operations: Operation[]): INodeProperties[] {
	return [
		{
			displayName:
				"A failed task can't stop a paused execution: turn on the error output (Settings → On Error), or check the field 'state' in the next node. A task that is not finished in time goes on with 'timedOut'; a Get Task node finishes it.",
			name: 'callbackNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { operation: operations, waitMode: ['callback'] } },
		},
		{
			displayName:
				'Publish the workflow with the trigger first: a trigger that does not listen gets no results.',
			name: 'triggerNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { operation: operations, waitMode: ['trigger'] } },
		},
	];
}

export const includeRaw: INodeProperties = {
	displayName: 'Include Raw Answer',
	name: 'includeRaw',
	type: 'boolean',
	default: false,
	description: 'Whether to add the answer of the API as it came, in the field raw',
};

export const maxConcurrency: INodeProperties = {
	displayName: 'Max Concurrency',
	name: 'maxConcurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 50 },
	default: 5,
	description:
		'How many requests may be on their way at the same time. Lower it if the API answers that there are too many.',
};

export const timeoutForPoll: INodeProperties = {
	displayName: 'Timeout (Minutes)',
	name: 'timeoutMinutes',
	type: 'number',
	typeOptions: { minValue: 0 },
	default: 30,
	description:
		'How long to wait. Then unfinished tasks go on with their task ID and timedOut, and nothing is lost.',
	displayOptions: { show: { '/waitMode': ['poll'] } },
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
	description: 'An address of your own that is told when the task is finished',
	displayOptions: { show: { '/waitMode': ['none'] } },
};

/** The download of a finished video, where the node itself waits for it. */
export function downloadOptions(show?: Show): INodeProperties[] {
	return [
		{
			displayName: 'Download Video',
			name: 'downloadVideo',
			type: 'boolean',
			default: true,
			description:
				'Whether to fetch the finished video as a file, for nodes such as Google Drive or YouTube',
			displayOptions: show && { show },
		},
		{
			displayName: 'Put Output File in Field',
			name: 'binaryPropertyName',
			type: 'string',
			default: 'data',
			placeholder: 'e.g. data',
			hint: 'The name of the output field to put the video in',
			displayOptions: { show: { ...show, downloadVideo: [true] } },
		},
	];
}
