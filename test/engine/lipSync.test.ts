import type { FaceChoice } from '../emulator/requests';
import type { Api, NodeParameters, RunSettings } from './setup';
import { useWorld } from './setup';
import {
	AUDIO,
	bodies,
	createTask,
	IDENTIFY,
	identified,
	LIP_SYNC,
	sample,
	synced,
	VIDEO,
} from './helpers';

const DAY = 86_400_000;
const MORE_AUDIO = sample('silence.wav?ms=3000');
/** The sample voice from its beginning, but for the 50 ms that are kept before its end of 5 s. */
const TIMES = { sound_start_time: 0, sound_end_time: 4950, sound_insert_time: 0 };
const MORE_TIMES = { ...TIMES, sound_end_time: 2950 };
/** What everybody gets who does not ask for the video's own sound. */
const REPLACED = { original_audio_volume: 0 };

const world = useWorld({ factor: 50 });
let api: Api;
beforeAll(() => ({ api } = world));

const lipSync = async (parameters: NodeParameters, settings?: RunSettings) =>
	await world.run(
		{ operation: 'lipSync', faceSource: 'identifyTask', audioUrl: AUDIO, ...parameters },
		settings,
	);

const body = (sessionId: string, choices: FaceChoice[], extra: object = {}) => ({
	model: LIP_SYNC,
	session_id: sessionId,
	face_choose: choices,
	...extra,
});
const choice = (number: number, more: FaceChoice = {}) => ({
	...written(number, more),
	...REPLACED,
	...TIMES,
	...more,
});
/** A face as JSON has it, whose own sound is nobody's business. */
const written = (number: number, more: FaceChoice = {}) => ({
	face_id: `face_00${number}`,
	sound_file: AUDIO,
	...more,
});

const mapping = (value: NodeParameters | null, mappingMode = 'defineBelow') => ({
	faceSelection: 'map',
	faces: { mappingMode, value },
});

describe('the faces of an identify task', () => {
	it('are driven by the task of the incoming item, the first one if none is named', async () => {
		const { taskId, sessionId } = await identified(api);
		const run = await lipSync({}, { input: [{ json: { taskId } }] });
		expect(bodies(api)).toEqual([body(sessionId, [choice(1)])]);
		const [item] = run.items('Kling');
		const videoUrl = `${api.url}/files/result/${item.json.taskId}.mp4`;
		expect(item).toEqual({
			json: {
				taskId: expect.stringMatching(/^cl/),
				state: 'completed',
				model: LIP_SYNC,
				videoUrl,
				resultUrls: [videoUrl],
				createTime: expect.any(Number),
				completeTime: expect.any(Number),
				costTime: expect.any(Number),
				faces: [
					{
						faceId: 'face_001',
						audio: AUDIO,
						soundStartTime: 0,
						soundEndTime: 4950,
						soundInsertTime: 0,
					},
				],
			},
			pairedItem: { item: 0 },
		});
		expect(item.json.taskId).not.toBe(taskId);
	});

	it('are chosen by id', async () => {
		const { taskId, sessionId } = await identified(api);
		await lipSync({ identifyTaskId: ` ${taskId} `, faceId: ' face_002 ' });
		expect(bodies(api)).toEqual([body(sessionId, [choice(2)])]);
	});

	it('all speak the same audio', async () => {
		const { taskId, sessionId } = await identified(api, { faces: 3 });
		await lipSync({ identifyTaskId: taskId, faceSelection: 'all' });
		expect(bodies(api)).toEqual([body(sessionId, [choice(1), choice(2), choice(3)])]);
	});

	it('are written as JSON, text or object', async () => {
		const { taskId, sessionId } = await identified(api);
		const faceChoose = [
			{
				face_id: 'face_002',
				audio_id: 'audio-7',
				sound_start_time: 0,
				sound_end_time: 3000,
				sound_insert_time: 500,
				sound_volume: 0.5,
			},
		];
		for (const value of [JSON.stringify(faceChoose), '={{ $json.choice }}']) {
			await lipSync(
				{ identifyTaskId: taskId, faceSelection: 'json', faceChoose: value },
				{ input: [{ json: { choice: faceChoose } }] },
			);
		}
		expect(bodies(api)).toEqual([body(sessionId, faceChoose), body(sessionId, faceChoose)]);
	});

	it('are asked for once, however many items use them', async () => {
		const { taskId } = await identified(api);
		const input = [1, 2, 3].map(() => ({ json: { taskId } }));
		await lipSync({ waitMode: 'none' }, { input });
		expect(api.queries(taskId)).toHaveLength(1);
		expect(api.creates()).toHaveLength(3);
	});

	it('are read from the newer revision of the API, too', async () => {
		api.settings.resultInQuery = 'resultJson';
		const { taskId, sessionId } = await identified(api);
		const run = await lipSync({ identifyTaskId: taskId, faceId: 'face_002' });
		expect(bodies(api)).toEqual([body(sessionId, [choice(2)])]);
		expect(run.items('Kling')[0].json).toMatchObject({
			state: 'completed',
			videoDuration: 8,
			estimatedCostUsd: 0.0126,
		});
	});
});

