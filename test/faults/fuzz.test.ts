import fc from 'fast-check';
import { retryAfterMs, retryDelay } from '../../nodes/KlingLipSync/api/retries';
import {
	audioTimes,
	type Interval,
	type Timing,
	timingFromOptions,
} from '../../nodes/KlingLipSync/task/audioTiming';
import { signedTriggerUrl } from '../../nodes/KlingLipSync/task/signedCallbackUrl';
import { ownTriggerUrl } from '../../nodes/KlingLipSync/wait/ownTrigger';
import { findFaces, type Voice, voicesFromJson } from '../../nodes/KlingLipSync/task/faceChoice';
import { voicesFromMapping } from '../../nodes/KlingLipSync/task/faceMapping';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import { isPrivateHost, requireReachable } from '../../nodes/KlingLipSync/task/publicAddress';
import { callbackTaskId, readCallback, readTask } from '../../nodes/KlingLipSync/task/readTask';
import { sessionOfTask } from '../../nodes/KlingLipSync/task/session';
import type { Face, Task, TaskHint } from '../../nodes/KlingLipSync/task/task';
import { checkedUrl } from '../../nodes/KlingLipSync/task/checkUrl';
import { parseJson } from '../../nodes/KlingLipSync/task/parseInput';

const RUNS = { numRuns: 1000 };
const LONGEST_TEXT = 5_000;

/** What `read` gives back; undefined for a Problem. Anything else that is thrown fails the test. */
function resultOf<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		expect(error).toBeInstanceOf(Problem);
		const { message, hint, details } = error as Problem;
		expect(message).not.toBe('');
		expect(message.length).toBeLessThan(LONGEST_TEXT);
		expect(hint.length).toBeLessThan(LONGEST_TEXT);
		expect(JSON.stringify(details)).toEqual(expect.any(String));
		return undefined;
	}
}

/** Holds `property` against a thousand values of each kind. */
function check<Values extends [unknown, ...unknown[]]>(
	...args: [
		...arbitraries: { [K in keyof Values]: fc.Arbitrary<Values[K]> },
		property: (...values: Values) => void,
	]
) {
	fc.assert(fc.property<Values>(...args), RUNS);
}

/** Any JSON, with the names and values in it that the code looks for. */
const words = fc.constantFrom(
	'taskId',
	'task_id',
	'state',
	'completed',
	'failed',
	'pending',
	'data',
	'code',
	'resultJson',
	'resultUrls',
	'faceData',
	'face_list',
	'faceList',
	'faces',
	'face_id',
	'faceId',
	'session_id',
	'sessionId',
	'model',
	'kling-identify-face',
	'kling-video/kling-advanced-lip-sync',
	'https://example.com/video.mp4',
	'ftp://example.com',
	'__proto__',
	'constructor',
	'hasOwnProperty',
	'toString',
	'null',
	'[]',
	'{}',
	'{"resultUrls":["https://example.com/video.mp4"]}',
	'-1',
	'1e999',
	' ',
	'',
);
const text = fc.oneof(words, fc.string(), fc.string({ unit: 'grapheme' }));
const leaf = fc.oneof(
	text,
	fc.double(),
	fc.integer(),
	fc.boolean(),
	fc.constant(null),
	fc.constant(undefined),
);
const { value: anything } = fc.letrec((tie) => ({
	value: fc.oneof(
		{ maxDepth: 5, withCrossShrink: true },
		leaf,
		fc.array(tie('value'), { maxLength: 4 }),
		fc.dictionary(text, tie('value'), { maxKeys: 6 }),
	),
}));
const asJson = anything.map((value) => {
	const json = JSON.stringify(value);
	return json === undefined ? null : JSON.parse(json);
});

