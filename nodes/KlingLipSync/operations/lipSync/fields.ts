import type { INodeProperties } from 'n8n-workflow';

import { checkMedia, includeRaw, maxConcurrency, reference, videoFields } from '../commonFields';
import { binaryPropertyName, downloadNotices, downloadVideo } from '../downloadFields';
import {
	callbackOption,
	timeoutForCallback,
	timeoutForPoll,
	waitFields,
	waitNotices,
} from '../waitFields';

const showOnlyForLipSync = { operation: ['lipSync'] };
const withAudio = { ...showOnlyForLipSync, faceSelection: ['single', 'all', 'map'] };
const withMapper = {
	...showOnlyForLipSync,
	faceSource: ['video', 'identifyTask'],
	faceSelection: ['map'],
};

const single = { name: 'One Face', value: 'single', description: 'One person speaks' };
const all = {
	name: 'All Faces',
	value: 'all',
	description: 'All faces found in the video speak the same audio',
};
const map = {
	name: 'Different Audio per Face',
	value: 'map',
	description: 'Each face speaks an audio of its own',
};
const json = {
	name: 'Faces (JSON)',
	value: 'json',
	description: 'Define the faces as a JSON array, as the API expects it',
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

/** The mapper of faces; what it asks for differs with where the audio comes from. */
function facesMapper(audioSource: string, valuesLabel: string): INodeProperties {
	return {
		displayName: 'Faces',
		name: 'faces',
		type: 'resourceMapper',
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		required: true,
		description: 'The audio of each face. A face that is left empty is not changed.',
		typeOptions: {
			loadOptionsDependsOn: ['faceSource', 'matchFacesBy'],
			resourceMapper: {
				resourceMapperMethod: 'getFaces',
				mode: 'map',
				valuesLabel,
				fieldWords: { singular: 'setting', plural: 'faces' },
				// Shows the required fields and folds the others away, also after a notice.
				addAllFields: false,
				multiKeyMatch: false,
				refreshStaleSchemaOnOpen: true,
				supportAutoMap: true,
			},
		},
		displayOptions: { show: { ...withMapper, audioSource: [audioSource] } },
	};
}

/**
 * Reloads a list once the task is known. Named without the `&` (a field beside this one), the list
 * would fail for as long as the expression can't be resolved.
 */
const TASK_OF_LIST = '&identifyTaskId';

/** Two fixed ways, in a list that shows the pictures of the faces. */
const matchOptions = {
	loadOptionsMethod: 'getMatchOptions',
	loadOptionsDependsOn: [TASK_OF_LIST],
};

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
				name: 'New Video',
				value: 'video',
				description: 'This node finds the faces in a video and syncs them. Both steps are charged.',
			},
			{
				name: 'Previous Identify Face',
				value: 'identifyTask',
				description:
					'An Identify Face node ran before this one, so that you can choose among its faces',
			},
			{
				name: 'Session ID',
				value: 'session',
				description: 'You have stored the session ID and the face IDs of an earlier Identify Face',
			},
		],
		default: 'video',
		displayOptions: { show: showOnlyForLipSync },
	},
	{
		displayName: 'Identify Task ID',
		name: 'identifyTaskId',
		type: 'string',
		default: '={{ $json.taskId }}',
		required: true,
		placeholder: 'e.g. cm3x9k2ab0001la08d7f4z5qe',
		description: 'The taskId that Identify Face returned. Its faces can be used for 24 hours.',
		displayOptions: { show: { ...showOnlyForLipSync, faceSource: ['identifyTask'] } },
	},
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 829418374651',
		description: 'The sessionId that Identify Face returned. A session can be used for 24 hours.',
		displayOptions: { show: { ...showOnlyForLipSync, faceSource: ['session'] } },
	},
	...videoFields({ ...showOnlyForLipSync, faceSource: ['video'] }),
	faceSelection('video', [single, all, map, json]),
	faceSelection('identifyTask', [single, all, map, json]),
	faceSelection('session', [single, json]),
	{
		displayName: 'Face Name or ID',
		name: 'faceId',
		type: 'options',
		default: '',
		description:
			'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
		typeOptions: {
			loadOptionsMethod: 'getFaceOptions',
			loadOptionsDependsOn: ['faceSource', TASK_OF_LIST],
		},
		displayOptions: {
			show: {
				...showOnlyForLipSync,
				faceSource: ['video', 'identifyTask'],
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
		description: 'The faceId of the person who speaks, as Identify Face returned it',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSource: ['session'], faceSelection: ['single'] },
		},
	},
	{
		displayName: 'Match Faces By',
		name: 'matchFacesBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Face ID', value: 'id' },
			{ name: 'Position', value: 'position' },
		],
		typeOptions: matchOptions,
		default: 'id',
		hint: 'Open the list to look at the faces of this video',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSource: ['identifyTask'], faceSelection: ['map'] },
		},
	},
	{
		displayName: 'Audio Source',
		name: 'audioSource',
		type: 'options',
		options: [
			{
				name: 'URL',
				value: 'url',
				description: 'The audio is at a publicly accessible URL',
			},
			{
				name: 'Binary File',
				value: 'binary',
				description: 'The audio comes from an earlier node, for example ElevenLabs',
			},
		],
		default: 'url',
		displayOptions: { show: withAudio },
	},
	facesMapper('url', 'Audio URL per Face'),
	facesMapper('binary', 'Input Data Field Name per Face'),
	{
		displayName:
			"Each item needs fields named after its faces: 'face_001' or '#1' for the audio of a face and, if needed, 'face_001:sound_insert_time' for the time in ms at which it starts speaking",
		name: 'automaticNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { ...withMapper, '/faces.mappingMode': ['autoMapInputData'] } },
	},
	{
		displayName: 'Faces (JSON)',
		name: 'faceChoose',
		type: 'json',
		default:
			'[\n  {\n    "face_id": "#1",\n    "sound_file": "https://example.com/voice.mp3"\n  }\n]',
		required: true,
		description:
			'One object per face: face_id (an ID, or #1, #2 …) and sound_file or audio_id. Optional: sound_start_time, sound_end_time, sound_insert_time (ms), sound_volume and original_audio_volume (0–2).',
		displayOptions: { show: { ...showOnlyForLipSync, faceSelection: ['json'] } },
	},
	{
		displayName: 'Audio URL',
		name: 'audioUrl',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://example.com/voice.mp3',
		description:
			'The public URL of an mp3, wav, m4a or aac file: 2–60 seconds, up to 5 MB. Kling downloads it, so it must open without a login.',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSelection: ['single', 'all'], audioSource: ['url'] },
		},
	},
	{
		displayName: 'Input Data Field Name',
		name: 'audioBinaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		placeholder: 'e.g. data',
		hint: 'The name of the input field containing the audio file',
		displayOptions: {
			show: { ...showOnlyForLipSync, faceSelection: ['single', 'all'], audioSource: ['binary'] },
		},
	},
	{
		displayName: 'Original Sound',
		name: 'originalSound',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Replace',
				value: 'replace',
				description: "Only the new audio is heard: the video's own sound is muted",
			},
			{
				name: 'Keep Underneath',
				value: 'keep',
				description: "The new audio is heard over the video's own sound",
			},
		],
		default: 'replace',
		description: 'The sound of the whole video, including the voices of other people in it',
		displayOptions: { show: withAudio },
	},
	...waitFields(['lipSync']),
	...waitNotices(['lipSync']),
	...downloadNotices,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: showOnlyForLipSync },
		options: [
			{
				displayName: 'Audio Transfer',
				name: 'audioTransfer',
				type: 'options',
				options: [
					{
						name: 'Automatic',
						value: 'auto',
						description: 'A link if this n8n is reachable from the internet, otherwise inline',
					},
					{
						name: 'Inline',
						value: 'inline',
						description: 'As part of the request, encoded as Base64',
					},
					{
						name: 'Link',
						value: 'link',
						description: 'As a signed link to this n8n, valid for one day',
					},
				],
				default: 'auto',
				description: 'How Kling receives audio from a binary file',
				displayOptions: { show: { '/audioSource': ['binary'] } },
			},
			callbackOption,
			checkMedia,
			downloadVideo,
			{
				displayName: 'Extra Request Fields',
				name: 'extraBody',
				type: 'json',
				default: '{}',
				description:
					'JSON to merge into the request, for parameters of the API that this node does not offer',
			},
			includeRaw,
			maxConcurrency,
			{
				displayName: 'Original Audio Volume',
				name: 'originalAudioVolume',
				type: 'number',
				typeOptions: volume,
				default: 1,
				description:
					"The volume of the video's own sound, from 0 (muted) to 2 (twice as loud). Overrides Original Sound.",
			},
			binaryPropertyName,
			reference,
			{
				displayName: 'Start Speaking At (Milliseconds)',
				name: 'soundInsertTime',
				type: 'number',
				typeOptions: milliseconds,
				default: 0,
				description:
					'When in the video the audio starts, in milliseconds. The face must be visible for at least 2 seconds from there.',
			},
			timeoutForPoll,
			timeoutForCallback,
			{
				displayName: 'Trim Audio From (Milliseconds)',
				name: 'soundStartTime',
				type: 'number',
				typeOptions: milliseconds,
				default: 0,
				description: 'Where in the audio the part to use starts, in milliseconds',
			},
			{
				displayName: 'Trim Audio To (Milliseconds)',
				name: 'soundEndTime',
				type: 'number',
				typeOptions: milliseconds,
				default: 0,
				description:
					'Where in the audio the part to use ends, in milliseconds. 0 uses as much as fits into the video.',
			},
			{
				displayName: 'Voice Volume',
				name: 'soundVolume',
				type: 'number',
				typeOptions: volume,
				default: 1,
				description: 'The volume of the new audio, from 0 (muted) to 2 (twice as loud)',
			},
		],
	},
];
