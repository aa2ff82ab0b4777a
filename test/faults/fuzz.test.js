'use strict';

const fc = require('fast-check');
const { ownTriggerUrl, signedTriggerUrl } = require('../../nodes/KlingLipSync/task/callbackUrl');
const { isPrivateHost, requireReachable } = require('../../nodes/KlingLipSync/task/publicAddress');
const { timingFromOptions } = require('../../nodes/KlingLipSync/task/audioTiming');
const { checkedChoice, choiceFromJson } = require('../../nodes/KlingLipSync/task/faceChoice');
const { choiceFromMapping } = require('../../nodes/KlingLipSync/task/faceMapping');
const { checkedUrl, parseJson } = require('../../nodes/KlingLipSync/task/userInput');
const { Problem } = require('../../nodes/KlingLipSync/task/problem');
const { sessionOfTask } = require('../../nodes/KlingLipSync/task/session');
const {
	callbackTaskId,
	readCallback,
	readTask,
} = require('../../nodes/KlingLipSync/task/readTask');
const { retryAfterMs, retryPause } = require('../../nodes/KlingLipSync/api/retryPause');

const RUNS = { numRuns: 1000 };
const LONGEST_TEXT = 5_000;

/** What `read` gives back; undefined for a Problem. Anything else that is thrown fails the test. */
function resultOf(read) {
	try {
		return read();
	} catch (error) {
		expect(error).toBeInstanceOf(Problem);
		expect(error.message).not.toBe('');
		expect(error.message.length).toBeLessThan(LONGEST_TEXT);
		expect(error.hint.length).toBeLessThan(LONGEST_TEXT);
		expect(JSON.stringify(error.details)).toEqual(expect.any(String));
		return undefined;
	}
}

const check = (...args) => {
	const property = args.pop();
	fc.assert(fc.property(...args, property), RUNS);
};

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
const pathsIn = (value, path = []) =>
	typeof value === 'object' && value !== null
		? [path, ...Object.entries(value).flatMap(([key, entry]) => pathsIn(entry, [...path, key]))]
		: [path];

function replaced(value, [key, ...rest], by) {
	if (key === undefined) return by;
	const copy = Array.isArray(value) ? [...value] : { ...value };
	Object.defineProperty(copy, key, {
		value: replaced(value[key], rest, by),
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
		changes.reduce((value, [place, by]) => {
			const paths = pathsIn(value);
			return replaced(value, paths[place % paths.length], by);
		}, answer),
	);

const hints = fc.constantFrom({}, { taskId: 'task-1' }, { model: 'kling-identify-face' });

const isText = (value) => typeof value === 'string' && value.trim() !== '';
const isWebUrl = (value) => /^https?:\/\//i.test(value);

function expectTask(task) {
	expect(['pending', 'processing', 'completed', 'failed']).toContain(task.state);
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
		if (!(name in task)) continue;
		expect(Number.isFinite(task[name])).toBe(true);
		expect(task[name]).toBeGreaterThanOrEqual(0);
	}
	for (const name of ['failCode', 'failMsg']) {
		if (name in task) expect(isText(task[name])).toBe(true);
	}
	if (task.state !== 'completed') {
		for (const name of ['videoUrl', 'resultUrls', 'faces', 'sessionId'])
			expect(task).not.toHaveProperty(name);
	} else if ('faces' in task) {
		expect(isText(task.sessionId)).toBe(true);
		expect(task.faceCount).toBe(task.faces.length);
		for (const { faceId } of task.faces) expect(isText(faceId)).toBe(true);
	} else {
		expect(task.resultUrls.length).toBeGreaterThan(0);
		expect(task.resultUrls.every(isWebUrl)).toBe(true);
		expect(task.videoUrl).toBe(task.resultUrls[0]);
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
		expect(session.faces.length).toBeGreaterThan(0);
	});
});