const URL_OF_VIDEO = 'https://example.com/video.mp4';
const face = {
	face_id: 'face_001',
	face_reference: 'https://example.com/face.png',
	start_time: 0,
	end_time: 8000,
};
const times = { createTime: 1_700_000_000_000, completeTime: 1_700_000_008_000, costTime: 8000 };
const lipSync = {
	taskId: 'task-1',
	model: 'kling-advanced-lip-sync',
	state: 'completed',
	...times,
};
const identify = { taskId: 'task-2', model: 'kling-identify-face', state: 'completed', ...times };
const faces = { session_id: 'session-1', face_list: [face, { ...face, face_id: 'face_002' }] };
const resultJson = JSON.stringify({ resultUrls: [URL_OF_VIDEO], videoDuration: 8 });

const answers = [
	{ taskId: 'task-1', state: 'pending', model: 'kling-identify-face' },
	{ taskId: 'task-1', state: 'processing', model: 'kling-identify-face', createTime: 1 },
	{ ...lipSync, resultUrls: [URL_OF_VIDEO] },
	{ ...lipSync, resultJson },
	{ ...lipSync, model: `kling-video/${lipSync.model}`, param: '{}', resultJson, failMsg: null },
	{ ...identify, faceData: faces },
	{ ...identify, faceData: JSON.stringify(faces) },
	{ ...identify, resultJson: JSON.stringify(faces) },
	{ ...identify, resultJson: JSON.stringify({ sessionId: 's', faceId: 'face_001' }) },
	{ ...lipSync, state: 'failed', resultJson: '{"resultUrls":[]}', failMsg: 'no', failCode: '7' },
].map((data) => ({ code: 200, msg: 'success', data }));

/** All places in a value, as paths. */
const pathsIn = (value: unknown, path: string[] = []): string[][] =>
	typeof value === 'object' && value !== null
		? [path, ...Object.entries(value).flatMap(([key, entry]) => pathsIn(entry, [...path, key]))]
		: [path];

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
	if (key === undefined) return by;
	const copy = Array.isArray(value) ? [...value] : { ...(value as Record<string, unknown>) };
	Object.defineProperty(copy, key, {
		value: replaced((value as Record<string, unknown>)[key], rest, by),
		configurable: true,
		enumerable: true,
		writable: true,
	});
	return copy;
}

/** A valid answer in which one to three places hold something else. */
const mutated = fc
	.tuple(
		fc.constantFrom(...answers),
		fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 3 }),
	)
	.map(([answer, changes]) =>
		changes.reduce<unknown>((value, [place, by]) => {
			const paths = pathsIn(value);
			return replaced(value, paths[place % paths.length], by);
		}, answer),
	);

const hints = fc.constantFrom<TaskHint>({}, { taskId: 'task-1' }, { model: 'kling-identify-face' });

const isText = (value: unknown): value is string =>
	typeof value === 'string' && value.trim() !== '';
const isWebUrl = (value: string) => /^https?:\/\//i.test(value);

function expectTask(task: Task) {
	const fields: Record<string, unknown> = { ...task };
	expect(isText(task.state)).toBe(true);
	expect(isText(task.taskId)).toBe(true);
	expect(typeof task.model).toBe('string');
	expect(task.model).not.toContain('/');
	for (const [name, value] of Object.entries(task)) {
		expect(value).not.toBeNull();
		expect(value).not.toBeUndefined();
		if (name !== 'model') expect(value).not.toBe('');
	}
	for (const name of [
		'createTime',
		'completeTime',
		'costTime',
		'videoDuration',
		'estimatedCostUsd',
		'faceCount',
	]) {
		if (!(name in fields)) continue;
		expect(Number.isFinite(fields[name])).toBe(true);
		expect(fields[name]).toBeGreaterThanOrEqual(0);
	}
	for (const name of ['failCode', 'failMsg']) {
		if (name in fields) expect(isText(fields[name])).toBe(true);
	}
	if (task.state !== 'completed') {
		for (const name of ['videoUrl', 'resultUrls', 'faces', 'sessionId'])
			expect(task).not.toHaveProperty(name);
	} else if (task.faces) {
		expect(isText(task.sessionId)).toBe(true);
		expect(task.faceCount).toBe(task.faces.length);
		for (const { faceId } of task.faces) expect(isText(faceId)).toBe(true);
	} else {
		const { resultUrls = [] } = task;
		expect(resultUrls.length).toBeGreaterThan(0);
		expect(resultUrls.every(isWebUrl)).toBe(true);
		expect(task.videoUrl).toBe(resultUrls[0]);
	}
	expect(Object.getPrototypeOf(task)).toBe(Object.prototype);
	expect(JSON.parse(JSON.stringify(task))).toMatchObject({
		taskId: task.taskId,
		state: task.state,
	});
}

