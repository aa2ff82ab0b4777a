import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { queryTaskPatiently } from '../api';
import { optionsOf, textOf } from '../run/context';
import { createAndWait, planWait, timeoutOf, usable, videoItem, waitHere } from '../run/followUp';
import { AUDIO, mediaOf } from '../run/media';
import type { Run } from '../run/run';
import { forEachItem, forEachValue, startRun, stopAtProblem } from '../run/run';
import type { TaskRequest } from '../run/submit';
import { submitAll } from '../run/submit';
import type { FaceChoice } from '../task/faceChoose';
import {
	checkedChoice,
	choiceFromJson,
	choiceFromMapping,
	parseJson,
	timingFromOptions,
} from '../task/faceChoose';
import type { Outcome } from '../task/problem';
import { attempt, attemptAsync, inputProblem, Problem } from '../task/problem';
import type { Session } from '../task/session';
import { sessionOfTask } from '../task/session';
import type { Face } from '../task/task';
import { MODELS } from '../task/task';
import { clock } from '../run/clock';
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
} from './fields';
import { identifyRequest } from './identifyFace';

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

/** Everything about an item that can be checked before its faces are known. */
interface Input {
	/** Picks the faces and checks them against those of the session, where they are known. */
	choose: (faces?: Face[]) => { choices: FaceChoice[]; identity: unknown };
	extra: IDataObject;
	identify?: TaskRequest;
}

/** Drives the chosen faces of each item's session with their audio. */
export async function lipSync(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	const read = await forEachItem(run, async (index) => await readInput(run, index));
	const plan = await planWait(run, true);
	const inputs = read.map((input, index) => usable(input, plan.urls[index]));
	stopAtProblem(run, inputs);
	const sessions = await openSessions(run, inputs);
	stopAtProblem(run, sessions);
	const requests = await forEachValue(run, sessions, async (session, index) =>
		lipSyncRequest(inputs[index] as Input, session),
	);
	return await createAndWait(
		run,
		'lipSync',
		requests,
		plan,
		async (followed, index) => await videoItem(run, followed, index),
	);
}

async function readInput(run: Run, index: number): Promise<Input> {
	const { context } = run;
	const options = optionsOf(context, index);
	const common = timingFromOptions(options);
	const pick = await readSelection(run, index);
	const extra = parseJson(options.extraBody || '{}', 'Extra Request Fields') as IDataObject;
	if (typeof extra !== 'object' || extra === null || Array.isArray(extra)) {
		throw inputProblem(
			"'Extra Request Fields' has to be a JSON object",
			'Write it as {"name": "value"}.',
		);
	}
	const choose = (faces?: Face[]) => {
		const { choices, media } = pick(faces);
		const checked = checkedChoice(choices, common, faces);
		return {
			choices: checked,
			identity: media ? checked.map((choice) => ({ ...choice, sound_file: media })) : checked,
		};
	};
	const faceSource = context.getNodeParameter('faceSource', index) as string;
	// Whatever does not hang on the faces is refused now: identifying them costs money, too.
	if (faceSource === 'video' && context.getNodeParameter('faceSelection', index) !== 'json') {
		const named = textOf(context, 'faceId', index);
		choose([{ faceId: named || 'any' }]);
	}
	if (faceSource !== 'identifyTask' && context.getNodeParameter('faceSelection', index) === 'json')
		choose();
	return {
		choose,
		extra,
		...(faceSource === 'video' && { identify: await identifyRequest(run, index) }),
	};
}

type Pick = (faces?: Face[]) => { choices: FaceChoice[]; media?: string };

async function readSelection(run: Run, index: number): Promise<Pick> {
	const { context } = run;
	const faceSource = context.getNodeParameter('faceSource', index) as string;
	const selection = context.getNodeParameter('faceSelection', index) as string;
	if (selection === 'json') {
		const choices = choiceFromJson(context.getNodeParameter('faceChoose', index));
		return () => ({ choices });
	}
	if (selection === 'map' && faceSource === 'identifyTask') return mappedFaces(context, index);
	if (selection === 'all' && faceSource !== 'session') {
		const audio = await mediaOf(run, index, AUDIO);
		return (faces = []) => ({
			choices: faces.map(({ faceId }) => ({ face_id: faceId, sound_file: audio.url })),
			media: audio.identity,
		});
	}
	if (selection === 'single') {
		const audio = await mediaOf(run, index, AUDIO);
		const faceId = textOf(context, 'faceId', index);
		if (faceId === '' && faceSource === 'session') {
			throw inputProblem(
				'The face ID is missing',
				'With a session, enter the faceId that Identify Face returned.',
			);
		}
		return (faces) => ({
			choices: [{ face_id: faceId || (faces?.[0]?.faceId ?? ''), sound_file: audio.url }],
			media: audio.identity,
		});
	}
	throw inputProblem(
		`'Who Speaks' can't be "${selection}" with faces from "${faceSource}"`,
		"Choose 'Who Speaks' anew.",
	);
}

