import { sleep } from 'n8n-workflow';
import type { Engine } from './harness';
import type { ExecutionRef } from './executions';
import type { Run } from './run';
import type { LocalServer } from './localServer';
import { startServer } from './localServer';
import type { Api, NodeParameters } from './setup';
import type { NodeData } from './workflows';
import { wired } from './workflows';
import { kling, NODE, speedUp, useWorld } from './setup';
import { helper } from './node-types';
import {
	AUDIO,
	bodies,
	createdIds,
	createTask,
	deepText,
	IDENTIFY,
	identified,
	LIP_SYNC,
	numberIn,
	taskOf,
	until,
	VIDEO,
} from './helpers';
import { KlingLipSync } from '../../nodes/KlingLipSync/KlingLipSync.node';
import type { SelfCallBody } from '../../nodes/KlingLipSync/wait/selfCall';
import { selfCallBody } from '../../nodes/KlingLipSync/wait/selfCall';
import { pausedRuns as remembered } from '../../nodes/KlingLipSync/wait/pausedRuns';
import { PAUSE_TIMING } from '../../nodes/KlingLipSync/wait/pauseTiming';

const LONG = 1e9;

let counted: number;
let base: string;

// Counts how often an execution went on, which its result does not tell.
const counter = helper('count', {
	async execute() {
		counted++;
		return [this.getInputData()];
	},
});
const count = { name: 'Count', type: 'test.count' };

const world = useWorld({
	api: { callbackRetriesMs: [20, 20, 20], backgroundRetryMs: 50 },
	engine: { nodeTypes: { [NODE]: new KlingLipSync(), 'test.count': counter } },
});
let api: Api;
let engine: Engine;
beforeAll(async () => {
	({ api, engine } = world);
	base = await engine.serveBinary();
});
beforeEach(() => (counted = 0));

/** Nothing here is as slow as a busy n8n, so runs behind a pause need not wait for it as long. */
const { settle } = PAUSE_TIMING;
beforeAll(() => (PAUSE_TIMING.settle = 1_500));
afterAll(() => (PAUSE_TIMING.settle = settle));

const input = (length: number) => Array.from({ length }, (_, n) => ({ json: { n } }));
const urlOf = (n: number) => `${VIDEO}?n=${n}`;
const identify = (more: NodeParameters = {}, settings: Partial<NodeData> = {}) =>
	kling(
		{
			operation: 'identifyFace',
			videoUrl: `=${VIDEO}?n={{ $json.n }}`,
			waitMode: 'callback',
			...more,
		},
		settings,
	);

/** The execution once it goes on no further: finished, or failed. */
const ended = async ({ executionId }: ExecutionRef) =>
	await until(async () => {
		const run = await engine.finished(executionId);
		return run.status !== 'waiting' && run;
	});

const isWaiting = async ({ executionId }: ExecutionRef) =>
	(await engine.finished(executionId)).status === 'waiting';

/** The tasks by the number in their video's URL. */
const byNumber = () =>
	[...api.tasks.values()].sort(
		(a, b) => numberIn(a.request.video_url) - numberIn(b.request.video_url),
	);

async function suspended(items = 1, node = identify()) {
	Object.assign(api.settings, { identifyMs: LONG, lipSyncMs: LONG });
	const run = await engine.run({ nodes: [node, count], input: input(items) });
	expect(run.status).toBe('waiting');
	return { run, tasks: byNumber() };
}