describe('readTask, readCallback and callbackTaskId', () => {
	test('understand every answer that the mutations start from', () => {
		for (const answer of answers) expectTask(readTask(answer));
	});

	test.each([
		['any JSON', asJson],
		['any value', anything],
		['any envelope', anything.map((data) => ({ code: 200, data }))],
		['mutated answers', mutated],
	])('give a whole task or a Problem for %s', (_, bodies) => {
		check(bodies, hints, (body, hint) => {
			const task = resultOf(() => readTask(body, hint));
			if (task) expectTask(task);
			if (task && hint.taskId) expect(task.taskId).toBe(hint.taskId);
			const finished = resultOf(() => readCallback(body));
			if (finished) {
				expectTask(finished);
				expect(['completed', 'failed']).toContain(finished.state);
			}
			const taskId = callbackTaskId(body);
			if (taskId !== undefined) expect(isText(taskId)).toBe(true);
			if (finished) expect(taskId).toBe(finished.taskId);
		});
	});

	test('leave Object alone', () => {
		const before = Object.getOwnPropertyNames(Object.prototype).join();
		const body = JSON.parse(
			'{"code":200,"data":{"__proto__":{"taskId":"x","state":"failed"},"constructor":{"a":1}}}',
		);
		expect(resultOf(() => readTask(body))).toBeUndefined();
		expect(callbackTaskId(body)).toBeUndefined();
		expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
		expect({}).not.toHaveProperty('taskId');
	});
});

test('sessionOfTask gives faces that can be driven, or a Problem', () => {
	check(mutated, fc.integer({ min: 0, max: 2e12 }), (body, now) => {
		const task = resultOf(() => readTask(body));
		const session = task && resultOf(() => sessionOfTask(task, now));
		if (!session) return;
		expect(isText(session.sessionId)).toBe(true);
		expect(session.faces?.length).toBeGreaterThan(0);
	});
});

const NUMBERS: Array<keyof Timing> = [
	'sound_start_time',
	'sound_end_time',
	'sound_insert_time',
	'sound_volume',
	'original_audio_volume',
];
const OPTIONS = [
	'soundStartTime',
	'soundEndTime',
	'soundInsertTime',
	'soundVolume',
	'originalAudioVolume',
];

const validChoice = fc.record(
	{
		face_id: fc.constantFrom('face_001', 'face_002', '__proto__'),
		sound_file: fc.constant('https://example.com/voice.mp3'),
		...Object.fromEntries(NUMBERS.map((name) => [name, fc.integer({ min: 0, max: 9000 })])),
	},
	{ requiredKeys: ['face_id', 'sound_file'] },
);
const mutatedChoices = fc
	.tuple(fc.array(validChoice, { minLength: 1, maxLength: 3 }), fc.nat(), fc.option(anything))
	.map(([choices, place, by]) => {
		if (by === null) return choices;
		const paths = pathsIn(choices).slice(1);
		return replaced(choices, paths[place % paths.length], by);
	});
const sessionFaces = fc.constantFrom<Face[] | undefined>(
	undefined,
	[],
	[{ faceId: 'face_001' }, { faceId: 'face_002' }, { faceId: '__proto__' }],
);
const timings = fc.dictionary(fc.constantFrom(...OPTIONS), fc.oneof(leaf, anything), {
	maxKeys: 5,
});

