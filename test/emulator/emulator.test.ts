/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { startEmulator, type Emulator, type EmulatorOptions } from './index';
import { IDENTIFY, LIP_SYNC } from './models';
import { until } from '../engine/helpers';
import { emulatorWorld, identifyRequest, lipSyncRequest } from './testWorld';

const TASK_ID = /^cl[a-z0-9]{23}$/;
const NEVER_MS = 1e9;
const COMMAND = ['-r', path.join(__dirname, '../register'), path.join(__dirname, './cli.ts')];

jest.setTimeout(60_000);

const world = emulatorWorld({ strict: false });
const { answerTo, call, create, dataOf, query } = world;
let api: Emulator;

async function start(settings?: EmulatorOptions) {
	api = await world.start(settings);
	return api;
}

const completed = async (taskId: string) => await world.ended(taskId, 'completed');

async function openSession() {
	const { faceData } = await completed(await create(identifyRequest()));
	return faceData;
}

/** A receiver of callbacks that answers with the given statuses in turn, then with 200. */
async function startReceiver(statuses: Array<number | 'silent'> = []) {
	const received: Array<{ method?: string; headers: IncomingHttpHeaders; text: string }> = [];
	const server = http.createServer(async (req, res) => {
		let text = '';
		for await (const chunk of req) text += chunk;
		received.push({ method: req.method, headers: req.headers, text });
		const status = statuses[received.length - 1] ?? 200;
		if (status === 'silent') return;
		res.writeHead(status, { location: '/elsewhere' }).end('thanks');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	world.closeLater({
		close: async () =>
			await new Promise<void>((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	});
	return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

describe('a task', () => {
	it('is created with the documented answer', async () => {
		await start();
		const { status, body } = await answerTo('POST', { body: identifyRequest() });
		expect(status).toBe(200);
		expect(body).toEqual({
			code: 200,
			msg: 'success',
			data: { taskId: expect.stringMatching(TASK_ID), state: 'pending', model: IDENTIFY },
		});
		expect(api.creates(IDENTIFY)).toMatchObject([
			{ method: 'POST', status: 200, taskId: body.data.taskId, model: IDENTIFY },
		]);
		expect(api.creates(LIP_SYNC)).toEqual([]);
		expect(api.tasks.get(body.data.taskId)?.request).toEqual(identifyRequest());
	});

	it('goes from pending over processing to its end', async () => {
		await start({ identifyMs: 600 });
		const taskId = await create(identifyRequest());
		const states: string[] = [];
		await until(async () => {
			const { state } = await dataOf(taskId);
			if (states.at(-1) !== state) states.push(state);
			return state === 'completed';
		});
		const order = ['pending', 'processing', 'completed'];
		expect(states).toEqual(order.filter((state) => states.includes(state)));
		expect(api.queries(taskId).length).toBeGreaterThan(0);
		expect(api.queries('other')).toEqual([]);
	});

	it('identifies faces, then syncs one', async () => {
		await start();
		const taskId = await create(identifyRequest());
		const data = await completed(taskId);
		const { createTime } = api.tasks.get(taskId)!;
		expect(data).toEqual({
			taskId,
			model: IDENTIFY,
			state: 'completed',
			createTime,
			completeTime: createTime + 20,
			costTime: 20,
			faceData: {
				session_id: expect.any(String),
				face_list: [1, 2].map((n) => ({
					face_id: `face_00${n}`,
					face_reference: `${api.url}/files/face/${taskId}/${n}.png`,
					start_time: 0,
					end_time: 8000,
				})),
			},
		});
		const syncId = await create(lipSyncRequest(data.faceData.session_id));
		const synced = await completed(syncId);
		expect(synced).toMatchObject({
			model: LIP_SYNC,
			resultUrls: [`${api.url}/files/result/${syncId}.mp4`],
		});
		expect(synced).not.toHaveProperty('videoDuration');
	});

	it('fails without faces, and when told to', async () => {
		await start({ faces: 0 });
		const first = await create(identifyRequest());
		await until(async () => (await dataOf(first)).state === 'failed');
		expect(await dataOf(first)).toMatchObject({ failMsg: 'Face detection failed: no faces found' });
		api.settings.faces = [{ face_id: 'left', extra_field: 1 }];
		api.settings.failWith = (request, index) =>
			index === 1 ? { failMsg: 'too dark', failCode: 17 } : null;
		const second = await create(identifyRequest());
		await until(async () => (await dataOf(second)).state === 'failed');
		expect(await dataOf(second)).toMatchObject({ failMsg: 'too dark', failCode: '17' });
		const third = await completed(await create(identifyRequest()));
		expect(third.faceData.face_list).toMatchObject([{ face_id: 'left', extra_field: 1 }]);
	});

	it('is finished at once on demand, and stays as it is', async () => {
		await start({ identifyMs: NEVER_MS, timesInQuery: false, queryExtras: { note: 'x' } });
		const taskId = await create(identifyRequest());
		expect(await dataOf(taskId)).toEqual({ taskId, model: IDENTIFY, state: 'pending', note: 'x' });
		api.finish(taskId, { state: 'failed', failMsg: 'no', failCode: 5 });
		api.finish(taskId, { state: 'completed' });
		expect(await dataOf(taskId)).toEqual({
			taskId,
			model: IDENTIFY,
			state: 'failed',
			failMsg: 'no',
			failCode: '5',
			note: 'x',
		});
		const other = await create(identifyRequest());
		expect(api.finish(other).state).toBe('completed');
		const third = await create(identifyRequest());
		expect(api.finish(third, { state: 'failed' })).toMatchObject({
			state: 'failed',
			failMsg: 'Task failed',
		});
		expect(() => api.finish('clnone')).toThrow('no task');
	});

	it('answers in the newer revision when set', async () => {
		await start({ resultInQuery: 'resultJson', videoDuration: 6 });
		const data = await completed(await create(identifyRequest()));
		expect(data).not.toHaveProperty('faceData');
		const { sessionId, faceList } = JSON.parse(data.resultJson);
		expect(faceList[0]).toMatchObject({
			faceId: 'face_001',
			faceReference: expect.any(String),
			endTime: 6000,
		});
		const taskId = await create(lipSyncRequest(sessionId));
		expect(JSON.parse((await completed(taskId)).resultJson)).toEqual({
			resultUrls: [`${api.url}/files/result/${taskId}.mp4`],
			videoDuration: 6,
		});
	});

	it('names another host for its files when set', async () => {
		await start({ resultsHost: 'https://cdn.example/' });
		const { faceData } = await completed(await create(identifyRequest()));
		expect(faceData).toMatchObject({
			face_list: [
				{ face_reference: expect.stringMatching(/^https:\/\/cdn\.example\/files\//) },
				{},
			],
		});
	});
});

describe('validation', () => {
	it('refuses a bad key, an empty account and unknown things', async () => {
		await start({ apiKey: ['test-key', 'second-key'], noCreditsKey: 'poor-key' });
		expect(await answerTo('POST', { body: identifyRequest(), key: 'wrong' })).toMatchObject({
			status: 401,
			body: { code: 401, msg: 'invalid API key' },
		});
		expect((await answerTo('GET', { query: '?task_id=x', key: null })).status).toBe(401);
		expect((await answerTo('POST', { body: identifyRequest(), key: 'poor-key' })).body).toEqual({
			code: 402,
			msg: 'insufficient credits',
		});
		expect(await create(identifyRequest(), 'second-key')).toMatch(TASK_ID);
		expect(await query('clunknown')).toMatchObject({
			status: 404,
			body: { code: 404, msg: 'task not found' },
		});
		expect((await query('clunknown')).body).toEqual({ code: 404, msg: 'task not found' });
		expect((await answerTo('GET')).body).toEqual({ code: 400, msg: 'task_id is required' });
		expect((await answerTo('DELETE')).status).toBe(405);
		expect((await answerTo('GET', { apiPath: '/api/v2/other' })).status).toBe(404);
		expect(
			(await answerTo('GET', { apiPath: '//api/v1/audio/generations', query: '?task_id=x' })).body
				.msg,
		).toBe('not found');
		expect(api.log.map((entry) => entry.status)).toEqual([
			401, 401, 402, 200, 404, 404, 400, 405, 404, 404,
		]);
	});

	it('names what is wrong with a create', async () => {
		await start();
		const { session_id: session } = await openSession();
		const audio = 'https://media.example/a.mp3';
		const cases: Array<[unknown, string]> = [
			['{"model":', 'body'],
			[[], 'body'],
			[{ video_url: 'https://media.example/a.mp4' }, 'model is required'],
			[{ model: 'kling-unknown' }, 'kling-unknown'],
			[{ model: IDENTIFY }, 'video_url is required'],
			[identifyRequest({ video_url: 'file:///a.mp4' }), 'video_url'],
			[identifyRequest({ callback_url: 'nowhere' }), 'callback_url'],
			[{ model: LIP_SYNC }, 'session_id is required'],
			[{ model: LIP_SYNC, session_id: session }, 'face_choose'],
			[{ model: LIP_SYNC, session_id: session, face_choose: [] }, 'face_choose'],
			[{ model: LIP_SYNC, session_id: session, face_choose: ['face_001'] }, 'face_choose[0]'],
			[lipSyncRequest('other'), 'session_id is invalid'],
			[lipSyncRequest(session, { face_id: 'face_009' }), 'face_009'],
			[lipSyncRequest(session, { face_id: undefined }), 'face_id is required'],
			[lipSyncRequest(session, { sound_file: undefined }), 'exactly one'],
			[lipSyncRequest(session, { audio_id: 'a' }), 'exactly one'],
			[lipSyncRequest(session, { sound_file: 'a.mp3' }), 'sound_file'],
			[lipSyncRequest(session, { sound_file: undefined, audio_id: 5 }), 'audio_id'],
			[lipSyncRequest(session, { sound_start_time: -1 }), 'sound_start_time'],
			[lipSyncRequest(session, { sound_insert_time: 1.5 }), 'sound_insert_time'],
			[lipSyncRequest(session, { sound_start_time: 1000, sound_end_time: 2999 }), 'sound_end_time'],
			[lipSyncRequest(session, { sound_volume: 2.1 }), 'sound_volume'],
			[lipSyncRequest(session, { original_audio_volume: '1' }), 'original_audio_volume'],
			[
				lipSyncRequest(
					session,
					{},
					{ face_choose: [1, 2].map(() => ({ face_id: 'face_001', sound_file: audio })) },
				),
				'twice',
			],
		];
		for (const [body, reason] of cases) {
			const answer = await answerTo('POST', { body });
			expect(answer).toMatchObject({
				status: 400,
				body: { code: 400, msg: expect.stringContaining(reason) },
			});
		}
		expect(api.tasks.size).toBe(1);
		const limits = {
			sound_start_time: 0,
			sound_end_time: 2000,
			sound_insert_time: 0,
			sound_volume: 0,
			original_audio_volume: 2,
		};
		expect(await create(lipSyncRequest(session, limits))).toMatch(TASK_ID);
		expect(
			await create(lipSyncRequest(session, { sound_file: undefined, audio_id: 'a1' }, { own: 1 })),
		).toMatch(TASK_ID);
	});

	it('refuses a session that is older than a day', async () => {
		await start();
		const { session_id: session } = await openSession();
		const day = 24 * 60 * 60_000;
		api.settings.now = () => Date.now() + day - 60_000;
		expect((await answerTo('POST', { body: lipSyncRequest(session) })).status).toBe(200);
		api.settings.now = () => Date.now() + day;
		expect((await answerTo('POST', { body: lipSyncRequest(session) })).body.msg).toContain(
			'expired',
		);
	});

	it('refuses settings and faults that do not exist', async () => {
		await expect(startEmulator({ identifyMS: 1 } as EmulatorOptions)).rejects.toThrow('identifyMS');
		await start();
		expect(() => api.fail({ method: 'GET', kind: 'truncate' })).toThrow('truncate');
	});
});

describe('a callback', () => {
	const quick = { callbackRetriesMs: [5, 10, 15], backgroundRetryMs: 20 };

	it('has the documented body', async () => {
		const receiver = await startReceiver();
		await start({ videoDuration: 8 });
		const { session_id: session } = await openSession();
		const request = lipSyncRequest(session, {}, { callback_url: receiver.url });
		const taskId = await create(request);
		await until(() => api.deliveries.length === 1);
		const [{ headers, text }] = receiver.received;
		expect(headers['content-type']).toBe('application/json');
		const { createTime, completeTime } = api.tasks.get(taskId)!;
		const { data, ...envelope } = JSON.parse(text);
		expect(envelope).toEqual({ code: 200, msg: 'success' });
		expect({
			...data,
			param: JSON.parse(data.param),
			resultJson: JSON.parse(data.resultJson),
		}).toEqual({
			taskId,
			model: `kling-video/${LIP_SYNC}`,
			state: 'completed',
			param: request,
			resultJson: { resultUrls: [`${api.url}/files/result/${taskId}.mp4`], videoDuration: 8 },
			failCode: null,
			failMsg: null,
			costTime: 20,
			completeTime,
			createTime,
		});
		expect(api.deliveries).toMatchObject([
			{ taskId, url: receiver.url, attempt: 1, status: 200, body: { data } },
		]);
		expect(api.deliveries[0].durationMs).toBeGreaterThanOrEqual(0);
	});

	it('tells of a failure without a result', async () => {
		const receiver = await startReceiver();
		await start({ failWith: 'too dark' });
		await create(identifyRequest({ callback_url: receiver.url }));
		await until(() => receiver.received.length === 1);
		expect(JSON.parse(receiver.received[0].text).data).toMatchObject({
			state: 'failed',
			failMsg: 'too dark',
			failCode: null,
			resultJson: null,
		});
	});

	it('is repeated until it is accepted, by the background job at last', async () => {
		const receiver = await startReceiver([500, 302, 'silent', 404, 503]);
		await start({ ...quick, callbackTimeoutMs: 100 });
		await create(identifyRequest({ callback_url: receiver.url }));
		await until(() => api.deliveries.at(-1)?.status === 200);
		expect(api.deliveries.map(({ attempt, status, error }) => [attempt, status ?? error])).toEqual([
			[1, 500],
			[2, 302],
			[3, 'timeout'],
			[4, 404],
			[5, 503],
			[6, 200],
		]);
		const pauses = api.deliveries
			.slice(1)
			.map((next, index) => next.at - api.deliveries[index].at - api.deliveries[index].durationMs);
		// Timers may be early by a millisecond.
		[5, 10, 15, 20, 20].forEach((pause, index) =>
			expect(pauses[index]).toBeGreaterThanOrEqual(pause - 2),
		);
	});

	it('is given up when the background job ends', async () => {
		const receiver = await startReceiver(Array(50).fill(500));
		await start({ ...quick, callbackRetriesMs: [1], backgroundForMs: 0 });
		await create(identifyRequest({ callback_url: receiver.url }));
		await until(() => api.deliveries.length === 2);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(api.deliveries).toHaveLength(2);
	});

	it('can be dropped or come twice', async () => {
		const receiver = await startReceiver();
		await start({
			callbacks: (task) => (task.request.video_url?.includes('drop') ? 'dropped' : 'twice'),
		});
		const dropped = await create(
			identifyRequest({ video_url: 'https://media.example/drop.mp4', callback_url: receiver.url }),
		);
		await completed(dropped);
		const taskId = await create(identifyRequest({ callback_url: receiver.url }));
		await until(() => api.deliveries.length === 2);
		expect(api.deliveries.map((delivery) => delivery.taskId)).toEqual([taskId, taskId]);
	});

	it('can come several times at once and later, each time until it is accepted', async () => {
		const receiver = await startReceiver([500]);
		await start({ ...quick, callbacks: [0, 0, 30] });
		const taskId = await create(identifyRequest({ callback_url: receiver.url }));
		await until(() => api.deliveries.length === 4);
		expect(api.deliveries.map(({ status }) => status).sort()).toEqual([200, 200, 200, 500]);
		const { completeTime } = api.tasks.get(taskId)!;
		expect(Math.max(...api.deliveries.map(({ at }) => at))).toBeGreaterThanOrEqual(
			completeTime! + 30 - 2,
		);
	});

	it('can come once more when it was accepted some time ago', async () => {
		const receiver = await startReceiver([500]);
		await start({ ...quick, callbacks: { againAfterMs: 30 } });
		await create(identifyRequest({ callback_url: receiver.url }));
		await until(() => api.deliveries.length === 3);
		expect(api.deliveries.map(({ status }) => status)).toEqual([500, 200, 200]);
		const [, accepted, again] = api.deliveries;
		expect(again.at - accepted.at).toBeGreaterThanOrEqual(30 - 2);
	});

	it('is sent again, forged or as garbage on demand', async () => {
		const receiver = await startReceiver([200, 200, 418]);
		await start({ identifyMs: NEVER_MS });
		const taskId = await create(identifyRequest({ callback_url: receiver.url }));
		expect(await api.deliver(taskId)).toEqual({ status: 200, text: 'thanks' });
		await api.deliver(taskId, {
			body: (usual) => ({ ...usual, data: { ...usual.data, state: 'completed' } }),
		});
		expect(
			await api.deliver('clforged', {
				url: receiver.url,
				body: '<xml>',
				headers: { 'Content-Type': 'text/xml', 'X-Own': '1' },
			}),
		).toEqual({
			status: 418,
			text: 'thanks',
		});
		const [first, second, third] = receiver.received;
		expect(JSON.parse(first.text).data).toMatchObject({
			taskId,
			state: 'pending',
			completeTime: null,
		});
		expect(JSON.parse(second.text).data).toMatchObject({ taskId, state: 'completed' });
		expect(third).toMatchObject({
			text: '<xml>',
			headers: { 'content-type': 'text/xml', 'x-own': '1' },
		});
		expect(api.deliveries).toHaveLength(3);
		expect(await api.deliver(taskId, { url: 'http://127.0.0.1:1/' })).toEqual({
			error: expect.any(String),
		});
		await expect(api.deliver('clforged', { url: receiver.url })).rejects.toThrow('no task');
	});
});

describe('faults', () => {
	it('answer with any status, in their order and as often as told', async () => {
		await start();
		api.fail({ method: 'GET', kind: 'status', status: 429, retryAfter: 7, times: 2, after: 1 });
		api.fail({ method: 'GET', kind: 'status', status: 503, body: '<h1>busy</h1>' });
		const answers: Response[] = [];
		for (let index = 0; index < 5; index++)
			answers.push(await call('GET', { query: '?task_id=clnone' }));
		// The first passes the 429 and so meets the fault behind it.
		expect(answers.map(({ status }) => status)).toEqual([503, 429, 429, 404, 404]);
		expect(answers[1].headers.get('retry-after')).toBe('7');
		expect(await answers[1].json()).toEqual({ code: 429, msg: 'too many requests' });
		expect(await answers[0].text()).toBe('<h1>busy</h1>');
		expect(api.log[0]).toMatchObject({ fault: 'status', status: 503 });
	});

	it('can be meant for one model or task, and be cleared', async () => {
		await start();
		api.fail({ method: 'POST', model: LIP_SYNC, kind: 'status', status: 500, times: Infinity });
		const { session_id: session } = await openSession();
		for (let index = 0; index < 3; index++) {
			expect((await answerTo('POST', { body: lipSyncRequest(session) })).status).toBe(500);
		}
		api.clearFaults();
		const taskId = await create(lipSyncRequest(session));
		api.fail({ method: 'GET', taskId, kind: 'status', status: 502 });
		expect((await query('clnone')).status).toBe(404);
		expect((await query(taskId)).status).toBe(502);
	});

	it('cut the connection before or after the work', async () => {
		await start();
		api.fail({ method: 'POST', kind: 'reset' });
		await expect(call('POST', { body: identifyRequest() })).rejects.toThrow();
		expect(api.tasks.size).toBe(0);
		api.fail({ method: 'POST', kind: 'reset-after' });
		await expect(call('POST', { body: identifyRequest() })).rejects.toThrow();
		expect(api.tasks.size).toBe(1);
		api.fail({ method: 'POST', kind: 'status-after', status: 504 });
		expect((await answerTo('POST', { body: identifyRequest() })).body).toEqual({
			code: 504,
			msg: 'gateway timeout',
		});
		expect(api.tasks.size).toBe(2);
		expect(api.creates()).toMatchObject([
			{ fault: 'reset', status: 'reset' },
			{ fault: 'reset-after', status: 'reset', taskId: expect.stringMatching(TASK_ID) },
			{ fault: 'status-after', status: 504, taskId: expect.stringMatching(TASK_ID) },
		]);
	});

	it('leave the client waiting', async () => {
		await start();
		api.fail({ method: 'POST', kind: 'hang-after' });
		const abort = new AbortController();
		const waiting = call('POST', { body: identifyRequest(), signal: abort.signal });
		waiting.catch(() => {});
		await until(() => api.creates()[0]?.status === 'hang');
		expect(api.tasks.size).toBe(1);
		abort.abort();
		await expect(waiting).rejects.toThrow();
		api.fail({ method: 'GET', kind: 'hang', ms: 10 });
		await expect(query('clnone')).rejects.toThrow();
		api.fail({ method: 'GET', kind: 'hang' });
		const untilClose = query('clnone');
		untilClose.catch(() => {});
		await until(() => api.queries().length === 2);
		await api.close();
		await expect(untilClose).rejects.toThrow();
	});

	it('answer 200 with something else', async () => {
		await start();
		api.fail({ kind: 'garbage' });
		const garbage = await call('GET', { query: '?task_id=a' });
		expect([garbage.status, garbage.headers.get('content-type')]).toEqual([200, 'text/html']);
		expect(await garbage.text()).toContain('<html>');
		api.fail({ kind: 'garbage', body: 'oops', contentType: 'application/json' });
		expect(await (await call('GET', { query: '?task_id=a' })).text()).toBe('oops');
		api.fail({ kind: 'envelope', code: 500, msg: 'internal error' });
		expect(await query('a')).toMatchObject({
			status: 200,
			body: { code: 500, msg: 'internal error' },
		});
		api.fail({ kind: 'body', body: { code: 200, data: {} } });
		expect((await query('a')).body).toEqual({ code: 200, data: {} });
		api.fail({ kind: 'redirect', location: 'https://elsewhere.example/' });
		const redirect = await call('GET', { query: '?task_id=a', redirect: 'manual' });
		expect([redirect.status, redirect.headers.get('location')]).toEqual([
			302,
			'https://elsewhere.example/',
		]);
	});
});

describe('files', () => {
	const get = async (file: string, init?: RequestInit) => {
		const response = await fetch(`${api.url}/files/${file}`, init);
		return {
			status: response.status,
			type: response.headers.get('content-type'),
			bytes: Buffer.from(await response.arrayBuffer()),
			response,
		};
	};

	it('are real and need no key', async () => {
		await start();
		const video = await get('result/clabc.mp4', { headers: { authorization: 'Bearer stray' } });
		expect([video.status, video.type, video.bytes.toString('latin1', 4, 8)]).toEqual([
			200,
			'video/mp4',
			'ftyp',
		]);
		expect(video.response.headers.get('content-length')).toBe(String(video.bytes.length));
		const [first, second] = [await get('face/clabc/1.png'), await get('face/clabc/2.png')];
		expect([first.type, first.bytes.toString('latin1', 1, 4)]).toEqual(['image/png', 'PNG']);
		expect(first.bytes.equals(second.bytes)).toBe(false);
		expect((await get('sample/video.mp4')).type).toBe('video/mp4');
		expect((await get('sample/voice.mp3')).type).toBe('audio/mpeg');
		expect((await get('sample/../../index.js')).status).toBe(404);
		expect((await get('other.txt')).status).toBe(404);
		expect(api.files[0]).toMatchObject({
			path: '/files/result/clabc.mp4',
			status: 200,
			headers: { authorization: 'Bearer stray' },
		});
		expect(api.files[1].headers).not.toHaveProperty('authorization');
	});

	it('are sent in pieces to those who ask for pieces', async () => {
		await start();
		const whole = (await get('sample/voice.mp3')).bytes;
		const piece = async (range: string, more = '') => {
			const { status, bytes, response } = await get(`sample/voice.mp3${more}`, {
				headers: { range },
			});
			return { status, bytes, span: response.headers.get('content-range') };
		};
		const size = whole.length;
		expect(await piece('bytes=0-99')).toEqual({
			status: 206,
			bytes: whole.subarray(0, 100),
			span: `bytes 0-99/${size}`,
		});
		expect((await piece('bytes=100-')).bytes).toEqual(whole.subarray(100));
		expect((await piece('bytes=-50')).bytes).toEqual(whole.subarray(-50));
		expect((await piece(`bytes=5-${size + 9}`)).span).toBe(`bytes 5-${size - 1}/${size}`);
		expect((await piece(`bytes=${size}-`)).status).toBe(416);
		expect(await piece('bytes=0-99', '?ranges=no')).toEqual({
			status: 200,
			bytes: whole,
			span: null,
		});
		expect(api.files.map(({ status, bytes }) => [status, bytes])).toEqual([
			[200, size],
			[206, 100],
			[206, size - 100],
			[206, 50],
			[206, size - 5],
			[416, 0],
			[200, size],
		]);
		const made = await get('sample/blank.mp4?bytes=300000', {
			headers: { range: 'bytes=299990-' },
		});
		expect(made.bytes).toEqual(Buffer.alloc(10));
	});

	it('are not sent again to those who have them', async () => {
		await start();
		const etag = (await get('sample/voice.mp3')).response.headers.get('etag') ?? '';
		const again = await get('sample/voice.mp3', { headers: { 'if-none-match': etag } });
		expect([again.status, again.bytes.length]).toEqual([304, 0]);
		const other = await get('sample/voice-2.mp3', { headers: { 'if-none-match': etag } });
		expect(other.status).toBe(200);
	});

	it('are served as their URL says', async () => {
		await start();
		const whole = (await get('sample/voice.mp3')).bytes;
		expect((await get('sample/voice.mp3?type=text/plain')).type).toBe('text/plain');
		expect((await get('sample/voice.mp3?status=403')).status).toBe(403);
		expect((await get('sample/voice.mp3?cut=100')).bytes).toEqual(whole.subarray(0, 100));
		const page = await get('sample/voice.mp3?page');
		expect([page.type, page.bytes.toString()]).toEqual([
			'text/html',
			expect.stringContaining('<html>'),
		]);
		expect((await get('sample/page.html')).type).toContain('text/html');
		expect((await get('sample/voice.mp3?redirects=2')).bytes).toEqual(whole);
		expect(
			api.files.slice(-3).map(({ status, query: { redirects } }) => [status, redirects]),
		).toEqual([
			[302, '2'],
			[302, '1'],
			[200, '0'],
		]);
		const began = Date.now();
		const slow = await get('sample/voice.mp3?delayMs=100&bytesPerSecond=100000&cut=20000');
		expect(slow.bytes).toHaveLength(20_000);
		expect(Date.now() - began).toBeGreaterThanOrEqual(290);
	});

	it('can be of any size', async () => {
		const size = 300e6 + 7;
		await start({ resultBytes: size });
		const response = await fetch(`${api.url}/files/result/clabc.mp4`);
		expect(response.headers.get('content-length')).toBe(String(size));
		let bytes = 0;
		let head: Buffer | undefined;
		for await (const chunk of response.body!) {
			head ??= Buffer.from(chunk);
			bytes += chunk.length;
		}
		expect(bytes).toBe(size);
		expect(head?.toString('latin1', 4, 8)).toBe('ftyp');
		api.settings.resultBytes = 10;
		expect((await get('result/clabc.mp4')).bytes).toHaveLength(10);
	});

	it('survive a client that goes away', async () => {
		await start({ resultBytes: 1e9 });
		const response = await fetch(`${api.url}/files/result/clabc.mp4`);
		await response.body!.cancel();
		expect((await get('sample/voice.mp3')).status).toBe(200);
	});

	it('fail as told', async () => {
		await start({ resultBytes: 1e6 });
		api.fail({ method: 'FILE', kind: 'truncate', bytes: 1000, taskId: 'clabc' });
		expect((await get('face/clother/1.png')).status).toBe(200);
		const cut = await fetch(`${api.url}/files/result/clabc.mp4`);
		expect([cut.status, cut.headers.get('content-length')]).toEqual([200, '1000000']);
		let received = 0;
		await expect(
			(async () => {
				for await (const chunk of cut.body!) received += chunk.length;
			})(),
		).rejects.toThrow();
		expect(received).toBe(1000);
		api.fail({ method: 'FILE', kind: 'status', status: 403 });
		expect((await get('result/clabc.mp4')).status).toBe(403);
		api.fail({ method: 'FILE', kind: 'html' });
		expect(await get('result/clabc.mp4')).toMatchObject({ status: 200, type: 'text/html' });
		api.fail({ method: 'FILE', kind: 'redirect', location: '/files/sample/voice.mp3' });
		expect(await get('result/clabc.mp4')).toMatchObject({ status: 200, type: 'audio/mpeg' });
		api.fail({ method: 'FILE', kind: 'reset' });
		await expect(get('result/clabc.mp4')).rejects.toThrow();
		api.fail({ method: 'FILE', kind: 'hang', ms: 10 });
		await expect(get('result/clabc.mp4')).rejects.toThrow();
		expect(api.files.map((entry) => entry.status)).toEqual([
			200,
			200,
			403,
			200,
			302,
			200,
			'reset',
			'hang',
		]);
	});
});

describe('media', () => {
	it('are fetched when asked for', async () => {
		await start({ fetchMedia: true });
		const sample = `${api.url}/files/sample/video.mp4`;
		const taskId = await create(identifyRequest({ video_url: sample }));
		await completed(taskId);
		expect(api.fetched).toEqual([
			{
				at: expect.any(Number),
				taskId,
				url: sample,
				status: 200,
				bytes: expect.any(Number),
				sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
				contentType: 'video/mp4',
			},
		]);
		const missing = await create(identifyRequest({ video_url: `${api.url}/files/none.mp4` }));
		await until(() => api.tasks.get(missing)!.state === 'failed');
		expect((await dataOf(missing)).failMsg).toBe('video_url could not be downloaded: HTTP 404');
		const { faceData } = await dataOf(taskId);
		const sync = await create(
			lipSyncRequest(faceData.session_id, { sound_file: 'http://127.0.0.1:1/a.mp3' }),
		);
		await until(() => api.tasks.get(sync)!.state === 'failed');
		expect((await dataOf(sync)).failMsg).toContain('sound_file');
	});
});

describe('the emulator', () => {
	it('answers late when told', async () => {
		await start({ latencyMs: 50 });
		const began = Date.now();
		await query('clnone');
		expect(Date.now() - began).toBeGreaterThanOrEqual(48);
	});

	it('forgets everything on reset, and drops what is under way', async () => {
		const receiver = await startReceiver();
		await start({ identifyMs: 50 });
		await create(identifyRequest({ callback_url: receiver.url }));
		api.fail({ kind: 'reset', times: Infinity });
		api.reset();
		await new Promise((resolve) => setTimeout(resolve, 150));
		expect([api.tasks.size, api.log, api.deliveries, api.files, api.fetched]).toEqual([
			0,
			[],
			[],
			[],
			[],
		]);
		expect((await query('clnone')).status).toBe(404);
	});

	it('is steered over HTTP', async () => {
		await start();
		const steer = async (method: string, name: string, body?: object) => {
			const response = await fetch(`${api.url}/_emulator/${name}`, {
				method,
				body: body && JSON.stringify(body),
			});
			return { status: response.status, body: (await response.json()) as Record<string, unknown> };
		};
		expect((await steer('PUT', 'settings', { faces: 3 })).body.faces).toBe(3);
		expect(api.settings.faces).toBe(3);
		expect((await steer('PUT', 'settings', { face: 3 })).status).toBe(400);
		const changes = { strict: true, vocabulary: 'kling', stateNames: { pending: 'queued' } };
		expect((await steer('PUT', 'settings', changes)).body).toMatchObject(changes);
		expect((await steer('PUT', 'settings', { strict: 'yes' })).status).toBe(400);
		await steer('POST', 'faults', { method: 'GET', kind: 'status', status: 500 });
		expect((await query('clnone')).status).toBe(500);
		expect((await steer('GET', 'log')).body.log).toMatchObject([{ status: 500 }]);
		await create(identifyRequest({ note: 'x'.repeat(5000) }));
		const { log } = (await steer('GET', 'log')).body as { log: Array<{ body: { note: string } }> };
		expect(log.at(-1)?.body.note).toMatch(/^x{1000}… \(5000 characters\)$/);
		await steer('POST', 'reset');
		expect(api.log).toEqual([]);
	});

	it('closes twice, with callbacks still to be repeated', async () => {
		await start({ callbackRetriesMs: [NEVER_MS] });
		await create(identifyRequest({ callback_url: 'http://127.0.0.1:1/' }));
		await until(() => api.deliveries.length === 1);
		await api.close();
		await api.close();
	});

	it('explains its command line', async () => {
		const { stdout } = await promisify(execFile)(process.execPath, [...COMMAND, '--help']);
		for (const option of ['--identify-ms', '--lenient', '--vocabulary', '--unknown-for-ms'])
			expect(stdout).toContain(option);
	});

	it('is set by its command line', async () => {
		const options = ['--port=0', '--lenient', '--vocabulary=kling', '--state-names=failed=broken'];
		const command = spawn(process.execPath, [...COMMAND, ...options, '--key=test-key']);
		world.closeLater({
			close: async () => {
				const exited = once(command, 'exit');
				command.kill();
				await exited;
			},
		});
		let printed = '';
		command.stdout.on('data', (text: Buffer) => (printed += text.toString()));
		await until(() => printed.includes('Audio'));
		const url = /^Base URL +(\S+)$/m.exec(printed)?.[1];
		const response = await fetch(`${url}/_emulator/settings`, { method: 'PUT', body: '{}' });
		expect(await response.json()).toMatchObject({
			strict: false,
			vocabulary: 'kling',
			stateNames: { failed: 'broken' },
			apiKey: 'test-key',
		});
	});
});
