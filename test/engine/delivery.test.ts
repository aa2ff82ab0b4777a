import type { IDataObject } from 'n8n-workflow';

import { clock as ownClock } from '../../nodes/KlingLipSync/clock';
import { mayBeRepeated } from '../../nodes/KlingLipSync/trigger/deliveredTasks';
import { callbackBody } from '../emulator/results';
import type { Answer, WebhookOptions } from './calls';
import { bodies, deepText, identified, LIP_SYNC, synced, taskOf, until, VIDEO } from './helpers';
import type { N8nProcess } from './process';
import type { Api, World } from './setup';
import { createWorld, kling, loadPackage, NODE, TRIGGER, withTrigger } from './setup';

const KEY = 'test-key';
let world: World;
let api: Api;
let engine: World['engine'];
let workflows = 0;
let workflowId: string;

/** The clocks of the processes; all of them are put forward together. */
const clocks = [ownClock];
let ahead = 0;
const pass = (ms: number) => (ahead += ms);

/** What another process has: the package's code with a memory of its own. */
const nodeTypes = () => {
	const { KlingLipSync, KlingLipSyncTrigger, clock } = loadPackage();
	clocks.push(clock);
	clock.now = () => Date.now() + ahead;
	return { [NODE]: new KlingLipSync(), [TRIGGER]: new KlingLipSyncTrigger() };
};

beforeAll(async () => {
	world = await createWorld({ engine: { nodeTypes, processes: ['webhook', 'webhook'] } });
	({ api, engine } = world);
});
afterAll(async () => await world.close());
beforeEach(() => {
	api.reset();
	Object.assign(api.settings, { apiKey: KEY, latencyMs: 0, queryExtras: {}, callbacks: 'normal' });
	workflowId = `wf-${++workflows}`;
	engine.credentials = { apiKey: KEY, baseUrl: api.url };
	engine.database.refused.clear();
	engine.logs.length = 0;
});
afterEach(() => jest.restoreAllMocks());

const processor = (n: 0 | 1): N8nProcess =>
	engine.processes.filter(({ kind }) => kind === 'webhook')[n];
const trigger = (parameters: object = {}) => ({
	name: 'Trigger',
	type: TRIGGER,
	parameters: { ...parameters },
});
const bodyOf = (taskId: string) => callbackBody(taskOf(api, taskId), api.settings, api.url);
const deliver = async (
	taskId: string,
	{ parameters, ...options }: WebhookOptions & { parameters?: object } = {},
) =>
	await engine.webhook(trigger(parameters), {
		workflowId,
		body: bodyOf(taskId),
		process: processor(0),
		...options,
	});
const send = async (taskId: string, options: WebhookOptions = {}) =>
	await engine.webhook(trigger(), {
		workflowId,
		body: { code: 200, data: { taskId, state: 'completed' } },
		process: processor(0),
		...options,
	});

/** What a delivery led to: the answer, and whether the workflow has run. */
const outcome = ({ status, run }: Answer) => `${status}${run ? ' started' : ''}`;
const STARTED = '200 started';

const done = async () => await synced(api, { outcome: { state: 'completed' } });

/** Delivers, and hangs up once n8n is at work on it. */
const deliverAndHangUp = async (taskId: string) => {
	const caller = new AbortController();
	api.settings.latencyMs = 100;
	const answer = deliver(taskId, { signal: caller.signal }).then(outcome, () => 'hung up');
	await until(() => api.queries(taskId).length > 0);
	caller.abort();
	expect(await answer).toBe('hung up');
	api.settings.latencyMs = 0;
};