/** Voices of which each can be sent to its own face, if that is in the session. */
function expectVoices(voices: Voice[], faces?: Face[]) {
	for (const { audio, timing } of voices) {
		for (const source of Object.values(audio)) expect(isText(source)).toBe(true);
		expectTiming(timing);
	}
	const found = resultOf(() => findFaces(voices, faces));
	if (!found) return;
	expect(found.length).toBeGreaterThan(0);
	const ids = found.map(({ faceId }) => faceId);
	expect(new Set(ids).size).toBe(ids.length);
	if (faces) expect(faces.map(({ faceId }) => faceId)).toEqual(expect.arrayContaining(ids));
	expect(JSON.stringify(found)).toEqual(expect.any(String));
}

function expectTiming(timing: Timing) {
	for (const [name, value] of Object.entries(timing)) {
		expect(NUMBERS).toContain(name);
		expect(Number.isFinite(value)).toBe(true);
		expect(value).toBeGreaterThanOrEqual(0);
		if (name.includes('volume')) expect(value).toBeLessThanOrEqual(2);
		else expect(Number.isInteger(value)).toBe(true);
	}
}

describe('voicesFromJson, voicesFromMapping and findFaces', () => {
	test.each([
		['any value', anything],
		['any JSON text', asJson.map((value) => JSON.stringify(value))],
		['any text', text],
		['mutated choices', mutatedChoices],
		['mutated choices as text', mutatedChoices.map((value) => JSON.stringify(value))],
	])('give voices that can be sent or a Problem for %s', (_, values) => {
		check(values, sessionFaces, (value, faces) => {
			const voices = resultOf(() => voicesFromJson(value));
			for (const { face } of voices ?? []) expect(isText(face)).toBe(true);
			if (voices) expectVoices(voices, faces);
		});
	});

	const fieldIds = fc.oneof(
		fc.constantFrom('face_001', 'face_002', '#1', '#9', '__proto__', ''),
		fc
			.tuple(
				fc.constantFrom('face_001', '#2', '__proto__', 'x'),
				fc.constantFrom(...NUMBERS, 'other'),
			)
			.map((parts) => parts.join(':')),
		text,
	);
	const fieldValues = fc.oneof(
		fc.constantFrom('https://example.com/voice.mp3', '', null, 0, '2500', 1),
		anything,
	);
	const mappings = fc.record({
		values: fc
			.array(fc.tuple(fieldIds, fieldValues), { maxLength: 6 })
			.map((entries) => Object.fromEntries(entries) as Record<string, unknown>),
		expressions: fc.array(fieldIds, { maxLength: 3 }).map((ids) => new Set(ids)),
		isAutomatic: fc.boolean(),
		audioSource: fc.constantFrom<'url' | 'binary'>('url', 'binary'),
	});

	test('take from a mapping voices that can be sent, or give a Problem', () => {
		check(mappings, sessionFaces, (mapping, faces) => {
			const voices = resultOf(() => voicesFromMapping(mapping, faces));
			if (voices) expectVoices(voices, faces);
		});
	});
});

