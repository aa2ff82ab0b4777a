import type { Emulator, EmulatorOptions } from './index';
import { LIP_SYNC, LIP_SYNC_VIDEO } from './models';
import { until } from '../engine/helpers';
import { aac, m4a, mp3, wav } from '../media';
import { emulatorWorld, identifyRequest, lipSyncRequest } from './testWorld';

const { start: startWorld, answerTo, create, dataOf, ended } = emulatorWorld();

const VIDEO_MS = 10_000;
const AUDIO_MS = 5000;
const NEVER_MS = 1e9;
const MB = 1024 * 1024;

let api: Emulator;

async function start(settings?: EmulatorOptions) {
	api = await startWorld(settings);
	return api;
}

const sample = (name: string) => `${api.url}/files/sample/${name}`;
const silence = (ms: number) => sample(`silence.wav?ms=${ms}`);
const base64 = (file: Buffer) => file.toString('base64');

async function identified(video_url = sample(`blank.mp4?ms=${VIDEO_MS}`)) {
	const { faceData } = await ended(await create(identifyRequest({ video_url })), 'completed');
	return faceData;
}

/** A choice that is right in every respect, with some fields replaced. */
const goodChoice = (changes: Record<string, unknown> = {}) => ({
	sound_file: silence(AUDIO_MS),
	sound_start_time: 0,
	sound_end_time: AUDIO_MS,
	sound_insert_time: 0,
	...changes,
});

/** What a lip sync with a choice is answered with: 'accepted', or the reason of the refusal. */
async function verdict(sessionId: string, changes?: Record<string, unknown>): Promise<string> {
	const body = lipSyncRequest(sessionId, goodChoice(changes));
	const answer = await answerTo('POST', { body });
	if (answer.status === 200) return 'accepted';
	expect(answer).toMatchObject({ status: 400, body: { code: 400 } });
	return answer.body.msg;
}

describe('a lip sync is judged by its times', () => {
	const choices: Array<[string, Record<string, unknown>, string]> = [
		['without a start', { sound_start_time: undefined }, 'sound_start_time is required'],
		['without an end', { sound_end_time: undefined }, 'sound_end_time is required'],
		['without an insert time', { sound_insert_time: undefined }, 'sound_insert_time is required'],
		['with all three', {}, 'accepted'],
		[
			'with a start that is a text',
			{ sound_start_time: '0' },
			'sound_start_time must be an integer',
		],
		['with a start before 0', { sound_start_time: -1 }, 'sound_start_time must be an integer'],
		['with an end in decimals', { sound_end_time: 4999.5 }, 'sound_end_time must be an integer'],
		['inserted before 0', { sound_insert_time: -1 }, 'sound_insert_time must be an integer'],
		['that uses 1999 ms', { sound_start_time: 1, sound_end_time: 2000 }, 'at least 2000 ms'],
		['that uses 2000 ms', { sound_start_time: 1, sound_end_time: 2001 }, 'accepted'],
		['that uses the audio to its end', { sound_end_time: 5000 }, 'accepted'],
		[
			'that ends after the audio',
			{ sound_end_time: 5001 },
			'later than the end of the audio (5000',
		],
		['that ends with the video', { sound_insert_time: 5000 }, 'accepted'],
		['that runs past the video', { sound_insert_time: 5001 }, 'after the end of the video (10000'],
		[
			'whose used part ends with the video',
			{ sound_start_time: 1000, sound_insert_time: 6000 },
			'accepted',
		],
		[
			'whose used part runs past the video',
			{ sound_start_time: 1000, sound_insert_time: 6001 },
			'after the end of the video',
		],
		['as quiet and as loud as can be', { sound_volume: 0, original_audio_volume: 2 }, 'accepted'],
		['too quiet', { sound_volume: -0.1 }, 'sound_volume must be a number from 0 to 2'],
		['too loud', { original_audio_volume: 2.1 }, 'original_audio_volume must be a number'],
	];

	it('and accepted or refused at the limit', async () => {
		await start();
		const { session_id: session } = await identified();
		for (const [what, changes, expected] of choices) {
			const result = await verdict(session, changes);
			expect(`${what}: ${result}`).toContain(`${what}: `);
			expect(`${what}: ${result}`).toContain(expected);
		}
	});

	it.each([
		{ face: { start_time: 3000 }, insert: 0, end: 5000, is: 'accepted' },
		{ face: { start_time: 3001 }, insert: 0, end: 5000, is: 'by 1999 ms' },
		{ face: { start_time: 3001 }, insert: 1, end: 5000, is: 'accepted' },
		{ face: { end_time: 6000 }, insert: 4000, end: 5000, is: 'accepted' },
		{ face: { end_time: 6000 }, insert: 4001, end: 5000, is: 'by 1999 ms' },
		{ face: { start_time: 8000 }, insert: 0, end: 3000, is: 'by 0 ms' },
	])('and by the interval of its face: $face, $end ms at $insert', async (row) => {
		await start({ faces: [row.face] });
		const { session_id: session } = await identified();
		const times = { sound_end_time: row.end, sound_insert_time: row.insert };
		expect(await verdict(session, times)).toContain(row.is);
	});

	it('also when its audio is one that the service made', async () => {
		await start();
		const { session_id: session } = await identified();
		const made = { sound_file: undefined, audio_id: 'a1' };
		expect(await verdict(session, made)).toBe('accepted');
		expect(await verdict(session, { ...made, sound_insert_time: 5001 })).toContain('the video');
		expect(await verdict(session, { ...made, audio_id: 7 })).toContain('audio_id must be a string');
	});
});

