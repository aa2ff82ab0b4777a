import type { INodeProperties } from 'n8n-workflow';

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