describe('an execution that is paused', () => {
	it.each([1, 3, 25])('goes on once when all of its %i tasks are finished', async (items) => {
		api.settings.identifyMs = ({ video_url: url }) => 30 + ((numberIn(url) * 7) % 5) * 20;
		const waiting = await engine.run({ nodes: [identify(), count], input: input(items) });
		expect(waiting.status).toBe('waiting');
		const run = await ended(waiting);
		expect(run.status).toBe('success');
		expect([counted, run.runs('Kling'), run.runs('Count')]).toEqual([1, 1, 1]);
		expect(api.creates()).toHaveLength(items);
		const tasks = byNumber();
		expect(run.items('Count')).toHaveLength(items);
		for (const [n, { json, pairedItem }] of run.items('Kling').entries()) {
			const { taskId, sessionId } = tasks[n];
			expect(pairedItem).toEqual({ item: n });
			expect(json).toEqual({
				taskId,
				state: 'completed',
				model: IDENTIFY,
				sessionId,
				faces: [expect.anything(), expect.anything()],
				faceCount: 2,
				createTime: expect.any(Number),
				completeTime: expect.any(Number),
				costTime: expect.any(Number),
				estimatedCostUsd: 0.0007,
				videoDuration: 10,
			});
			// What comes out was asked for with the key, not read from the callback.
			expect(api.queries(taskId).length).toBeGreaterThanOrEqual(1);
		}
		await until(() => tasks.every(({ taskId }) => lastDelivery(taskId)));
		await sleep(50);
		expect(counted).toBe(1);
	});

	const lastDelivery = (taskId: string) =>
		api.deliveries.filter((delivery) => delivery.taskId === taskId).at(-1);

	it.each([
		['this process', () => {}, 0],
		['a process that knows nothing of it', () => remembered.clear(), 1],
	])(
		'goes on in %s, with at most one query a callback besides its own',
		async (_, forget, reads) => {
			const items = 12;
			const { run, tasks } = await suspended(items);
			const before = engine.credentialReads;
			forget();
			for (const [n, { taskId }] of tasks.entries()) {
				api.finish(taskId);
				await until(() => lastDelivery(taskId)?.status === 200);
				expect(await isWaiting(run)).toBe(n < items - 1);
			}
			const end = await ended(run);
			expect(end.items('Kling').map(({ json }) => json.taskId)).toEqual(
				tasks.map(({ taskId }) => taskId),
			);
			expect(api.queries().length).toBeLessThanOrEqual(2 * items);
			expect(engine.credentialReads - before).toBe(reads);
		},
	);

	it('goes on when a process has missed all callbacks but the last', async () => {
		const { run, tasks } = await suspended(9);
		for (const { taskId } of tasks.slice(0, 8)) {
			api.finish(taskId);
			await until(() => lastDelivery(taskId)?.status === 200);
		}
		remembered.clear();
		api.finish(tasks[8].taskId);
		const end = await ended(run);
		expect(end.items('Kling').map(({ json }) => json.state)).toEqual(Array(9).fill('completed'));
		expect(counted).toBe(1);
	});

	it('hands its own URL to the vendor, one for all items', async () => {
		const { run } = await suspended(3);
		const urls = new Set(bodies(api).map(({ callback_url: url }) => url));
		expect(urls.size).toBe(1);
		const url = new URL([...urls][0]!);
		expect(url.href.startsWith(`${base}/webhook-waiting/${run.executionId}/kling-lip-sync?`)).toBe(
			true,
		);
		expect(url.searchParams.get('signature')).toMatch(/^[0-9a-f]{64}$/);
		expect(deepText(bodies(api))).not.toContain('test-key');
	});

	it('shows the tasks meanwhile and asks for nothing by itself', async () => {
		const { run, tasks } = await suspended(2);
		expect(run.items('Kling').map(({ json }) => [json.taskId, json.state])).toEqual(
			tasks.map(({ taskId }) => [taskId, 'pending']),
		);
		expect(run.waitTill!.getTime()).toBeGreaterThan(Date.now() + 59 * 60_000 - 10_000);
		expect(api.queries()).toHaveLength(0);
	});

	it('waits as long as the user says', async () => {
		const { run } = await suspended(1, identify({ options: { timeoutMinutes: 600 } }));
		const minutes = (run.waitTill!.getTime() - Date.now()) / 60_000;
		expect(minutes).toBeGreaterThan(599);
		expect(minutes).toBeLessThanOrEqual(600);
	});

	it('goes on with finished tasks only after the last one', async () => {
		const { run, tasks } = await suspended(3);
		for (const task of [tasks[2], tasks[0]]) {
			api.finish(task.taskId);
			await until(() => lastDelivery(task.taskId)?.status === 200);
			expect(await isWaiting(run)).toBe(true);
		}
		// A callback costs a query for its own task, and at most one more.
		expect(api.queries().length).toBeLessThanOrEqual(4);
		api.finish(tasks[1].taskId);
		const done = await ended(run);
		expect(done.items('Kling').map(({ json }) => json.taskId)).toEqual(
			tasks.map(({ taskId }) => taskId),
		);
		expect(counted).toBe(1);
	});

	it('takes callbacks that all come at the same moment', async () => {
		const { run, tasks } = await suspended(10);
		for (const { taskId } of tasks) api.finish(taskId);
		const done = await ended(run);
		expect(done.items('Count')).toHaveLength(10);
		expect(counted).toBe(1);
		expect(api.queries().length).toBeLessThanOrEqual(20);
	});

	it('takes the same callback at the same moment, and twice, as one', async () => {
		const { run, tasks } = await suspended(1);
		api.settings.callbacks = 'dropped';
		api.finish(tasks[0].taskId);
		const answers = await Promise.all(
			[1, 2, 3, 4, 5].map(async () => await api.deliver(tasks[0].taskId)),
		);
		await ended(run);
		expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
		expect(counted).toBe(1);
		expect((await api.deliver(tasks[0].taskId)).status).toBe(409);
		expect(counted).toBe(1);
	});

	it('adds the answer of the API as it came', async () => {
		const { run, tasks } = await suspended(1, identify({ options: { includeRaw: true } }));
		api.finish(tasks[0].taskId);
		const [{ json }] = (await ended(run)).items('Kling');
		expect(json.raw).toMatchObject({ code: 200, data: { taskId: json.taskId, faceData: {} } });
	});

	it('is found whatever the name of the node', async () => {
		const name = 'A "name" with {{ 1 }}, \\ and \'quotes\'';
		const { run, tasks } = await suspended(1, identify({}, { name }));
		api.finish(tasks[0].taskId);
		expect((await ended(run)).items(name)[0].json.state).toBe('completed');
	});
});

