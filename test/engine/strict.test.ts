import { until } from './helpers';
import type { Engine, EngineOptions } from './harness';
import { createEngine } from './harness';
import { Flaky, FLAKY, Listener, LISTENER, ProbeApi, responses, Starter, STARTER } from './probes';
import type { Run } from './run';
import type { NodeData } from './workflows';
import { wired } from './workflows';

let engine: Engine;

const create = async (options?: EngineOptions) => {
	engine = await createEngine({
		nodeTypes: () => ({
			[LISTENER]: new Listener(),
			[STARTER]: new Starter(),
			[FLAKY]: new Flaky(),
		}),
		credentialTypes: { probeApi: new ProbeApi() },
		...options,
	});
};

beforeEach(async () => {
	Object.assign(responses, { heard: [], called: 0, gate: async () => {} });
	await create();
});

const listener: NodeData = { name: 'Wait', type: LISTENER };
const starter: NodeData = { name: 'Starter', type: STARTER };
const collect: NodeData = { name: 'Collect', type: 'test.collect' };
const suspended = async (nodes = [listener, collect]) => await engine.run({ nodes });
const statusOf = ({ executionId }: Run) =>
	engine.database.all().find(({ id }) => id === executionId)?.status;

/** Holds the webhooks up until it is opened. */
function gate() {
	let open!: () => void;
	const opened = new Promise<void>((resolve) => (open = resolve));
	responses.gate = async () => await opened;
	return { open };
}

/** A call whose caller hangs up while the node is at work, and what comes of it. */
async function hangUp(call: (signal: AbortSignal) => Promise<unknown>) {
	const { open } = gate();
	const caller = new AbortController();
	const hungUp = call(caller.signal).catch((error: Error) => error.name);
	await until(() => responses.called);
	caller.abort();
	expect(await hungUp).toBe('AbortError');
	await until(() => responses.heard.length);
	open();
	await until(() => responses.heard.length > 1);
}

describe('the response that a node gets', () => {
	it('is finished, then closed, with the status that n8n has given', async () => {
		await engine.resumeByWebhook(await suspended(), 'Wait');
		await until(() => responses.heard.length === 3);
		expect(responses.heard).toEqual([
			'goes on: 200 unfinished alive',
			'finish: 200 finished alive',
			'close: 200 finished destroyed',
		]);
	});

	it('is closed and never finished when the caller hangs up, and n8n goes on all the same', async () => {
		const run = await suspended();
		await hangUp(async (signal) => await engine.resumeByWebhook(run, 'Wait', { signal }));
		expect((await engine.finished(run.executionId)).status).toBe('success');
		expect(responses.heard).toEqual([
			'close: 200 unfinished destroyed',
			'goes on: 200 unfinished destroyed',
		]);
	});
});

describe('an n8n whose database refuses', () => {
	it('to go on answers 500, and still waits', async () => {
		const run = await suspended();
		engine.database.refused.add('resume');
		const answer = await engine.resumeByWebhook(run, 'Wait');
		expect(answer).toMatchObject({
			status: 500,
			body: { code: 0, message: 'There was a problem executing the workflow' },
			resumed: false,
		});
		expect(statusOf(run)).toBe('waiting');
		await until(() => responses.heard.includes('finish: 500 finished alive'));
		engine.database.refused.clear();
		expect(await engine.resumeByWebhook(run, 'Wait')).toMatchObject({ status: 200, resumed: true });
	});

	it('to start answers 500, and forgets what the trigger has noted', async () => {
		engine.database.refused.add('start');
		expect(await engine.webhook(starter)).toMatchObject({ status: 500, run: undefined });
		expect(engine.database.staticData).toEqual({});
		engine.database.refused.clear();
		const answer = await engine.webhook(starter);
		expect(answer).toMatchObject({ status: 200, run: { status: 'success' } });
		expect(engine.database.staticData).toEqual({ 'workflow-1': { global: { calls: 1 } } });
	});
});