describe('a lip sync is judged by its audio', () => {
	it.each([
		['an mp3', 'silence.mp3?ms=2500', 2484],
		['a wav', 'silence.wav?ms=2500', 2500],
		['an m4a', 'silence.m4a?ms=2500', 2496],
		['an m4a with its index behind', 'silence.m4a?ms=2500&index=behind', 2496],
		['an aac', 'silence.aac?ms=2500', 2496],
		['a stored mp3', 'voice.mp3', 5067],
		['another stored mp3', 'voice-2.mp3', 4075],
		['a stored wav', 'voice.wav', 5000],
		['a stored m4a', 'voice.m4a', 5000],
		['a stored aac', 'voice.aac', 5061],
	])('and accepted with %s to its end', async (_, name, ms) => {
		await start();
		const { session_id: session } = await identified();
		const sound_file = sample(name);
		expect(await verdict(session, { sound_file, sound_end_time: ms })).toBe('accepted');
		expect(await verdict(session, { sound_file, sound_end_time: ms + 1 })).toContain(`(${ms} ms)`);
	});

	it('and refused when the file is too short, too long or too large', async () => {
		await start();
		const { session_id: session } = await identified();
		const of = async (name: string) =>
			await verdict(session, { sound_file: sample(name), sound_end_time: 2000 });
		expect(await of('silence.wav?ms=2000')).toBe('accepted');
		expect(await of('silence.wav?ms=1999')).toContain('is 1.999 s long');
		expect(await of('silence.wav?ms=60000')).toBe('accepted');
		expect(await of('silence.wav?ms=60001')).toContain('is 60.001 s long');
		// A header of 44 bytes, and two bytes a sample.
		const fits = `silence.wav?rate=131072&ms=${((5 * MB - 44) / 2 / 131_072) * 1000}`;
		expect(await of(fits)).toBe('accepted');
		const [{ bytes }] = api.fetched.slice(-1);
		expect(bytes).toBe(5 * MB);
		expect(await of(fits.replace('ms=', 'ms=1'))).toContain('is larger than 5 MB');
	});

	it.each([
		['a page', 'page.html', 'is not mp3, wav, m4a, aac'],
		['a page under the name of an audio', 'voice.mp3?page', 'is not mp3, wav, m4a, aac'],
		['a video', 'video.mp4', 'is not mp3, wav, m4a, aac but MPEG-4'],
		['an m4a whose end is missing', 'silence.m4a?ms=5000&cut=900', 'is broken'],
		['an empty file', 'voice.mp3?cut=0', 'is empty'],
		['a dead link', 'none.mp3', 'could not be downloaded: HTTP 404'],
		['a forbidden one', 'voice.mp3?status=403', 'could not be downloaded: HTTP 403'],
	])('and refused with %s', async (_, name, reason) => {
		await start();
		const { session_id: session } = await identified();
		expect(await verdict(session, { sound_file: sample(name) })).toContain(reason);
		expect(api.tasks.size).toBe(1);
	});

	it('and refused when nobody answers', async () => {
		await start();
		const { session_id: session } = await identified();
		expect(await verdict(session, { sound_file: 'http://127.0.0.1:1/a.mp3' })).toContain(
			'face_choose[0].sound_file could not be downloaded',
		);
	});

	it('by content, whatever the name and the type say, and across redirects', async () => {
		await start();
		const { session_id: session } = await identified();
		const url = sample('silence.wav?ms=5000&type=text/html&redirects=3&ranges=no');
		expect(await verdict(session, { sound_file: url })).toBe('accepted');
	});

	it('by its true length where a stream had no end when its header was written', async () => {
		await start();
		const { session_id: session } = await identified();
		const sound_file = base64(wav({ ms: 3300, claimedBytes: 0xffffffff }));
		expect(await verdict(session, { sound_file, sound_end_time: 3300 })).toBe('accepted');
		expect(await verdict(session, { sound_file, sound_end_time: 3301 })).toContain('(3300 ms)');
	});

	it('in the request itself, as plain Base64', async () => {
		await start();
		const { session_id: session } = await identified();
		const of = async (sound_file: string) =>
			await verdict(session, { sound_file, sound_end_time: 3000 });
		for (const make of [wav, mp3, m4a, aac])
			expect(await of(base64(make({ ms: 3300 })))).toBe('accepted');
		expect(await of(`data:audio/wav;base64,${base64(wav({ ms: 3300 }))}`)).toContain(
			'data: prefix',
		);
		expect(await of(base64(wav({ ms: 3300 })).slice(1))).toContain('http(s) URL or Base64');
		expect(await of(base64(wav({ ms: 2999 })))).toContain('later than the end of the audio');
		expect(await of(base64(wav({ ms: 1999 })))).toContain('is 1.999 s long');
		expect(await of(base64(Buffer.from('no sound at all')))).toContain('is not mp3');
		expect(await of(base64(Buffer.alloc(5 * MB + 1)))).toContain('is larger than 5 MB');
		expect(api.fetched).toHaveLength(1);
	});

	it('for several faces with a large file each', async () => {
		await start({ faces: 4 });
		const { session_id: session, face_list: faces } = await identified();
		const sound_file = base64(wav({ ms: 59_000, sampleRate: 44_100 }));
		expect(sound_file.length).toBeGreaterThan(6.5 * MB);
		const face_choose = faces.map(({ face_id }) => ({ face_id, ...goodChoice({ sound_file }) }));
		const body = { model: LIP_SYNC, session_id: session, face_choose };
		expect((await answerTo('POST', { body })).status).toBe(200);
		face_choose[3].sound_end_time = 59_001;
		expect((await answerTo('POST', { body })).body.msg).toContain('face_choose[3]: sound_end_time');
	});
});