describe('a callback that can not be trusted', () => {
	const stillWaiting = async (run: Run, answer: { status?: number }, status: number) => {
		expect(answer.status).toBe(status);
		expect(await isWaiting(run)).toBe(true);
		expect(counted).toBe(0);
	};
	const says = (taskId: string, state = 'completed') => ({
		body: {
			code: 200,
			msg: 'success',
			data: { taskId, state, model: `kling-video/${IDENTIFY}`, resultJson: '{"sessionId":"evil"}' },
		},
	});

	it('because the task still runs at the API does not end the wait', async () => {
		const { run, tasks } = await suspended(1);
		const [{ taskId }] = tasks;
		await stillWaiting(run, await api.deliver(taskId, says(taskId)), 503);
		expect(api.queries(taskId)).toHaveLength(1);
		api.finish(taskId);
		const [{ json }] = (await ended(run)).items('Kling');
		expect(json.sessionId).toBe(tasks[0].sessionId);
	});

	it('because it is about another task is ignored, and costs no query', async () => {
		const { run, tasks } = await suspended(1);
		const other = await identified(api);
		const url = tasks[0].callbackUrl;
		await stillWaiting(run, await api.deliver('cl-x', { ...says('cl-x'), url }), 200);
		await stillWaiting(run, await api.deliver(other.taskId, { url }), 200);
		expect(api.queries()).toHaveLength(0);
	});

	it('because it says something else than the API brings what the API says', async () => {
		const { run, tasks } = await suspended(1);
		api.settings.callbacks = 'dropped';
		api.finish(tasks[0].taskId);
		await api.deliver(tasks[0].taskId, says(tasks[0].taskId, 'failed'));
		const [{ json }] = (await ended(run)).items('Kling');
		expect(json).toMatchObject({ state: 'completed', sessionId: tasks[0].sessionId });
	});

	it.each([
		['nothing', ''],
		['no object', '"text"'],
		['a list', '[]'],
		['an empty object', '{}'],
		['no task id', '{"code":200,"data":{"state":"completed"}}'],
		['null', 'null'],
		['a task id that is an object', '{"data":{"taskId":{"a":1}}}'],
	])('because its body holds %s is answered 400', async (_, body) => {
		const { run, tasks } = await suspended(1);
		await stillWaiting(run, await api.deliver(tasks[0].taskId, { body }), 400);
		expect(api.queries()).toHaveLength(0);
	});

	it('because its signature is wrong, or it is about another wait', async () => {
		const { run, tasks } = await suspended(1);
		const [{ taskId, callbackUrl }] = tasks;
		api.settings.callbacks = 'dropped';
		api.finish(taskId);
		const at = async (change: (query: URLSearchParams) => unknown) => {
			const url = new URL(callbackUrl!);
			change(url.searchParams);
			return await api.deliver(taskId, { url: url.href });
		};
		await stillWaiting(run, await at((query) => query.set('signature', 'a'.repeat(64))), 401);
		await stillWaiting(run, await at((query) => query.delete('signature')), 401);
		await stillWaiting(run, await at((query) => query.set('wait', 'id-Other.0')), 200);
		await stillWaiting(run, await at((query) => query.delete('wait')), 200);
		expect((await at(() => {})).status).toBe(200);
		await ended(run);
		expect(counted).toBe(1);
	});
});