describe('timing and mix', () => {
	it('of the options go to every face', async () => {
		const { taskId, sessionId } = await identified(api);
		const options = {
			soundStartTime: 1000,
			soundEndTime: 3000,
			soundInsertTime: 500,
			soundVolume: 1.5,
			originalAudioVolume: 0,
		};
		await lipSync({ identifyTaskId: taskId, faceSelection: 'all', options });
		const timing = {
			sound_start_time: 1000,
			sound_end_time: 3000,
			sound_insert_time: 500,
			sound_volume: 1.5,
			original_audio_volume: 0,
		};
		expect(bodies(api)).toEqual([body(sessionId, [choice(1, timing), choice(2, timing)])]);
	});

	it('of the options yield to what a face has of its own', async () => {
		const { taskId, sessionId } = await identified(api);
		const options = { soundVolume: 2, soundInsertTime: 100 };
		await lipSync({
			identifyTaskId: taskId,
			...mapping({ face_001: AUDIO, 'face_001:sound_volume': 0.5, face_002: AUDIO }),
			options,
		});
		await lipSync({
			identifyTaskId: taskId,
			faceSelection: 'json',
			faceChoose: JSON.stringify([written(1, { sound_insert_time: 0 })]),
			options,
		});
		expect(bodies(api)).toEqual([
			body(sessionId, [
				choice(1, { sound_insert_time: 100, sound_volume: 0.5 }),
				choice(2, { sound_insert_time: 100, sound_volume: 2 }),
			]),
			body(sessionId, [{ ...written(1), ...TIMES, sound_volume: 2 }]),
		]);
	});

	it('may come with parameters that the node does not know', async () => {
		const { taskId, sessionId } = await identified(api);
		const known = { identifyTaskId: taskId };
		await lipSync({ ...known, options: { extraBody: '{"quality":"pro","n":{"a":[1]}}' } });
		await lipSync({ ...known, options: { extraBody: '={{ { quality: "std" } }}' } });
		await lipSync({ ...known, options: { extraBody: '' } });
		expect(bodies(api)).toEqual([
			body(sessionId, [choice(1)], { quality: 'pro', n: { a: [1] } }),
			body(sessionId, [choice(1)], { quality: 'std' }),
			body(sessionId, [choice(1)]),
		]);
	});
});

describe('the mapping', () => {
	it('gives each face its own audio and timing; a face left empty is not driven', async () => {
		const { taskId, sessionId } = await identified(api, { faces: 3 });
		const value = {
			face_001: AUDIO,
			'face_001:sound_insert_time': 1500,
			face_002: '={{ $json.second }}',
			'face_002:sound_volume': '={{ "0.5" }}',
			face_003: '',
		};
		const run = await lipSync(
			{ identifyTaskId: taskId, ...mapping(value) },
			{ input: [{ json: { second: MORE_AUDIO } }] },
		);
		expect(run.error).toBeUndefined();
		expect(bodies(api)).toEqual([
			body(sessionId, [
				choice(1, { sound_insert_time: 1500 }),
				choice(2, { sound_file: MORE_AUDIO, ...MORE_TIMES, sound_volume: 0.5 }),
			]),
		]);
	});

	it('takes input fields of the same names, numbers as numbers', async () => {
		const { taskId, sessionId } = await identified(api, { faces: 3 });
		const json = {
			taskId,
			title: 'not a face',
			face_001: AUDIO,
			'face_001:sound_start_time': '250',
			'face_001:sound_volume': 0,
			face_002: MORE_AUDIO,
			'face_002:sound_insert_time': null,
		};
		await lipSync(mapping(null, 'autoMapInputData'), { input: [{ json }] });
		expect(bodies(api)).toEqual([
			body(sessionId, [
				choice(1, { sound_start_time: 250, sound_volume: 0 }),
				choice(2, { sound_file: MORE_AUDIO, ...MORE_TIMES }),
			]),
		]);
	});

	it('of another session is refused by the name of the face, and nothing is created', async () => {
		const { taskId } = await identified(api, { faces: 1 });
		const run = await lipSync({
			identifyTaskId: taskId,
			...mapping({ face_001: AUDIO, face_004: AUDIO }),
		});
		expect(run.error?.message).toContain('"face_004"');
		expect(run.error?.description).toContain('"face_001"');
		expect(api.creates()).toHaveLength(0);
	});

	it.each([null, {}, { face_001: '' }])('without an audio (%j) is refused', async (value) => {
		const { taskId } = await identified(api);
		const run = await lipSync({ identifyTaskId: taskId, ...mapping(value) });
		expect(run.error?.message).toBe('No face has an audio');
		expect(api.creates()).toHaveLength(0);
	});

	it('without an audio in the input fields is refused', async () => {
		const { taskId } = await identified(api);
		const run = await lipSync(mapping(null, 'autoMapInputData'), { input: [{ json: { taskId } }] });
		expect(run.error?.message).toBe('No face has an audio');
		expect(run.error?.description).toContain("'#1' for the first face");
		expect(api.creates()).toHaveLength(0);
	});
});