describe('timingFromOptions and audioTimes', () => {
	test('read times and volumes that the API takes, or give a Problem', () => {
		check(timings, (options) => {
			const timing = resultOf(() => timingFromOptions(options));
			if (timing) expectTiming(timing);
		});
	});

	const ms = fc.oneof(fc.nat({ max: 60_000 }), fc.double({ min: 0, max: 70_000, noNaN: true }));
	const given = fc.record(
		{
			sound_start_time: fc.nat({ max: 9_000 }),
			sound_end_time: fc.nat({ max: 30_000 }),
			sound_insert_time: fc.nat({ max: 9_000 }),
		},
		{ requiredKeys: [] },
	);
	const intervals = fc
		.tuple(ms, ms)
		.map(([a, b]): Interval => ({ startMs: Math.min(a, b), endMs: Math.max(a, b) }));
	const lengths = fc.record(
		{ audioMs: ms, interval: intervals, videoMs: ms },
		{ requiredKeys: [] },
	);

	test('give whole times that hold all rules of Kling and what the user gave, or a Problem', () => {
		check(given, lengths, (timing, known) => {
			const { audioMs = Infinity, videoMs = Infinity, interval } = known;
			const result = resultOf(() => audioTimes(timing, known, 'Face 1'));
			if (!result) return;
			expect(result.times).toMatchObject(timing);
			const { times, cutMs } = result;
			for (const time of Object.values(times)) expect(Number.isInteger(time)).toBe(true);
			const length = times.sound_end_time - times.sound_start_time;
			const endsAt = times.sound_insert_time + length;
			expect(length).toBeGreaterThanOrEqual(2000);
			expect(times.sound_end_time).toBeLessThanOrEqual(audioMs);
			expect(endsAt).toBeLessThanOrEqual(videoMs);
			if (interval) {
				const beginsAt = Math.max(times.sound_insert_time, interval.startMs);
				expect(Math.min(endsAt, interval.endMs) - beginsAt).toBeGreaterThanOrEqual(2000);
			}
			expect(cutMs).toBeGreaterThanOrEqual(0);
		});
	});
});

test('parseJson gives JSON or a Problem that names the field', () => {
	check(fc.oneof(text, anything), (value) => {
		const parsed = resultOf(() => parseJson(value, 'Field'));
		if (typeof value !== 'string') expect(parsed).toBe(value);
		else if (parsed !== undefined) expect(parsed).toEqual(JSON.parse(value));
	});
	check(fc.json(), (json) => {
		expect(parseJson(json, 'Field')).toEqual(JSON.parse(json));
	});
});

test('checkedUrl lets only web addresses pass', () => {
	check(
		fc.oneof(
			fc.webUrl(),
			text,
			anything,
			text.map((rest) => `https://${rest}`),
		),
		(value) => {
			const url = resultOf(() => checkedUrl(value, 'video'));
			if (url === undefined) return;
			expect(['http:', 'https:']).toContain(new URL(url).protocol);
			expect(new URL(url).hostname).not.toBe('');
		},
	);
	check(fc.webUrl(), (url) => {
		expect(checkedUrl(url, 'video')).toBe(url);
	});
});

describe('retryAfterMs and retryDelay', () => {
	const header = fc.oneof(
		anything,
		text,
		fc.integer().map(String),
		fc.double().map(String),
		fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
	);

	test('never ask for a pause that is none', () => {
		check(header, fc.nat({ max: 2e12 }), fc.nat({ max: 20 }), (value, now, tries) => {
			const ms = retryAfterMs(value, now);
			if (ms !== undefined) {
				expect(Number.isFinite(ms)).toBe(true);
				expect(ms).toBeGreaterThanOrEqual(0);
			}
			const pause = retryDelay(tries, ms, 60_000);
			expect(pause).toBeGreaterThanOrEqual(0);
			expect(pause).toBeLessThanOrEqual(60_000);
		});
	});

	test('understand seconds and dates', () => {
		check(fc.nat({ max: 1e6 }), (seconds) => {
			expect(retryAfterMs(String(seconds), 0)).toBe(seconds * 1000);
			const now = 1_700_000_000_000;
			const date = new Date(now + seconds * 1000).toUTCString();
			expect(retryAfterMs(date, now)).toBe(seconds * 1000);
		});
	});
});