describe('a callback that is lost', () => {
	it('is made up for by the next one', async () => {
		const { run, tasks } = await suspended(5);
		api.settings.callbacks = ({ taskId }) => (taskId === tasks[3].taskId ? 'normal' : 'dropped');
		for (const { taskId } of tasks) api.finish(taskId);
		const done = await ended(run);
		expect(done.items('Count').map(({ json }) => json.state)).toEqual(Array(5).fill('completed'));
		expect(counted).toBe(1);
	});

	it('is delivered again when the API could not confirm it', async () => {
		const { run, tasks } = await suspended(2);
		api.fail({ kind: 'status', method: 'GET', status: 503, times: 2 });
		for (const { taskId } of tasks) api.finish(taskId);
		await ended(run);
		expect(counted).toBe(1);
		expect(api.deliveries.some(({ status }) => status === 503)).toBe(true);
		expect(deepText(engine.logs)).not.toContain('test-key');
	});

	it.each([429, 404])('is kept alive through an error %i, too', async (status) => {
		const { run, tasks } = await suspended(1);
		api.fail({ kind: 'status', method: 'GET', status, times: 1 });
		api.finish(tasks[0].taskId);
		await ended(run);
		expect(api.deliveries[0].status).toBe(503);
		expect(counted).toBe(1);
	});

	it.each([400, 401, 403])(
		'survives a single stray %i, which is asked about again',
		async (status) => {
			const { run, tasks } = await suspended(1);
			api.fail({ kind: 'status', method: 'GET', status, times: 1 });
			api.finish(tasks[0].taskId);
			expect((await ended(run)).items('Kling')[0].json.state).toBe('completed');
			await until(() => api.deliveries.length > 0);
			expect(api.deliveries.map((delivery) => delivery.status)).toEqual([200]);
		},
	);

	it('comes before the execution sleeps, and is delivered again', async () => {
		api.settings.identifyMs = 0;
		const waiting = await engine.run({ nodes: [identify(), count], input: input(1) });
		await ended(waiting);
		expect(counted).toBe(1);
	});
});

describe('a task that can not be confirmed', () => {
	const warnings = () => engine.logs.filter(({ level }) => level === 'warn');

	it.each([
		[400, /could not be queried/],
		[403, /does not accept the API key/],
	])('does not hold up the others when the API says %i for it', async (status, reason) => {
		const { run, tasks } = await suspended(4);
		const [, { taskId }] = tasks;
		api.fail({ kind: 'status', method: 'GET', status, taskId, times: 1000 });
		for (const task of tasks) api.finish(task.taskId);
		const items = (await ended(run)).items('Kling');
		expect(items.map(({ json }) => json.state)).toEqual([
			'completed',
			undefined,
			'completed',
			'completed',
		]);
		expect(items[1].json).toEqual({
			error: expect.stringMatching(reason),
			details: expect.objectContaining({ taskId, httpCode: status }),
		});
		expect(counted).toBe(1);
		expect(api.queries(taskId)).toHaveLength(3);
		expect(warnings()).toHaveLength(3);
	});

	it('goes to the error output, where there is one', async () => {
		Object.assign(api.settings, { identifyMs: LONG });
		const waiting = await engine.run({
			nodes: [
				identify({}, { onError: 'continueErrorOutput' }),
				{ name: 'Good', type: 'test.collect' },
				{ name: 'Bad', type: 'test.collect' },
			],
			connections: wired({ Kling: [['Good'], ['Bad']] }),
			input: input(2),
		});
		const [good, bad] = byNumber();
		api.fail({ kind: 'status', method: 'GET', status: 400, taskId: bad.taskId, times: 1000 });
		for (const { taskId } of [bad, good]) api.finish(taskId);
		const done = await ended(waiting);
		expect(done.items('Good').map(({ json }) => json.taskId)).toEqual([good.taskId]);
		expect(done.items('Bad').map(({ json }) => json.details)).toEqual([
			expect.objectContaining({ taskId: bad.taskId }),
		]);
	});

	it('is waited for while the API has a problem, and every callback is taken in the end', async () => {
		const { run, tasks } = await suspended(3);
		const [late, ...others] = tasks;
		api.fail({ kind: 'status', method: 'GET', status: 500, taskId: late.taskId, times: 8 });
		api.finish(late.taskId);
		await until(() => api.deliveries.length > 0);
		for (const { taskId } of others) api.finish(taskId);
		const items = (await ended(run)).items('Kling');
		expect(items.map(({ json }) => json.state)).toEqual(Array(3).fill('completed'));
		const taken = () => api.deliveries.filter(({ status }) => status === 200);
		await until(() => new Set(taken().map(({ taskId }) => taskId)).size === tasks.length);
	});
});

