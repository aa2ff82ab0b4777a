import type { INodeProperties } from 'n8n-workflow';

import {
	callbackOption,
	downloadOptions,
	includeRaw,
	maxConcurrency,
	timeoutForCallback,
	timeoutForPoll,
	videoFields,
	waitFields,
	waitNotices,
} from '../sharedFields';

const showOnlyForLipSync = { operation: ['lipSync'] };

const single = { name: 'One Face', value: 'single', description: 'One person speaks' };
const all = {
	name: 'Every Face',
	value: 'all',
	description: 'All faces that were found speak the same audio',
};
const map = {
	name: 'Map Faces',
	value: 'map',
	description: 'See the faces that were found and give each one its own audio',
};
const json = {
	name: 'JSON',
	value: 'json',
	description: 'Write the list of faces as the API takes it',
};

function faceSelection(faceSource: string, options: Array<typeof single>): INodeProperties {
	return {
		displayName: 'Who Speaks',
		name: 'faceSelection',
		type: 'options',
		noDataExpression: true,
		options,
		default: 'single',
		displayOptions: { show: { ...showOnlyForLipSync, faceSource: [faceSource] } },
	};
}

const milliseconds = { minValue: 0, numberPrecision: 0 };
const volume = { minValue: 0, maxValue: 2, numberPrecision: 2 };