describe('a lip sync is judged by its session', () => {
	it('whose faces it names by their ids, as texts', async () => {
		await start({ faces: [{ face_id: '0' }, { face_id: '1' }] });
		const { session_id: session } = await identified();
		expect(await verdict(session, { face_id: '1' })).toBe('accepted');
		expect(await verdict(session, { face_id: '2' })).toContain('not a face of this session');
		expect(await verdict(session, { face_id: 1 })).toContain('face_id must be a string');
		expect(await verdict(session, { face_id: undefined })).toContain('face_id is required');
		expect(await verdict('other')).toContain('session_id is invalid');
	});

	it('which lives a day', async () => {
		await start();
		const { session_id: session } = await identified();
		const day = 24 * 60 * 60_000;
		api.settings.now = () => Date.now() + day - 60_000;
		expect(await verdict(session)).toBe('accepted');
		api.settings.now = () => Date.now() + day;
		expect(await verdict(session)).toContain('has expired');
	});
});

describe('a video is judged when its task is under way', () => {
	const failed = async (name: string) =>
		(await ended(await create(identifyRequest({ video_url: sample(name) })), 'failed')).failMsg;

	it.each([
		['a stored mp4', 'video.mp4', 10_000],
		['a stored mov', 'video.mov', 10_000],
		['a mov', 'blank.mov?ms=2300', 2300],
		['an index behind', 'blank.mp4?ms=2300&index=behind', 2300],
		['2 s', 'blank.mp4?ms=2000', 2000],
		['60 s', 'blank.mp4?ms=60000', 60_000],
		['the smallest sides', 'blank.mp4?width=512&height=512', 3000],
		['the largest sides', 'blank.mp4?width=2160&height=2160', 3000],
		['100 MB', `blank.mp4?bytes=${100 * MB}`, 3000],
	])('and accepted with %s', async (_, name, ms) => {
		await start();
		const { face_list: faces } = await identified(sample(name));
		expect(faces).toMatchObject([1, 2].map(() => ({ start_time: 0, end_time: ms })));
	});

	it.each([
		['1.999 s', 'blank.mp4?ms=1999', 'is 1.999 s long'],
		['60.001 s', 'blank.mp4?ms=60001', 'is 60.001 s long'],
		['a side of 510 pixels', 'blank.mp4?width=510&height=720', 'has 510×720 pixels'],
		['a side of 2162 pixels', 'blank.mp4?width=720&height=2162', 'has 720×2162 pixels'],
		['more than 100 MB', `blank.mp4?bytes=${100 * MB + 1}`, 'is larger than 100 MB'],
		['audio', 'voice.mp3', 'is not mp4, mov but MPEG Audio'],
		['a page', 'video.mp4?page', 'is not mp4, mov but of an unknown format'],
		['an end that is missing', 'video.mp4?cut=20000', 'is broken'],
		['an empty file', 'video.mp4?cut=0', 'is empty'],
		['a dead link', 'none.mp4', 'could not be downloaded: HTTP 404'],
	])('and its task fails with %s', async (_, name, reason) => {
		await start();
		expect(await failed(name)).toContain(`video_url ${reason}`);
	});

	it('and its task fails when the server goes away', async () => {
		await start();
		api.fail({ method: 'FETCH', kind: 'reset' });
		expect(await failed('video.mp4')).toContain('could not be downloaded');
	});

	it('and may come by redirects and slowly, with its task waiting for it', async () => {
		await start();
		const slowly = 'blank.mp4?ms=4000&redirects=2&delayMs=100&bytesPerSecond=50000';
		const taskId = await create(identifyRequest({ video_url: sample(slowly) }));
		const { faceData } = await ended(taskId, 'completed');
		expect(faceData.face_list[0].end_time).toBe(4000);
		expect(api.tasks.get(taskId)!.costTime).toBeGreaterThanOrEqual(98);
	});

	it('but not when the task is told to end before that', async () => {
		await start();
		api.fail({ method: 'FETCH', kind: 'hang' });
		const task = api.finish(await create(identifyRequest({ video_url: sample('page.html') })));
		expect(task).toMatchObject({ state: 'completed', videoMs: 8000 });
		expect(await verdict(task.sessionId)).toBe('accepted');
	});
});