describe('a process that did not pause the execution', () => {
	let proxy: LocalServer | undefined;
	afterEach(async () => await proxy?.close());

	it('asks to be told again where n8n can not call itself', async () => {
		const own = engine.webhookWaitingBaseUrl;
		engine.webhookWaitingBaseUrl = 'http://127.0.0.1:1/webhook-waiting';
		const { run, tasks } = await suspended(2);
		engine.webhookWaitingBaseUrl = own;
		remembered.clear();
		api.settings.callbacks = 'dropped';
		for (const { taskId } of tasks) api.finish(taskId);
		const tell = async ({ taskId, callbackUrl }: (typeof tasks)[number]) =>
			await api.deliver(taskId, { url: callbackUrl?.replace('http://127.0.0.1:1', base) });
		await until(async () => (await tell(tasks[0])).status === 503);
		const slowDown = speedUp(20);
		await until(async () => (await tell(tasks[1])).status === 200);
		slowDown();
		await ended(run);
		expect(counted).toBe(1);
	});

	it('asks n8n once more when the proxy in front of it has answered 502', async () => {
		let asked = 0;
		proxy = await startServer((_, response) => {
			asked++;
			response.writeHead(502).end('<html>Bad Gateway</html>');
		});
		const { url } = proxy;
		const own = engine.webhookWaitingBaseUrl;
		engine.webhookWaitingBaseUrl = `${url}/webhook-waiting`;
		const { run, tasks } = await suspended(1);
		engine.webhookWaitingBaseUrl = own;
		remembered.clear();
		api.settings.callbacks = 'dropped';
		const [{ taskId, callbackUrl }] = tasks;
		api.finish(taskId);
		const tell = async () =>
			(await api.deliver(taskId, { url: callbackUrl?.replace(url, base) })).status;
		const slowDown = speedUp(20);
		await until(async () => (await tell()) === 503 && asked === 1);
		expect(await tell()).toBe(503);
		expect(asked).toBe(2);
		await until(async () => (await tell()) === 200);
		slowDown();
		await ended(run);
		expect([asked, counted]).toEqual([2, 1]);
	});

	it.each([
		['with another signature', (body: SelfCallBody) => ({ ...body, mac: 'a'.repeat(64) })],
		['with no signature', ({ resume }: SelfCallBody) => ({ resume })],
		[
			'with other items',
			({ resume, mac }: SelfCallBody) => ({ resume: resume.replace('done', 'evil'), mac }),
		],
	])('is not believed %s', async (_, forge) => {
		const { run, tasks } = await suspended(1);
		const paused = [...remembered.values()].at(-1)!.paused;
		const body = selfCallBody(paused, { at: Date.now(), jsons: [{ state: 'done' }] });
		const url = tasks[0].callbackUrl!;
		expect((await engine.deliver(url, { body: forge(body) })).status).toBe(401);
		expect(await isWaiting(run)).toBe(true);
		expect((await engine.deliver(url, { body })).status).toBe(200);
		await ended(run);
	});

	it('does not go on from a call that took too long', async () => {
		const { run, tasks } = await suspended(1);
		const paused = [...remembered.values()].at(-1)!.paused;
		const late = selfCallBody(paused, { at: Date.now() - 4_500, jsons: [{}] });
		expect((await engine.deliver(tasks[0].callbackUrl!, { body: late })).status).toBe(503);
		expect(await isWaiting(run)).toBe(true);
	});
});