/** Expressions are resolved by the whole parameter; its parts would be converted by n8n. */
function mappedFaces(context: IExecuteFunctions, index: number): Pick {
	const { mappingMode, value } = context.getNodeParameter('faces', index) as {
		mappingMode: string;
		value: IDataObject | null;
	};
	const isAutomatic = mappingMode === 'autoMapInputData';
	const values = isAutomatic ? context.getInputData()[index].json : (value ?? {});
	return (faces = []) => ({ choices: choiceFromMapping(values, faces, !isAutomatic) });
}

async function openSessions(
	run: Run,
	inputs: Array<Outcome<Input>>,
): Promise<Array<Outcome<Session>>> {
	const { context } = run;
	const tasks = new Map<string, Promise<Outcome<Session>>>();
	const identified = await identifyAll(run, inputs);
	return await forEachValue(run, inputs, async (_, index) => {
		const faceSource = context.getNodeParameter('faceSource', index) as string;
		if (faceSource === 'video') return identified[index];
		if (faceSource === 'session') {
			const sessionId = textOf(context, 'sessionId', index);
			if (sessionId !== '') return { sessionId };
			throw inputProblem(
				'The session ID is missing',
				'Enter the sessionId that Identify Face returned.',
			);
		}
		const taskId = identifyTaskIdOf(context, index);
		// Items of one video share its identify task.
		const session = tasks.get(taskId) ?? attemptAsync(async () => await askForSession(run, taskId));
		tasks.set(taskId, session);
		return await session;
	});
}

async function askForSession(run: Run, taskId: string): Promise<Outcome<Session>> {
	const answer = await queryTaskPatiently(run.context, run.access, { taskId }, run.signal);
	return answer instanceof Problem ? answer : sessionOfTask(answer.task, clock.now());
}

/** Identifies first where the input is a video. The id of that task goes with the item from then on. */
async function identifyAll(
	run: Run,
	inputs: Array<Outcome<Input>>,
): Promise<Array<Outcome<Session>>> {
	const requests = inputs.map((input) =>
		input instanceof Problem
			? input
			: (input.identify ?? new Problem('input', 'Nothing to identify')),
	);
	if (!requests.some((request) => !(request instanceof Problem))) return requests as Problem[];
	const submitted = await submitAll(run, 'identify', requests);
	const watched = await waitHere(run, submitted, timeoutOf(run, 'poll'));
	return await forEachValue(run, watched, async (followed) => {
		const { taskId, state } = followed.task;
		if (followed.timedOut) {
			return new Problem(
				'unavailable',
				`Task ${taskId}, which finds the faces, was not finished in time`,
				"Raise the option 'Timeout (Minutes)'. The task is paid for: to use it, set 'Faces From' to 'Identify Face Task' and enter its ID.",
				{ taskId, identifyTaskId: taskId, state },
			);
		}
		const session = attempt(() => sessionOfTask(followed.task, clock.now()));
		if (session instanceof Problem) return session.with({ identifyTaskId: taskId });
		return { ...session, identifyTaskId: taskId };
	});
}

function lipSyncRequest(
	{ choose, extra }: Input,
	{ sessionId, faces, identifyTaskId }: Session,
): Outcome<TaskRequest> {
	const facts = identifyTaskId ? { identifyTaskId } : {};
	const chosen = attempt(() => choose(faces));
	if (chosen instanceof Problem) return chosen.with(facts);
	const { choices, identity } = chosen;
	return {
		body: {
			model: MODELS.lipSync,
			session_id: sessionId,
			face_choose: choices as unknown as IDataObject[],
			...extra,
		},
		identity: [MODELS.lipSync, sessionId, identity, extra],
		...facts,
	};
}

function identifyTaskIdOf(context: IExecuteFunctions, index: number): string {
	const taskId = textOf(context, 'identifyTaskId', index);
	if (taskId !== '') return taskId;
	throw inputProblem(
		'The identify task ID is missing',
		'Enter the taskId that Identify Face returned. If it comes from an expression, check that the earlier node has that field.',
	);
}