describe('the length of a video', () => {
	it('is in the result of its lip sync', async () => {
		await start({ resultInQuery: 'resultJson' });
		const video_url = sample('blank.mp4?ms=6540');
		const { resultJson } = await ended(await create(identifyRequest({ video_url })), 'completed');
		const { sessionId } = JSON.parse(resultJson) as { sessionId: string };
		const taskId = await create(lipSyncRequest(sessionId, goodChoice()));
		const result: unknown = JSON.parse((await ended(taskId, 'completed')).resultJson);
		expect(result).toMatchObject({ videoDuration: 6.54 });
	});

	it('is another when a setting says so', async () => {
		await start({ videoDuration: 4 });
		const { session_id: session, face_list: faces } = await identified();
		expect(faces[0].end_time).toBe(4000);
		expect(await verdict(session, { sound_end_time: 4000 })).toBe('accepted');
		expect(await verdict(session, { sound_end_time: 4001 })).toContain('the video (4000 ms)');
	});
});

describe('media are opened by the emulator', () => {
	it('once, as long as their server says that they are the same', async () => {
		await start();
		const { session_id: session } = await identified();
		for (let index = 0; index < 3; index++) expect(await verdict(session)).toBe('accepted');
		const [, ...audios] = api.fetched;
		expect(audios.map(({ status }) => status)).toEqual([200, 304, 304]);
		expect(audios.map(({ url }) => url)).toEqual(Array(3).fill(silence(AUDIO_MS)));
	});

	it('without a trace in the log of what clients opened', async () => {
		await start();
		await identified();
		expect(api.files).toEqual([]);
		await fetch(sample('video.mp4'));
		expect(api.files).toMatchObject([{ path: '/files/sample/video.mp4', status: 200 }]);
	});

	it('in the order of the creates, however long each takes', async () => {
		await start({ lipSyncMs: (_, index) => 10 + index, faces: 1 });
		const { session_id: session } = await identified();
		const [slow, quick] = [300, 0].map((delayMs) =>
			lipSyncRequest(
				session,
				goodChoice({ sound_file: `${silence(AUDIO_MS)}&delayMs=${delayMs}` }),
			),
		);
		const first = create(slow);
		await until(() => api.creates(LIP_SYNC).length === 1);
		const second = create(quick);
		const tasks = [await first, await second].map((taskId) => api.tasks.get(taskId)!);
		expect(tasks.map(({ endsAt, createTime }) => endsAt - createTime)).toEqual([10, 11]);
	});

	it('not at all when it is lenient', async () => {
		await start({ strict: false });
		const video_url = sample('page.html');
		const { session_id: session } = await identified(video_url);
		const answer = await answerTo('POST', { body: lipSyncRequest(session) });
		expect(answer.status).toBe(200);
		expect(api.fetched).toEqual([]);
	});
});