describe('at several webhook processors', () => {
	it('a delivery that is repeated at the other one starts nothing', async () => {
		const taskId = await done();
		expect(outcome(await deliver(taskId))).toBe(STARTED);
		expect(outcome(await deliver(taskId, { process: processor(1) }))).toBe('200');
		expect(outcome(await deliver(taskId))).toBe('200');
		expect(api.queries(taskId)).toHaveLength(1);
	});

	it('none forgets what the other has added to the list', async () => {
		const tasks = [await done(), await done(), await done(), await done()];
		for (const [n, taskId] of tasks.entries())
			expect(outcome(await deliver(taskId, { process: processor(n % 2 ? 1 : 0) }))).toBe(STARTED);
		for (const taskId of tasks) {
			expect(outcome(await deliver(taskId, { process: processor(0) }))).toBe('200');
			expect(outcome(await deliver(taskId, { process: processor(1) }))).toBe('200');
		}
	});

	it('tasks that come at the same moment, and again at the other one, start once each', async () => {
		api.settings.latencyMs = 100;
		const tasks = await Promise.all(Array.from({ length: 6 }, done));
		const started = new Map<string, number>();
		const tell = async (from: 0 | 1) =>
			await Promise.all(
				tasks.map(async (taskId, n) => {
					const process = processor(((n + from) % 2) as 0 | 1);
					const answer = await deliver(taskId, { process });
					if (answer.run) started.set(taskId, (started.get(taskId) ?? 0) + 1);
					return { taskId, status: answer.status };
				}),
			);
		await tell(0);
		expect([...started.values()]).toEqual(Array(6).fill(1));
		pass(3_000);
		const again = await tell(1);
		// Whoever is asked to tell it again does.
		for (const { taskId } of again.filter(({ status }) => status === 503)) {
			const answer = await deliver(taskId, { process: processor(0) });
			expect(outcome(answer)).toBe('200');
		}
		pass(3_000);
		expect((await tell(0)).map(({ status }) => status)).toEqual(Array(6).fill(200));
		expect([...started.values()]).toEqual(Array(6).fill(1));
	});

	it('one that comes late for the first time starts with its second delivery', async () => {
		const [punctual, late] = [await done(), await done()];
		expect(outcome(await deliver(punctual))).toBe(STARTED);
		pass(3_000);
		expect(outcome(await deliver(late))).toBe('503');
		pass(1_000);
		expect(outcome(await deliver(late))).toBe(STARTED);
		expect(outcome(await deliver(late))).toBe('200');
	});

	it('each is known to n8n when it is answered, not only the first', async () => {
		const tasks = [await done(), await done(), await done()];
		for (const taskId of tasks) expect(outcome(await deliver(taskId))).toBe(STARTED);
		expect(engine.database.staticData[workflowId]).toEqual({
			'node:Trigger': { delivered: tasks },
		});
		for (const taskId of tasks)
			expect(outcome(await deliver(taskId, { process: processor(1) }))).toBe('200');
	});

	it('each is known to n8n, also when its caller has hung up', async () => {
		const [first, second] = [await done(), await done()];
		await deliver(first);
		await deliverAndHangUp(second);
		const isKnown = () => {
			const known = engine.database.staticData[workflowId]['node:Trigger'] as IDataObject;
			return (known.delivered as string[]).includes(second);
		};
		await until(isKnown);
	});

	it('those that came together are all known to n8n, when it is restarted after the last', async () => {
		api.settings.latencyMs = 50;
		const tasks = await Promise.all(Array.from({ length: 5 }, done));
		const answers = await Promise.all(tasks.map(async (taskId) => await deliver(taskId)));
		expect(answers.map(outcome)).toEqual(Array(5).fill(STARTED));
		const { delivered } = engine.database.staticData[workflowId]['node:Trigger'] as {
			delivered: string[];
		};
		expect([...delivered].sort()).toEqual([...tasks].sort());
	});

	it('one that is repeated while both are busy and have written over each other starts once', async () => {
		const [a, b, c, repeated] = [await done(), await done(), await done(), await done()];
		await deliver(a, { process: processor(0) });
		await deliver(b, { process: processor(1) });
		expect(outcome(await deliver(repeated, { process: processor(0) }))).toBe(STARTED);
		pass(3_000);
		const busy = { process: processor(1), staticData: {} };
		await deliver(c, busy);
		expect(outcome(await deliver(c, busy))).toBe(STARTED);
		// What processor 0 has written was written over.
		expect(outcome(await deliver(repeated, busy))).toBe('503');
		expect(outcome(await deliver(repeated, { process: processor(0) }))).toBe('200');
		expect(outcome(await deliver(repeated, { process: processor(1) }))).toBe('200');
	});

	it('one whose list n8n has lost puts it back', async () => {
		const [first, second] = [await done(), await done()];
		await deliver(first);
		await deliver(second);
		const lost = await deliver(first, { staticData: {} });
		expect(outcome(lost)).toBe('200');
		expect(JSON.parse(JSON.stringify(lost.staticData))).toEqual({
			'node:Trigger': { delivered: [first, second] },
		});
	});
});