describe('a session of the user', () => {
	it('is driven without asking for anything', async () => {
		const { sessionId } = await identified(api);
		const session = { faceSource: 'session', sessionId };
		await lipSync({ ...session, faceId: 'face_002', waitMode: 'none' });
		const faceChoose = JSON.stringify([written(1), written(2)]);
		await lipSync({ ...session, faceSelection: 'json', faceChoose, waitMode: 'none' });
		expect(bodies(api)).toEqual([
			body(sessionId, [choice(2)]),
			body(sessionId, [
				{ ...written(1), ...TIMES },
				{ ...written(2), ...TIMES },
			]),
		]);
		expect(api.queries()).toHaveLength(0);
	});

	it('needs the face to be named', async () => {
		const { sessionId } = await identified(api);
		const run = await lipSync({ faceSource: 'session', sessionId, faceId: '={{ $json.faceId }}' });
		expect(run.error?.message).toBe('The face ID is missing');
		expect(api.log).toHaveLength(0);
	});

	it('has to be given', async () => {
		const run = await lipSync({ faceSource: 'session', sessionId: ' ', faceId: 'face_001' });
		expect(run.error).toMatchObject({
			message: 'The session ID is missing',
			description: expect.stringContaining('Enter the sessionId that Identify Face returned.'),
		});
		expect(api.log).toHaveLength(0);
	});

	it.each(['all', 'map'])('can not be used with the selection "%s"', async (faceSelection) => {
		const { sessionId } = await identified(api);
		const run = await lipSync({ faceSource: 'session', sessionId, faceSelection });
		expect(run.error?.message).toMatch(/Who Speaks/);
		expect(api.log).toHaveLength(0);
	});
});

describe('a video', () => {
	const video = { faceSource: 'video', videoUrl: VIDEO };

	it('is identified first, then synced, and the item names both tasks', async () => {
		const run = await lipSync(video);
		expect(bodies(api)).toEqual([
			{ model: IDENTIFY, video_url: VIDEO },
			body([...api.tasks.values()][0].sessionId!, [choice(1)]),
		]);
		const [identifyTaskId, taskId] = api.tasks.keys();
		expect(run.items('Kling')[0].json).toMatchObject({
			taskId,
			identifyTaskId,
			state: 'completed',
			model: LIP_SYNC,
		});
	});

	it('brings back what the user gave it to find its way home', async () => {
		const run = await lipSync({ ...video, options: { reference: ' row 7 ' } });
		expect(run.items('Kling')[0].json).toMatchObject({ state: 'completed', reference: 'row 7' });
		const without = await lipSync({ ...video, options: { reference: ' ' } });
		expect(without.items('Kling')[0].json).not.toHaveProperty('reference');
	});

	it('is synced for a named face, every face, or as the JSON says', async () => {
		const runs = [
			await lipSync({ ...video, faceId: 'face_002' }),
			await lipSync({ ...video, faceSelection: 'all' }),
			await lipSync({
				...video,
				faceSelection: 'json',
				faceChoose: JSON.stringify([written(2, { sound_volume: 2 })]),
			}),
		];
		expect(runs.map(({ error }) => error?.message)).toEqual([undefined, undefined, undefined]);
		expect(bodies(api, LIP_SYNC).map(({ face_choose }) => face_choose)).toEqual([
			[choice(2)],
			[choice(1), choice(2)],
			[{ ...written(2), ...TIMES, sound_volume: 2 }],
		]);
		expect(api.creates(IDENTIFY)).toHaveLength(3);
	});

	it('in which no face is found names the identify task', async () => {
		api.settings.faces = 0;
		const run = await lipSync(video);
		const [identifyTaskId] = api.tasks.keys();
		expect(run.error?.message).toContain(identifyTaskId);
		expect(run.error?.message).toContain('no faces found');
		expect(api.creates(LIP_SYNC)).toHaveLength(0);
	});

	it('of which the API lists no faces keeps the identify task, too', async () => {
		api.settings.queryExtras = { faceData: { sessionId: 's-1', faceList: [] } };
		const run = await lipSync(video, { nodeSettings: { onError: 'continueRegularOutput' } });
		const [identifyTaskId] = api.tasks.keys();
		expect(run.items('Kling')[0].json).toMatchObject({
			error: expect.stringContaining('No face was found in this video'),
			details: { taskId: identifyTaskId, identifyTaskId, state: 'completed' },
		});
		expect(api.creates(LIP_SYNC)).toHaveLength(0);
	});

	it('keeps the identify task in errors of the second step', async () => {
		const once = async (settings: Partial<Api['settings']>, parameters: NodeParameters = {}) => {
			api.reset();
			Object.assign(api.settings, { failWith: null }, settings);
			const run = await lipSync(
				{ ...video, ...parameters },
				{ nodeSettings: { onError: 'continueRegularOutput' } },
			);
			const [identifyTaskId, taskId] = api.tasks.keys();
			expect(run.items('Kling')[0].json.details.identifyTaskId).toBe(identifyTaskId);
			return { ...run.items('Kling')[0].json, lipSyncTaskId: taskId };
		};
		const failed = await once({
			failWith: ({ model }) => (model === LIP_SYNC ? 'audio too short' : null),
		});
		expect(failed.details).toMatchObject({
			taskId: failed.lipSyncTaskId,
			state: 'failed',
			failMsg: 'audio too short',
		});
		const unknownFace = await once({}, { faceId: 'face_007' });
		expect(unknownFace.error).toContain('"face_007"');
		const refused = await (async () => {
			api.reset();
			api.fail({ kind: 'status', method: 'POST', model: LIP_SYNC, status: 402 });
			const run = await lipSync(video, { nodeSettings: { onError: 'continueRegularOutput' } });
			return run.items('Kling')[0].json;
		})();
		expect(refused.details).toMatchObject({
			httpCode: 402,
			identifyTaskId: [...api.tasks.keys()][0],
		});
	});

	it('is not paid for when the rest can not work', async () => {
		for (const parameters of [
			{ audioUrl: '' },
			{ options: { soundVolume: 3 } },
			{ options: { soundStartTime: 1000, soundEndTime: 2000 } },
			{ options: { extraBody: '[1]' } },
			{ faceSelection: 'json', faceChoose: '[]' },
			{ faceSelection: 'json', faceChoose: JSON.stringify([choice(1), choice(1)]) },
		]) {
			const run = await lipSync({ ...video, ...parameters });
			expect([parameters, run.status]).toEqual([parameters, 'error']);
		}
		expect(api.log).toHaveLength(0);
	});
});

