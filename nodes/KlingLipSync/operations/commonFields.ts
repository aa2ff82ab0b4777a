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