describe('whether a callback may be a repeated one', () => {
	const now = 1_800_000_000_000;
	it.each<[string, boolean, number, number, boolean]>([
		['3 s late, since the last was taken then', true, 3_000, 3_000, false],
		['just in time', false, 500, 3_000, true],
		['3 s late, while this process takes all that come', false, 3_000, 200, false],
		['3 s late, while this process and others take some', true, 3_000, 200, true],
		['3 s late, long after the last was taken', false, 3_000, 20_000, true],
		['two minutes late, since the last was taken then', false, 120_000, 120_000, true],
		['3 s late, and none was ever taken here', false, 3_000, Infinity, true],
	])('it is %s: %p', (_, expected, delay, quiet, hasOthers) => {
		expect(mayBeRepeated(now - delay, now - quiet, hasOthers, now)).toBe(expected);
	});
});

describe('when n8n can not start the workflow', () => {
	it.each<[string, 0 | 1]>([
		['', 0],
		[' at the other processor', 1],
	])('the next delivery does%s', async (_, n) => {
		const taskId = await done();
		engine.database.refused.add('start');
		expect(outcome(await deliver(taskId))).toBe('500');
		expect(outcome(await deliver(taskId))).toBe('500');
		engine.database.refused.clear();
		expect(outcome(await deliver(taskId, { process: processor(n) }))).toBe(STARTED);
		expect(outcome(await deliver(taskId))).toBe('200');
	});

	it('others that start meanwhile do not make the other processor believe that it did', async () => {
		const [refused, taken] = [await done(), await done()];
		engine.database.refused.add('start');
		expect(outcome(await deliver(refused))).toBe('500');
		engine.database.refused.clear();
		expect(outcome(await deliver(taken))).toBe(STARTED);
		expect(outcome(await deliver(refused, { process: processor(1) }))).toBe(STARTED);
	});

	const refuseOnce = () =>
		jest.spyOn(engine.database, 'create').mockRejectedValueOnce(new Error('The database is away'));

	it('and the caller has hung up, the next delivery does', async () => {
		const taskId = await done();
		const start = refuseOnce();
		await deliverAndHangUp(taskId);
		await until(() => start.mock.results.length > 0);
		expect(outcome(await deliver(taskId))).toBe(STARTED);
	});

	it('is not the case only because the caller has hung up', async () => {
		const taskId = await done();
		await deliverAndHangUp(taskId);
		await until(() => engine.database.all().some((row) => row.workflowData.id === workflowId));
		await until(async () => (await deliver(taskId)).status === 200);
		expect(engine.database.all().filter((row) => row.workflowData.id === workflowId)).toHaveLength(
			1,
		);
	});

	it('one of the deliveries that wait for it does', async () => {
		const taskId = await done();
		refuseOnce();
		api.settings.latencyMs = 100;
		const answers = Promise.all(Array.from({ length: 3 }, async () => await deliver(taskId)));
		expect((await answers).map(outcome).sort()).toEqual(['200', STARTED, '500'].sort());
	});
});