describe('the newer revision', () => {
	const newer = async (sessionId: string, changes?: Record<string, unknown>) => ({
		model: LIP_SYNC_VIDEO,
		sessionId,
		faceId: 'face_001',
		audioUrl: silence(AUDIO_MS),
		...changes,
	});
	const identifiedThere = async () => {
		const request = identifyRequest({ video_url: sample('video.mp4') });
		const taskId = await create(request, undefined, 'video');
		const data = await ended(taskId, 'completed', 'video');
		expect(data).not.toHaveProperty('faceData');
		return JSON.parse(data.resultJson) as { sessionId: string; faceId: string };
	};
	const post = async (body: unknown) =>
		await answerTo('POST', { body, apiPath: '/api/v1/video/generations' });

	it('has its own path, models and results', async () => {
		await start();
		const session = await identifiedThere();
		expect(session).toEqual({ sessionId: expect.any(String), faceId: 'face_001' });
		const { body } = await post(await newer(session.sessionId));
		const { taskId } = body.data;
		const data = await ended(taskId, 'completed', 'video');
		expect(data).toMatchObject({ model: LIP_SYNC_VIDEO });
		expect(JSON.parse(data.resultJson)).toEqual({
			resultUrls: [`${api.url}/files/result/${taskId}.mp4`],
			videoDuration: 10,
		});
		expect(api.creates(LIP_SYNC_VIDEO)).toHaveLength(1);
		expect(api.queries(taskId).length).toBeGreaterThan(0);
	});

	it('and the documented one do not know the tasks and models of each other', async () => {
		await start();
		const { sessionId } = await identifiedThere();
		const [taskId] = api.tasks.keys();
		expect((await answerTo('GET', { query: `?task_id=${taskId}` })).status).toBe(404);
		expect((await answerTo('POST', { body: await newer(sessionId) })).body.msg).toContain('model');
		expect((await post(lipSyncRequest(sessionId, goodChoice()))).body.msg).toContain('model');
	});

	it('refuses what can not be done', async () => {
		await start();
		const { sessionId } = await identifiedThere();
		const cases: Array<[Record<string, unknown>, string]> = [
			[{ sessionId: undefined }, 'sessionId is required'],
			[{ sessionId: 'other' }, 'sessionId is invalid'],
			[{ faceId: undefined }, 'faceId is required'],
			[{ faceId: 'face_009' }, 'not a face of this session'],
			[{ audioUrl: undefined }, 'exactly one'],
			[{ audioId: 'a1' }, 'exactly one'],
			[{ audioUrl: undefined, audioId: 7 }, 'audioId must be a string'],
			[{ audioUrl: base64(wav({ ms: 3000 })) }, 'audioUrl must be an http(s) URL'],
			[{ audioUrl: silence(1999) }, 'audioUrl is 1.999 s long'],
			[{ audioUrl: sample('page.html') }, 'audioUrl is not mp3'],
		];
		for (const [changes, reason] of cases) {
			const { status, body } = await post(await newer(sessionId, changes));
			expect(status).toBe(400);
			expect(body.msg).toContain(reason);
		}
		const made = await newer(sessionId, { audioUrl: undefined, audioId: 'a1' });
		expect((await post(made)).status).toBe(200);
	});
});