const NUMBERS = [
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
const sessionFaces = fc.constantFrom(
	undefined,
	[],
	[{ faceId: 'face_001' }, { faceId: 'face_002' }, { faceId: '__proto__' }],
);
const timings = fc.dictionary(fc.constantFrom(...OPTIONS), fc.oneof(leaf, anything), {
	maxKeys: 5,
});

function expectChoices(choices, known) {
	expect(choices.length).toBeGreaterThan(0);
	const ids = choices.map((choice) => choice.face_id);
	expect(new Set(ids).size).toBe(ids.length);
	for (const choice of choices) {
		expect(isText(choice.face_id)).toBe(true);
		if (known) expect(known.some(({ faceId }) => faceId === choice.face_id)).toBe(true);
		if (isText(choice.sound_file)) expect(isWebUrl(choice.sound_file.trim())).toBe(true);
		else expect(choice.audio_id).toBeTruthy();
		for (const name of NUMBERS) {
			if (choice[name] === undefined) continue;
			expect(Number.isFinite(choice[name])).toBe(true);
			expect(choice[name]).toBeGreaterThanOrEqual(0);
			if (name.includes('volume')) expect(choice[name]).toBeLessThanOrEqual(2);
		}
		const { sound_start_time: start = 0, sound_end_time: end = Infinity } = choice;
		expect(end - start).toBeGreaterThanOrEqual(2000);
		expect(JSON.stringify(choice)).toEqual(expect.any(String));
	}
}

describe('choiceFromJson, choiceFromMapping, checkedChoice and timingFromOptions', () => {
	test.each([
		['any value', anything],
		['any JSON text', asJson.map((value) => JSON.stringify(value))],
		['any text', text],
		['mutated choices', mutatedChoices],
		['mutated choices as text', mutatedChoices.map((value) => JSON.stringify(value))],
	])('give what can be sent or a Problem for %s', (_, values) => {
		check(values, timings, sessionFaces, (value, options, known) => {
			const common = resultOf(() => timingFromOptions(options));
			const choices = resultOf(() => choiceFromJson(value));
			if (choices !== undefined) expect(Array.isArray(choices)).toBe(true);
			if (!common || !choices) return;
			const checked = resultOf(() => checkedChoice(choices, common, known));
			if (checked) expectChoices(checked, known);
		});
	});

	const fieldIds = fc.oneof(
		fc.constantFrom('face_001', 'face_002', 'face_003', '__proto__', ''),
		fc
			.tuple(fc.constantFrom('face_001', '__proto__', 'x'), fc.constantFrom(...NUMBERS, 'other'))
			.map((parts) => parts.join(':')),
		text,
	);
	const fieldValues = fc.oneof(
		fc.constantFrom('https://example.com/voice.mp3', '', null, 0, '2500', 1),
		anything,
	);
	const mapping = fc
		.array(fc.tuple(fieldIds, fieldValues), { maxLength: 6 })
		.map((entries) => Object.fromEntries(entries));

	test('take from a mapping what can be sent, or give a Problem', () => {
		check(mapping, sessionFaces, fc.boolean(), (values, known = [], isStrict) => {
			const choices = resultOf(() => choiceFromMapping(values, known, isStrict));
			if (!choices) return;
			for (const { face_id: id } of choices)
				expect(known.some(({ faceId }) => faceId === id)).toBe(true);
			const checked = resultOf(() => checkedChoice(choices, {}, known));
			if (checked) expectChoices(checked, known);
		});
	});

	test('send a face’s own timing, and the common one where it has none', () => {
		const audio = 'https://example.com/voice.mp3';
		const own = checkedChoice(
			choiceFromMapping(
				{ face_001: audio, 'face_001:sound_volume': '0', face_002: audio },
				[{ faceId: 'face_001' }, { faceId: 'face_002' }],
				true,
			),
			{ sound_volume: 2 },
		);
		expect(own.map((choice) => choice.sound_volume)).toEqual([0, 2]);
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

describe('retryAfterMs and retryPause', () => {
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
			const pause = retryPause(tries, ms, 60_000);
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
	const reach = (url, api = 'https://apimodels.app') =>
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
			expect(new URL(signed).searchParams.get('signature')).toMatch(/^[0-9a-f]{64}$/);
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