describe('an identify task that can not be used is refused before anything is created', () => {
	const continued: RunSettings = { nodeSettings: { onError: 'continueRegularOutput' } };
	const refusal = async (identifyTaskId: string) => {
		const run = await lipSync({ identifyTaskId }, continued);
		expect(api.creates()).toHaveLength(0);
		const [{ json }] = run.items('Kling');
		expect(json.error).toContain(identifyTaskId);
		expect(json.details.taskId).toBe(identifyTaskId);
		expect(json.details.hint).toEqual(expect.any(String));
		return json;
	};

	it('because it is unknown', async () => {
		expect(await refusal('cl-unknown')).toMatchObject({
			error: expect.stringMatching(/unknown/),
			details: { httpCode: 404 },
		});
	});

	it('because it is not finished', async () => {
		api.settings.identifyMs = 1e9;
		const taskId = await createTask(api, { model: IDENTIFY, video_url: VIDEO });
		const { error, details } = await refusal(taskId);
		expect(error).toMatch(/not finished/);
		expect(details.state).toBe('pending');
	});

	it('because it failed', async () => {
		const { taskId } = await identified(api, { faces: 0 });
		expect((await refusal(taskId)).details).toMatchObject({
			state: 'failed',
			failMsg: 'Face detection failed: no faces found',
		});
	});

	it('because it is a lip sync', async () => {
		const taskId = await synced(api, { outcome: {} });
		expect((await refusal(taskId)).error).toMatch(/not an Identify Face task/);
	});

	it('because its session has expired', async () => {
		const longAgo = Date.now() - DAY - 60_000;
		api.settings.queryExtras = { createTime: longAgo - 1000, completeTime: longAgo };
		const { taskId } = await identified(api);
		expect((await refusal(taskId)).error).toMatch(/24 hours/);
	});

	it('because it is missing', async () => {
		const run = await lipSync({});
		expect(run.error?.message).toBe('No identify task is given');
		expect(api.log).toHaveLength(0);
	});
});

it('says what the vendor says when its session has expired earlier than told', async () => {
	const { sessionId } = await identified(api);
	api.settings.now = () => Date.now() + 2 * DAY;
	const run = await lipSync({ faceSource: 'session', sessionId, faceId: 'face_001' });
	api.settings.now = Date.now;
	expect(run.error?.message).toContain('session_id is invalid or has expired');
	expect(run.error?.httpCode).toBe('400');
	expect(api.creates()).toHaveLength(1);
});