describe('answers', () => {
	it("speak Kling's names when told to", async () => {
		await start({ vocabulary: 'kling', identifyMs: NEVER_MS });
		const taskId = await create(identifyRequest({ video_url: sample('video.mp4') }));
		expect((await dataOf(taskId)).state).toBe('submitted');
		await api.tasks.get(taskId)?.look;
		api.finish(taskId);
		const { state, faceData } = await dataOf(taskId);
		expect(state).toBe('succeed');
		expect(faceData).toEqual({
			session_id: expect.any(String),
			face_data: ['0', '1'].map((face_id, index) => ({
				face_id,
				face_image: `${api.url}/files/face/${taskId}/${index + 1}.png`,
				start_time: 0,
				end_time: 10_000,
			})),
		});
	});

	it('give states other names when told to', async () => {
		await start({
			stateNames: { pending: 'queued', processing: 'running' },
			identifyMs: NEVER_MS,
		});
		const taskId = await create(identifyRequest({ video_url: sample('video.mp4') }));
		expect((await dataOf(taskId)).state).toBe('queued');
		Object.assign(api.tasks.get(taskId)!, { pendingUntil: 0 });
		expect((await dataOf(taskId)).state).toBe('running');
		api.finish(taskId);
		expect((await dataOf(taskId)).state).toBe('completed');
	});

	it('do not know a new task at once when told so', async () => {
		await start({ unknownForMs: NEVER_MS });
		const taskId = await create(identifyRequest({ video_url: sample('video.mp4') }));
		const status = async () => (await answerTo('GET', { query: `?task_id=${taskId}` })).status;
		expect(await status()).toBe(404);
		api.settings.unknownForMs = 0;
		expect(await status()).toBe(200);
	});

	it('give ids as numbers and times in seconds when told to', async () => {
		await start({ faceIds: 'number', faceTimes: 's' });
		const { session_id: session, face_list: faces } = await identified();
		expect(faces).toMatchObject([
			{ face_id: 1, start_time: 0, end_time: 10 },
			{ face_id: 2, start_time: 0, end_time: 10 },
		]);
		expect(await verdict(session, { face_id: '2' })).toBe('accepted');
	});

	it('come in one of the known ways only', async () => {
		await expect(start({ vocabulary: 'klingon' } as unknown as EmulatorOptions)).rejects.toThrow(
			'"vocabulary" is one of vendor, kling',
		);
	});
});