describe('isPrivateHost and requireReachable', () => {
	const publicHosts = fc.oneof(
		fc.domain(),
		fc.ipV4().filter((ip) => !/^(0|10|127|100|169|172|192|22[4-9]|2[345]\d)\./.test(ip)),
	);
	const privateHosts = fc.oneof(
		fc.constantFrom(
			'localhost',
			'LOCALHOST',
			'n8n',
			'n8n.local',
			'a.internal',
			'[::1]',
			'[fe80::1]',
		),
		fc.constantFrom(
			'[fd00::1]',
			'[::ffff:10.0.0.1]',
			'[::ffff:127.0.0.1]',
			'0.0.0.0',
			'localhost.',
		),
		fc.ipV4().map((ip) => ip.replace(/^\d+/, '10')),
		fc.ipV4().map((ip) => ip.replace(/^\d+/, '127')),
		fc.ipV4().map((ip) => ip.replace(/^\d+\.\d+/, '192.168')),
		fc
			.tuple(fc.integer({ min: 16, max: 31 }), fc.ipV4())
			.map(([second, ip]) => ip.replace(/^\d+\.\d+/, `172.${second}`)),
		// Other ways to write 127.0.0.1.
		fc.constantFrom('127.1', '2130706433', '0x7f.1', '0177.0.0.1'),
	);
	const reach = (url: string, api = 'https://apimodels.app') =>
		resultOf(() => requireReachable(url, api, 'The URL') ?? true);

	test('never fall over', () => {
		check(fc.oneof(text, fc.webUrl()), fc.oneof(text, fc.webUrl()), (url, api) => {
			expect(typeof isPrivateHost(url)).toBe('boolean');
			reach(url, api);
		});
	});

	test('let public hosts pass', () => {
		check(publicHosts, (host) => {
			fc.pre(!/\.(localhost|local|internal|lan|home|test|invalid)$/i.test(host));
			expect(reach(`https://${host}:8443/webhook`)).toBe(true);
		});
	});

	test('hold private hosts back, unless the API is private as well', () => {
		check(privateHosts, (host) => {
			expect(isPrivateHost(new URL(`http://${host}/`).hostname)).toBe(true);
			expect(reach(`http://${host}:5678/webhook`)).toBeUndefined();
			expect(reach(`http://${host}:5678/webhook`, 'http://127.0.0.1:4010')).toBe(true);
		});
	});
});

describe('signedTriggerUrl and ownTriggerUrl', () => {
	const ids = fc.oneof(fc.string({ minLength: 1 }), text, fc.constant(undefined));
	const bases = fc.oneof(
		text,
		fc.webUrl().map((url) => `${url}/webhook-waiting/5?signature=x`),
		fc.webUrl().map((url) => `${url}/renamed/5`),
	);

	test('give a URL or a Problem', () => {
		check(bases, ids, text, (resumeUrl, workflowId, apiKey) => {
			const url = resultOf(() => ownTriggerUrl(resumeUrl, workflowId));
			if (url === undefined) return;
			expect(url).toMatch(/^https?:\/\/.*\/webhook\/[^/]+\/kling-lip-sync$/);
			// n8n hands out nothing but URLs; what is made of one stays one.
			if (!URL.canParse(resumeUrl)) return;
			const signed = resultOf(() => signedTriggerUrl(url, apiKey));
			expect(signed && new URL(signed).searchParams.get('signature')).toMatch(/^[0-9a-f]{64}$/);
			if (apiKey.length > 10) expect(signed).not.toContain(apiKey);
		});
	});

	test('sign any URL of a trigger, and leave the others as they are', () => {
		const urls = fc.oneof(
			fc.webUrl({ withQueryParameters: true, withFragments: true }),
			fc
				.tuple(fc.webUrl(), fc.oneof(text, fc.constantFrom('%', '%E0%A4%A', '%ZZ', 'a b', '%2F')))
				.map(([url, id]) => `${url}/webhook/${id}/kling-lip-sync`)
				.filter((url) => URL.canParse(url)),
		);
		check(urls, text, (url, apiKey) => {
			const signed = resultOf(() => signedTriggerUrl(url, apiKey));
			if (signed === undefined) return;
			expect(URL.canParse(signed)).toBe(true);
			expect(new URL(signed).origin).toBe(new URL(url).origin);
			expect(new URL(signed).pathname).toBe(new URL(url).pathname);
		});
	});
});