describe('an execution that is read, goes on and waits again meanwhile', () => {
	const loop = wired({ Wait: [['Again']], Again: [['Wait'], ['Collect']] });
	const again: NodeData = {
		name: 'Again',
		type: 'test.switch',
		parameters: { output: '={{ $runIndex < 2 ? 0 : 1 }}' },
	};
	const looping = async () =>
		await engine.run({ nodes: [listener, again, collect], connections: loop });

	it('is put back to what was read of it, by a caller who is held up', async () => {
		const run = await looping();
		const { open } = gate();
		const late = engine.resumeByWebhook(run, 'Wait');
		await until(() => responses.called);
		responses.gate = async () => {};
		const first = await engine.resumeByWebhook(run, 'Wait');
		expect([first.run?.status, first.run?.runs('Wait')]).toEqual(['waiting', 2]);
		open();
		const second = await late;
		expect(second.status).toBe(200);
		// The second run of the node is gone: it runs a second time.
		expect([second.run?.status, second.run?.runs('Wait')]).toEqual(['waiting', 2]);
	});

	it('is resumed by the timer of an earlier wait', async () => {
		const run = await looping();
		engine.setTimers(Date.now() + 3_600_000);
		const { run: waiting } = await engine.resumeByWebhook(run, 'Wait');
		expect(waiting?.status).toBe('waiting');
		expect(await engine.ring(run)).toBe(true);
		expect((await engine.finished(run.executionId)).runs('Wait')).toBe(3);
		expect(await engine.ring(run)).toBe(false);
	});

	it('goes on once when timer and caller come together', async () => {
		const run = await suspended();
		engine.setTimers(Date.now() + 3_600_000);
		const { open } = gate();
		const late = engine.resumeByWebhook(run, 'Wait');
		await until(() => responses.called);
		expect(await engine.ring(run)).toBe(true);
		open();
		expect((await late).status).toBe(500);
		expect((await engine.finished(run.executionId)).runs('Collect')).toBe(1);
	});
});

it('has no timer for a wait that is far from over', async () => {
	const run = await suspended();
	engine.setTimers();
	expect(await engine.ring(run)).toBe(false);
	expect(statusOf(run)).toBe('waiting');
});

it('starts a published workflow by a call to its URL', async () => {
	const base = await engine.serveBinary();
	const call = async () => await fetch(`${base}/webhook/starter`, { method: 'POST' });
	expect((await call()).status).toBe(404);
	await engine.publish('Starter', {
		workflow: { nodes: [starter, collect], connections: wired({ Starter: [['Collect']] }) },
	});
	expect(await (await call()).json()).toEqual({ taken: true });
	const [{ id }] = engine.database.all();
	expect((await engine.finished(id)).items('Collect')).toHaveLength(1);
});

describe('several processes', () => {
	const seen: NodeData = { name: 'Seen', type: FLAKY, parameters: { kind: 'seesStatic' } };

	beforeEach(async () => {
		await create({ processes: ['webhook', 'webhook', 'worker', 'worker'] });
		engine.database.staticData['workflow-1'] = { global: { stored: true } };
	});

	it('share one database, and take calls and work in turn', async () => {
		const run = await suspended();
		const answer = await engine.resumeByWebhook(run, 'Wait');
		expect(answer).toMatchObject({ status: 200, run: { status: 'success' } });
		expect((await engine.resumeByWebhook(run, 'Wait')).status).toBe(409);
	});

	it('show a worker the static data of an execution that goes on, but of no new one', async () => {
		const fresh = await engine.run({ nodes: [seen] });
		expect(fresh.items('Seen')[0].json).toEqual({});
		const { run } = await engine.resumeByWebhook(await suspended([listener, seen]), 'Wait');
		expect(run?.items('Seen')[0].json).toEqual({ stored: true });
		const timed = await engine.resumeByTimeout(await suspended([listener, seen]));
		expect(timed.items('Seen')[0].json).toEqual({});
	});

	it('read the static data anew for each call of a trigger, and write all of it back', async () => {
		delete engine.database.staticData['workflow-1'];
		const { open } = gate();
		const calls = [1, 2].map(async () => await engine.webhook(starter));
		await until(() => responses.called === 2);
		open();
		await Promise.all(calls);
		// Neither has seen what the other was about to write.
		expect(engine.database.staticData['workflow-1']).toEqual({ global: { calls: 1 } });
	});

	it('forget that the node has changed static data, where there were any and a workflow starts', async () => {
		await engine.webhook(starter);
		expect(engine.database.staticData['workflow-1']).toEqual({ global: { stored: true } });
	});

	it('can be killed: what ran there has crashed, the others go on', async () => {
		const hang: NodeData = { name: 'Hang', type: FLAKY, parameters: { kind: 'hang' } };
		const { promise, executionId } = engine.start({ nodes: [hang] });
		await until(() => engine.processes.some(({ runner }) => runner.has(executionId)));
		engine.kill(engine.processes.find(({ runner }) => runner.has(executionId))!);
		expect((await promise).status).toBe('crashed');
		expect((await engine.run({ nodes: [collect] })).status).toBe('success');
	});
});

it('has the executions of a dead main process as crashed once another has started', async () => {
	const hang: NodeData = { name: 'Hang', type: FLAKY, parameters: { kind: 'hang' } };
	const run = await suspended();
	const [main] = engine.processes;
	const { promise, executionId } = engine.start({ nodes: [hang] });
	await until(() => main.runner.has(executionId));
	engine.kill(main);
	await promise;
	engine.startProcess('main');
	const statuses = engine.database.all().map(({ id, status }) => [id, status]);
	expect(statuses).toEqual([
		[run.executionId, 'waiting'],
		[executionId, 'crashed'],
	]);
	expect((await engine.resumeByWebhook(run, 'Wait')).run?.status).toBe('success');
});