describe('when the time is up', () => {
	it('each unfinished item goes on with its task', async () => {
		const { run, tasks } = await suspended(2);
		const done = await engine.resumeByTimeout(run);
		expect(done.status).toBe('success');
		expect(counted).toBe(1);
		expect(done.items('Count').map(({ json }) => json)).toEqual(
			tasks.map(({ taskId }) => ({
				taskId,
				state: 'pending',
				model: IDENTIFY,
				estimatedCostUsd: 0.0007,
				videoDuration: 10,
				timedOut: true,
			})),
		);
	});

	it('the files of the input items are still there, as they are after all callbacks', async () => {
		const voice = await engine.storeBinary('voice', { fileName: 'voice.mp3' });
		for (const end of ['time-out', 'callback']) {
			Object.assign(api.settings, { identifyMs: LONG });
			const run = await engine.run({
				nodes: [identify(), count],
				input: [{ json: { n: 0 }, binary: { voice } }],
			});
			const [{ taskId }] = byNumber();
			if (end === 'callback') api.finish(taskId);
			const done = end === 'time-out' ? await engine.resumeByTimeout(run) : await ended(run);
			expect(done.items('Kling')[0]).toMatchObject({
				json: { taskId },
				binary: { voice: { fileName: 'voice.mp3' } },
			});
			api.reset();
		}
	});

	it('Get Task finishes what is left', async () => {
		Object.assign(api.settings, { identifyMs: LONG });
		const waiting = await engine.run({
			nodes: [identify(), kling({ operation: 'getTask' }, { name: 'Get' })],
			input: input(2),
		});
		const tasks = byNumber();
		api.settings.callbacks = 'dropped';
		for (const { taskId } of tasks) api.finish(taskId);
		const done = await engine.resumeByTimeout(waiting);
		expect(done.items('Get').map(({ json }) => [json.taskId, json.state, json.timedOut])).toEqual(
			tasks.map(({ taskId }) => [taskId, 'completed', undefined]),
		);
		expect(api.creates()).toHaveLength(2);
	});

	it('or is about to be, callbacks leave it to the timer', async () => {
		const { run, tasks } = await suspended(1, identify({ options: { timeoutMinutes: 0.08 } }));
		api.finish(tasks[0].taskId);
		await until(() => api.deliveries.length > 0);
		expect(api.deliveries[0].status).toBe(200);
		expect(await isWaiting(run)).toBe(true);
		expect((await engine.resumeByTimeout(run)).items('Count')[0].json.timedOut).toBe(true);
	});

	it('an item without a task keeps its error', async () => {
		api.settings.identifyMs = LONG;
		api.fail({ kind: 'status', method: 'POST', status: 402, after: 1 });
		const waiting = await engine.run({
			nodes: [
				identify({ options: { maxConcurrency: 1 } }, { onError: 'continueRegularOutput' }),
				count,
			],
			input: input(3),
		});
		expect(waiting.status).toBe('waiting');
		const done = await engine.resumeByTimeout(waiting);
		expect(done.items('Count').map(({ json }) => json.error ?? json.state)).toEqual([
			'pending',
			expect.stringMatching(/no credits/),
			'pending',
		]);
	});
});

describe('a failed task', () => {
	const failure = { state: 'failed', failMsg: 'no faces found', failCode: '9' } as const;

	it('goes on as data where there is no error output', async () => {
		const { run, tasks } = await suspended(2);
		api.finish(tasks[0].taskId, failure);
		api.finish(tasks[1].taskId);
		const done = await ended(run);
		expect(done.status).toBe('success');
		expect(done.items('Count')[0].json).toMatchObject({ taskId: tasks[0].taskId, ...failure });
		expect(done.items('Count')[1].json.state).toBe('completed');
	});

	it('goes to the error output where there is one, with every other item in its place', async () => {
		Object.assign(api.settings, { identifyMs: LONG });
		api.fail({ kind: 'status', method: 'POST', status: 402, after: 2 });
		const waiting = await engine.run({
			nodes: [
				identify({ options: { maxConcurrency: 1 } }, { onError: 'continueErrorOutput' }),
				{ name: 'Good', type: 'test.collect' },
				{ name: 'Bad', type: 'test.collect' },
			],
			connections: wired({ Kling: [['Good'], ['Bad']] }),
			input: input(4),
		});
		expect(waiting.status).toBe('waiting');
		const tasks = byNumber();
		api.finish(tasks[0].taskId);
		api.finish(tasks[1].taskId, failure);
		api.finish(tasks[2].taskId);
		const done = await ended(waiting);
		expect(done.items('Good').map(({ json }) => json.taskId)).toEqual([
			tasks[0].taskId,
			tasks[2].taskId,
		]);
		const bad = done.items('Bad');
		expect(bad).toHaveLength(2);
		expect(bad[0].json).toMatchObject({
			error: `Identify Face failed: no faces found (task ${tasks[1].taskId})`,
			details: { taskId: tasks[1].taskId, ...failure },
		});
		expect(bad[1].json).toMatchObject({
			error: expect.stringMatching(/no credits/),
			details: { httpCode: 402 },
		});
	});

	it('stays with the others when the user chose that they go on', async () => {
		const { run, tasks } = await suspended(1, identify({}, { onError: 'continueRegularOutput' }));
		api.finish(tasks[0].taskId, failure);
		const [{ json }] = (await ended(run)).items('Count');
		expect(json).toMatchObject({ taskId: tasks[0].taskId, ...failure });
	});

	it('that was never created is not tried again while the others are waited for', async () => {
		Object.assign(api.settings, { identifyMs: LONG });
		api.fail({ kind: 'status', method: 'POST', status: 402, times: 1 });
		const waiting = await engine.run({
			nodes: [
				identify(
					{ options: { maxConcurrency: 1 } },
					{ onError: 'continueRegularOutput', retryOnFail: true, waitBetweenTries: 1 },
				),
				count,
			],
			input: input(3),
		});
		expect(waiting.items('Kling')[0].json).toEqual({
			message: expect.stringMatching(/no credits/),
			details: expect.anything(),
		});
		const tasks = createdIds(api);
		for (const taskId of tasks) api.finish(taskId);
		const items = (await ended(waiting)).items('Count');
		expect(items.map(({ json }) => json.error ?? json.taskId)).toEqual([
			expect.stringMatching(/no credits/),
			...tasks,
		]);
		expect(bodies(api)).toHaveLength(3);
	});

	it('of which none was created does not pause the execution', async () => {
		api.fail({ kind: 'status', method: 'POST', status: 402, times: 2 });
		const run = await engine.run({
			nodes: [identify({}, { onError: 'continueRegularOutput' }), count],
			input: input(2),
		});
		expect(run.status).toBe('success');
		expect(run.items('Count').map(({ json }) => Object.keys(json))).toEqual([
			['error', 'details'],
			['error', 'details'],
		]);
	});
});