describe('forged callbacks', () => {
	const forged = (count: number) => Array.from({ length: count }, (_, n) => `cl-forged-${n}`);

	it('become ten queries at a time, and a true one among them starts its workflow', async () => {
		api.settings.latencyMs = 20;
		const taskId = await done();
		const answers = forged(60).map(async (id) => await send(id));
		const answer = await deliver(taskId);
		expect(outcome(answer)).toBe(STARTED);
		expect(new Set((await Promise.all(answers)).map(outcome))).toEqual(new Set(['404']));
		const starts = api.queries().map(({ at }) => at);
		expect(starts).toHaveLength(61);
		for (const [n, at] of starts.slice(10).entries()) expect(at - starts[n]).toBeGreaterThan(15);
	});

	it('of one task are one query', async () => {
		api.settings.latencyMs = 100;
		const answers = await Promise.all(Array.from({ length: 20 }, async () => await send('cl-x')));
		expect(new Set(answers.map(outcome))).toEqual(new Set(['404']));
		expect(api.queries()).toHaveLength(1);
	});

	it('of an unknown task are not asked for again for some seconds', async () => {
		await send('cl-y');
		const reads = engine.credentialReads;
		pass(4_000);
		expect(outcome(await send('cl-y'))).toBe('404');
		expect(api.queries()).toHaveLength(1);
		expect(engine.credentialReads).toBe(reads);
		pass(2_000);
		expect(outcome(await send('cl-y'))).toBe('404');
		expect(api.queries()).toHaveLength(2);
	});

	it('with an id that is none are refused at once', async () => {
		expect(outcome(await send('x'.repeat(201)))).toBe('400');
		expect(api.log).toHaveLength(0);
	});

	it('with wrong signatures do not make n8n read the credential each time', async () => {
		const options = { parameters: { options: { verify: false } }, query: { signature: 'wrong' } };
		const taskId = await done();
		for (let n = 0; n < 10; n++) expect(outcome(await deliver(taskId, options))).toBe('401');
		const reads = engine.credentialReads;
		for (let n = 0; n < 10; n++) expect(outcome(await deliver(taskId, options))).toBe('401');
		expect(engine.credentialReads).toBe(reads);
	});
});

describe('a remembered key that does not work any more', () => {
	it('is read anew when the API refuses it', async () => {
		expect(outcome(await deliver(await done()))).toBe(STARTED);
		const next = await done();
		api.settings.apiKey = 'new-key';
		engine.credentials = { apiKey: 'new-key', baseUrl: api.url };
		expect(outcome(await deliver(next))).toBe(STARTED);
		expect(api.queries(next)).toHaveLength(2);
	});

	it('is read anew when a signature does not match it', async () => {
		const parameters = { options: { verify: false } };
		const first = { parameters, query: await signedQuery() };
		expect(outcome(await deliver(await done(), first))).toBe(STARTED);
		engine.credentials = { apiKey: 'new-key', baseUrl: api.url };
		api.settings.apiKey = [KEY, 'new-key'];
		const second = { parameters, query: await signedQuery() };
		api.settings.apiKey = KEY;
		expect(outcome(await deliver(await done(), second))).toBe(STARTED);
	});
});

describe('a test listener', () => {
	const test = { mode: 'manual' as const };
	const listen = async () => await engine.hook('create', trigger(), { workflowId, isTest: true });
	const process = () => engine.processes[0];
	const testDeliver = async (taskId: string) =>
		await deliver(taskId, { ...test, process: process() });

	it('takes what production has had, and leaves no trace there', async () => {
		const [first, second] = [await done(), await done()];
		expect(outcome(await deliver(first, { process: process() }))).toBe(STARTED);
		await listen();
		expect(outcome(await testDeliver(first))).toBe(STARTED);
		expect(outcome(await testDeliver(second))).toBe(STARTED);
		expect(outcome(await deliver(second, { process: process() }))).toBe(STARTED);
	});

	it('starts once for a task, and again when it listens again', async () => {
		const taskId = await done();
		await listen();
		expect(outcome(await testDeliver(taskId))).toBe(STARTED);
		expect(outcome(await testDeliver(taskId))).toBe('200');
		await listen();
		expect(outcome(await testDeliver(taskId))).toBe(STARTED);
	});

	it('does not make production forget when it begins', async () => {
		const taskId = await done();
		await deliver(taskId, { process: process() });
		await listen();
		expect(outcome(await deliver(taskId, { process: process() }))).toBe('200');
	});
});