export const lipSyncProperties: INodeProperties[] = [
	{
		displayName: 'Faces From',
		name: 'faceSource',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Identify Face Task',
				value: 'identifyTask',
				description:
					'The faces were found by an earlier Identify Face. Lets you choose among them.',
			},
			{
				name: 'Video',
				value: 'video',
				description: 'Finds the faces and syncs them in one go. Both steps are charged.',
			},
			{
				name: 'Session',
				value: 'session',
				description: 'You have a session ID and face IDs, for example from your own database',
			},
		],
		default: 'identifyTask',
		displayOptions: { show: showOnlyForLipSync },
	},
	{
		displayName: 'Identify Task ID',
		name: 'identifyTaskId',
		type: 'string',
		default: '={{ $json.taskId }}',
		required: true,
		placeholder: 'e.g. cm3x9k2ab0001la08d7f4z5qe',
		description:
			'The taskId that Identify Face returned. The faces found can be used for 24 hours.',
		displayOptions: { show: { ...showOnlyForLipSync, faceSource: ['identifyTask'] } },
	},
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 829418374651',
		description: 'The sessionId that Identify Face returned. Kling keeps a session for 24 hours.',
		displayOptions: { show: { ...showOnlyForLipSync, faceSource: ['session'] } },
	},
	...videoFields({ ...showOnlyForLipSync, faceSource: ['video'] }),
	faceSelection('identifyTask', [single, all, map, json]),
	faceSelection('video', [single, all, json]),
	faceSelection('session', [single, json]),
	{
		displayName: 'Face ID',
		name: 'faceId',
		type: 'string',
		default: '',
		placeholder: 'e.g. face_001',
		hint: 'Empty: the first face that was found',
		description: 'The faceId of the person who speaks, as Identify Face returned it',
		displayOptions: {
			show: {
				...showOnlyForLipSync,
				faceSource: ['identifyTask', 'video'],
				faceSelection: ['single'],
			},
		},
	},
	{
		displayName: 'Face ID',
		name: 'faceId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. face_001',
		description: 'The faceId of the person who speaks, one of this session',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSource: ['session'], faceSelection: ['single'] },
		},
	},
	{
		displayName: 'Faces',
		name: 'faces',
		type: 'resourceMapper',
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		required: true,
		description: 'The audio of each face. A face that is left empty keeps its own mouth.',
		typeOptions: {
			resourceMapper: {
				resourceMapperMethod: 'getFaces',
				mode: 'map',
				valuesLabel: 'Audio URL of each face',
				fieldWords: { singular: 'setting', plural: 'faces' },
				// Shows the required fields and folds the others away, also after a notice.
				addAllFields: false,
				multiKeyMatch: false,
				refreshStaleSchemaOnOpen: true,
				supportAutoMap: true,
			},
		},
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSource: ['identifyTask'], faceSelection: ['map'] },
		},
	},
	{
		displayName:
			"Each item needs fields that are named after its faces: 'face_001' with the audio URL of that face, if wanted 'face_001:sound_insert_time' with the ms in the video at which it begins to speak.",
		name: 'automaticNotice',
		type: 'notice',
		default: '',
		displayOptions: {
			show: {
				...showOnlyForLipSync,
				faceSource: ['identifyTask'],
				faceSelection: ['map'],
				'/faces.mappingMode': ['autoMapInputData'],
			},
		},
	},
	{
		displayName: 'Face Choose',
		name: 'faceChoose',
		type: 'json',
		default:
			'[\n  {\n    "face_id": "face_001",\n    "sound_file": "https://example.com/voice.mp3"\n  }\n]',
		required: true,
		description:
			'One object for each face that speaks: face_id, sound_file or audio_id, and if wanted sound_start_time, sound_end_time, sound_insert_time (ms), sound_volume, original_audio_volume (0–2)',
		displayOptions: { show: { ...showOnlyForLipSync, faceSelection: ['json'] } },
	},
	{
		displayName: 'Audio Source',
		name: 'audioSource',
		type: 'options',
		options: [
			{
				name: 'URL',
				value: 'url',
				description: 'The audio lies at a web address that anyone can open',
			},
			{
				name: 'Binary File',
				value: 'binary',
				description: 'An earlier node has made or read the audio, for example ElevenLabs',
			},
		],
		default: 'url',
		displayOptions: { show: { ...showOnlyForLipSync, faceSelection: ['single', 'all'] } },
	},
	{
		displayName: 'Audio URL',
		name: 'audioUrl',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://example.com/voice.mp3',
		description:
			'The address of the audio: mp3, wav, m4a or aac, 2–60 seconds, at most 5 MB. Kling fetches it, so it must open without a login.',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSelection: ['single', 'all'], audioSource: ['url'] },
		},
	},
	{
		displayName: 'Input Data Field Name',
		name: 'audioBinaryPropertyName',
		type: 'string',
		default: 'audio',
		required: true,
		placeholder: 'e.g. audio',
		hint: 'The name of the input field that holds the audio file',
		description:
			'The file is handed to Kling through a link of this n8n that is valid for a day. That needs an n8n that can be reached from the internet.',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSelection: ['single', 'all'], audioSource: ['binary'] },
		},
	},
	...waitFields(['lipSync']),
	...waitNotices(['lipSync']),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: showOnlyForLipSync },
		options: [
			{
				displayName: 'Audio Used From (Ms)',
				name: 'soundStartTime',
				type: 'number',
				typeOptions: milliseconds,
				default: 0,
				description: 'Where the part of the audio that is used begins, in milliseconds',
			},
			{
				displayName: 'Audio Used Until (Ms)',
				name: 'soundEndTime',
				type: 'number',
				typeOptions: milliseconds,
				default: 10000,
				description:
					'Where the part of the audio that is used ends, in milliseconds; at least 2000 after its start',
			},
			callbackOption,
			...downloadOptions({ '/waitMode': ['poll'] }),
			{
				displayName: 'Extra Request Fields',
				name: 'extraBody',
				type: 'json',
				default: '{}',
				description:
					'JSON that is merged into the request, for parameters of the API that this node does not know',
			},
			includeRaw,
			maxConcurrency,
			{
				displayName: 'Speaks From (Ms)',
				name: 'soundInsertTime',
				type: 'number',
				typeOptions: milliseconds,
				default: 0,
				description:
					'Where in the video the audio begins, in milliseconds. The face must be on screen for at least 2 seconds from there.',
			},
			timeoutForPoll,
			timeoutForCallback,
			{
				displayName: 'Volume of the New Audio',
				name: 'soundVolume',
				type: 'number',
				typeOptions: volume,
				default: 1,
				description: 'From 0 (silent) to 2 (twice as loud); 1 leaves it as it is',
			},
			{
				displayName: 'Volume of the Original Audio',
				name: 'originalAudioVolume',
				type: 'number',
				typeOptions: volume,
				default: 1,
				description:
					"From 0 (silent) to 2 (twice as loud); 1 leaves the video's own sound as it is",
			},
		],
	},
];