describe('several waits in one execution', () => {
	it('two nodes in a row pause one after the other', async () => {
		const nodes = [
			identify({}, { name: 'Identify' }),
			kling(
				{
					operation: 'lipSync',
					faceSource: 'identifyTask',
					audioUrl: AUDIO,
					waitMode: 'callback',
					faceSelection: 'all',
				},
				{ name: 'Sync' },
			),
			count,
		];
		api.settings.lipSyncMs = LONG;
		const waiting = await engine.run({ nodes, input: input(2) });
		await until(() => api.creates(LIP_SYNC).length === 2);
		const [first] = api.creates(IDENTIFY);
		const firstId = first.taskId!;
		const synced = await until(
			() => createdIds(api, LIP_SYNC).length === 2 && createdIds(api, LIP_SYNC),
		);
		expect(first.body?.callback_url).not.toBe(bodies(api, LIP_SYNC)[0].callback_url);
		// A late copy of the first node's callback is not one for the second.
		await until(async () => await isWaiting(waiting));
		await until(async () => (await api.deliver(firstId)).status === 200);
		expect(counted).toBe(0);
		for (const taskId of synced) api.finish(taskId);
		const done = await ended(waiting);
		expect(done.status).toBe('success');
		expect(counted).toBe(1);
		expect([done.runs('Identify'), done.runs('Sync')]).toEqual([1, 1]);
		for (const [n, { json }] of done.items('Sync').entries()) {
			expect(json).toMatchObject({ state: 'completed', model: LIP_SYNC });
			const identified = done.items('Identify')[n].json;
			expect(taskOf(api, json.taskId).request.session_id).toBe(identified.sessionId);
			expect(taskOf(api, identified.taskId).request.video_url).toBe(urlOf(n));
		}
	});

	it('a node behind a pause takes its time, so that no older copy is written over what it paid', async () => {
		const waiting = await engine.run({
			nodes: [
				identify({}, { name: 'First' }),
				identify({ waitMode: 'none' }, { name: 'Second' }),
				identify({ waitMode: 'none' }, { name: 'Third' }),
				count,
			],
			input: input(1),
		});
		const done = await ended(waiting);
		const took = (name: string) => done.data.resultData.runData[name].at(-1)!.executionTime;
		expect(took('Second')).toBeGreaterThanOrEqual(PAUSE_TIMING.settle - 100);
		expect(took('Third')).toBeLessThan(PAUSE_TIMING.settle - 100);
	});

	it('a node that n8n would wake with the timer of an earlier pause waits here', async () => {
		api.settings.identifyMs = LONG;
		const second = identify({}, { name: 'Second' });
		const waiting = await engine.run({
			nodes: [identify({ options: { timeoutMinutes: 1 } }, { name: 'First' }), second, count],
			input: input(1),
		});
		const [first] = byNumber();
		api.settings.identifyMs = 30;
		api.finish(first.taskId);
		const done = await ended(waiting);
		expect(done.items('Second')[0].json.state).toBe('completed');
		expect(bodies(api)[1]).not.toHaveProperty('callback_url');
	});

	it('a node in a loop pauses each time for its own task', async () => {
		const waiting = await engine.run({
			nodes: [
				identify({ videoUrl: `=${VIDEO}?n={{ $runIndex }}` }),
				{
					name: 'Again',
					type: 'test.switch',
					parameters: { output: '={{ $runIndex < 2 ? 0 : 1 }}' },
				},
				count,
			],
			connections: wired({ Kling: [['Again']], Again: [['Kling'], ['Count']] }),
		});
		const done = await ended(waiting);
		expect(done.status).toBe('success');
		expect([done.runs('Kling'), counted]).toEqual([3, 1]);
		expect(bodies(api).map(({ video_url }) => video_url)).toEqual([urlOf(0), urlOf(1), urlOf(2)]);
		expect(done.items('Count')[0].json.taskId).toBe(byNumber()[2].taskId);
	});

	it('a lip sync of a video finds the faces first, then pauses', async () => {
		const slowDown = speedUp(50);
		api.settings.lipSyncMs = LONG;
		const parameters = { operation: 'lipSync', faceSource: 'video', audioUrl: AUDIO };
		const waiting = await engine.run({ nodes: [identify(parameters), count], input: input(2) });
		slowDown();
		expect(waiting.status).toBe('waiting');
		expect(bodies(api, IDENTIFY).every((body) => !('callback_url' in body))).toBe(true);
		const [failed, completed] = createdIds(api, LIP_SYNC);
		api.finish(failed, { state: 'failed', failMsg: 'audio too short' });
		api.finish(completed);
		const done = await ended(waiting);
		for (const { json } of done.items('Count')) {
			const identify = taskOf(api, json.identifyTaskId);
			expect(taskOf(api, json.taskId).request.session_id).toBe(identify.sessionId);
		}
		expect(
			done
				.items('Count')
				.map(({ json }) => json.state)
				.sort(),
		).toEqual(['completed', 'failed']);
	});
});