/** The query of the URL that a node of the workflow gives the vendor. */
async function signedQuery(options: object = {}): Promise<Record<string, string>> {
	api.settings.callbacks = 'dropped';
	const run = await engine.run({
		...withTrigger(
			kling({
				operation: 'identifyFace',
				videoUrl: VIDEO,
				waitMode: 'trigger',
				options: { checkMedia: false, ...options },
			}),
		),
		workflowId,
		active: true,
	});
	expect(run.error).toBeUndefined();
	return Object.fromEntries(new URL(bodies(api).at(-1)!.callback_url!).searchParams);
}

describe('the reference of an order', () => {
	const json = (answer: Answer) => answer.run!.items('Trigger')[0].json;

	it.each([
		['', { verify: true }],
		[' without verification', { verify: false }],
	])('comes out with its result%s', async (_, options) => {
		const query = await signedQuery({ reference: 'row 7/ü&x=1' });
		const taskId = await done();
		const answer = await deliver(taskId, { parameters: { options }, query });
		expect(json(answer)).toMatchObject({ taskId, reference: 'row 7/ü&x=1' });
	});

	it('is not believed when it was changed on the way', async () => {
		const query = { ...(await signedQuery({ reference: 'row 7' })), reference: 'row 8' };
		const taskId = await done();
		const parameters = { options: { verify: false } };
		expect(outcome(await deliver(taskId, { parameters, query }))).toBe('401');
		const answer = await deliver(taskId, { query });
		expect(json(answer)).toMatchObject({ taskId });
		expect(json(answer)).not.toHaveProperty('reference');
	});

	it('of a callback that is not signed is not believed', async () => {
		const answer = await deliver(await done(), { query: { reference: 'row 7' } });
		expect(json(answer)).not.toHaveProperty('reference');
	});

	it('that is too long for a URL is refused before anything is spent', async () => {
		const run = await engine.run({
			...withTrigger(
				kling({
					operation: 'identifyFace',
					videoUrl: VIDEO,
					waitMode: 'trigger',
					options: { reference: 'x'.repeat(501) },
				}),
			),
			workflowId,
			active: true,
		});
		expect(run.error!.message).toMatch(/reference has 501 characters/);
		expect(api.creates()).toHaveLength(0);
	});
});

describe('a task of another revision of the API', () => {
	it('is known by its kind, not by the name of its model', async () => {
		api.settings.queryExtras = { model: 'kling-lip-sync-video' };
		const taskId = await done();
		const only = (model: string) => ({ parameters: { models: [model] } });
		expect(outcome(await deliver(taskId, only('kling-identify-face')))).toBe('200');
		const answer = await deliver(taskId, only(LIP_SYNC));
		expect(answer.run!.items('Trigger')[0].json).toMatchObject({
			taskId,
			model: 'kling-lip-sync-video',
		});
	});
});

it('the length of the video and the cost are known from the callback where the API is silent', async () => {
	const taskId = await done();
	const { run } = await deliver(taskId);
	expect(run!.items('Trigger')[0].json).toMatchObject({
		taskId,
		videoDuration: 8,
		estimatedCostUsd: 0.0126,
	});
});

it('no key is ever in the log', async () => {
	const { taskId } = await identified(api);
	api.fail({ kind: 'status', status: 401, times: 2 });
	expect(outcome(await deliver(taskId))).toBe('503');
	expect(deepText(engine.logs)).not.toContain(KEY);
});