describe('where an execution can not pause, the node waits itself', () => {
	let slowDown: () => void;
	beforeEach(() => (slowDown = speedUp(50)));
	afterEach(() => slowDown());

	it.each(
		['engine', 'invoke'].flatMap((agent) =>
			['callback', 'trigger', 'none', 'poll'].map((waitMode) => [agent, waitMode]),
		),
	)('as the tool of an agent (%s), whatever is set (%s)', async (agent, waitMode) => {
		const { output, run } = await engine.runAsTool(
			kling({ operation: 'identifyFace', videoUrl: '={{ $fromAI("video") }}', waitMode }),
			{ video: VIDEO },
			{ agent },
		);
		expect(run.status).toBe('success');
		expect(deepText(output)).toContain([...api.tasks.keys()][0]);
		expect(deepText(output)).toContain('completed');
		expect(bodies(api)).toEqual([{ model: IDENTIFY, video_url: VIDEO }]);
	});

	it.each(['splitFaces', 'downloadFaceImages'])('with the option %s', async (option) => {
		const run = await engine.run({
			nodes: [identify({ options: { [option]: true } }), count],
			input: input(1),
		});
		expect(run.status).toBe('success');
		expect(run.items('Count')).toHaveLength(option === 'splitFaces' ? 2 : 1);
		expect(bodies(api)[0]).not.toHaveProperty('callback_url');
	});

	it('on the command line', async () => {
		const run = await engine.run({ nodes: [identify(), count], input: input(1), mode: 'cli' });
		expect(run.status).toBe('success');
		expect(run.items('Count')[0].json.state).toBe('completed');
	});
});

it('a callback for an execution of another node type is not taken by this one', async () => {
	const { run, tasks } = await suspended(1);
	const url = tasks[0].callbackUrl!.replace('/kling-lip-sync', '');
	expect((await api.deliver(tasks[0].taskId, { url })).status).toBe(404);
	expect(await isWaiting(run)).toBe(true);
	const lost = await createTask(api, { model: IDENTIFY, video_url: VIDEO });
	expect(taskOf(api, lost).callbackUrl).toBeUndefined();
});
