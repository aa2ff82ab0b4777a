import type { ITaskData } from 'n8n-workflow';
import type { Engine, EngineOptions } from './harness';
import { createEngine } from './harness';
import type { LocalServer } from './localServer';
import { startServer } from './localServer';
import {
	events,
	Faces,
	FACES,
	Flaky,
	FLAKY,
	ProbeApi,
	Trigger,
	TRIGGER,
	tries,
	Wait,
	WAIT,
} from './probes';
import type { Run } from './run';
import type { NodeData } from './workflows';
import { wired } from './workflows';

let api: LocalServer;
let engine: Engine;
const hits: string[] = [];

beforeAll(async () => {
	api = await startServer((req, res) => {
		const { url = '' } = req;
		const { authorization } = req.headers;
		hits.push(url);
		const refusals: Record<string, number> = { 'Bearer wrong': 401, 'Bearer poor': 402 };
		const status = Number(/\/status\/(\d+)/.exec(url)?.[1] ?? 200);
		const answered = url === '/test' ? (refusals[authorization ?? ''] ?? 404) : status;
		const code = authorization === 'Bearer ill' ? 500 : answered;
		res
			.writeHead(answered, { 'Content-Type': 'application/json' })
			.end(JSON.stringify({ authorization, code }));
	});
});
afterAll(async () => await api.close());

const create = async (options?: EngineOptions) =>
	await createEngine({
		nodeTypes: {
			[WAIT]: new Wait(),
			[FLAKY]: new Flaky(),
			[TRIGGER]: new Trigger(),
			[FACES]: new Faces(),
		},
		credentialTypes: { probeApi: new ProbeApi() },
		credentials: { apiKey: 'test-key', baseUrl: api.url },
		...options,
	});
beforeEach(async () => {
	engine = await create();
	for (const key of Object.keys(tries)) delete tries[key];
});

const waitNode = { name: 'Wait', type: WAIT };
const collect = { name: 'Collect', type: 'test.collect' };

describe('executions', () => {
	it('runs a chain with an authenticated request', async () => {
		const run = await engine.run({
			nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'request' } }, collect],
		});
		expect(run.error).toBeUndefined();
		expect(run.status).toBe('success');
		expect(run.items('Collect')[0].json.authorization).toBe('Bearer test-key');
		expect(engine.credentialReads).toBe(2);
	});

	it('leaves retries and error branches to the engine', async () => {
		const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
		const never: NodeData = { name: 'Never', type: FLAKY, parameters: { kind: 'fail' } };
		const nodes: NodeData[] = [
			{ name: 'Once', type: FLAKY, parameters: { kind: 'once' }, ...retry },
			{ ...never, onError: 'continueErrorOutput' },
			collect,
		];
		const connections = wired({ Once: [['Never']], Never: [[], ['Collect']] });
		const run = await engine.run({ nodes, connections });
		expect([run.status, run.runs('Once'), tries.Once]).toEqual(['success', 1, 2]);
		expect(run.items('Never', 1)).toHaveLength(1);
		expect(run.items('Collect')).toHaveLength(1);

		const failed = await engine.run({ nodes: [never] });
		expect([failed.status, failed.error?.message, failed.error?.context.itemIndex]).toEqual([
			'error',
			'flaked',
			0,
		]);
		const rejected = await engine.run({
			nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'rejected' } }],
		});
		expect(rejected.error?.httpCode).toBe('402');
	});

	it('refuses a node without its credential, and an invalid workflow', async () => {
		const run = await engine.run({
			nodes: [{ name: 'Flaky', type: FLAKY, credentials: {}, parameters: { kind: 'request' } }],
		});
		expect(run.error?.message).toMatch(/does not have any credentials set/);
	});

	it('loops', async () => {
		const nodes = [
			{ name: 'Items', type: 'test.items', parameters: { items: [{ a: 1 }, { a: 2 }] } },
			{ name: 'Flaky', type: FLAKY },
			{
				name: 'Switch',
				type: 'test.switch',
				parameters: { output: '={{ $runIndex < 2 ? 0 : 1 }}' },
			},
			collect,
		];
		const connections = wired({
			Items: [['Flaky']],
			Flaky: [['Switch']],
			Switch: [['Flaky'], ['Collect']],
		});
		const run = await engine.run({ nodes, connections });
		expect([run.status, run.runs('Flaky'), run.runs('Collect')]).toEqual(['success', 3, 1]);
		expect(run.items('Collect').map(({ json }) => json)).toEqual([
			{ a: 1, tried: 3 },
			{ a: 2, tried: 3 },
		]);
	});

	it('starts anywhere with earlier results', async () => {
		const runData: Record<string, ITaskData[]> = {
			Items: [
				{
					data: { main: [[{ json: { a: 1 } }]] },
					source: [],
					executionStatus: 'success',
					startTime: 0,
					executionTime: 0,
					executionIndex: 0,
				},
			],
		};
		const nodes = [
			{ name: 'Items', type: 'test.items' },
			{
				name: 'Faces',
				type: 'test.items',
				parameters: { items: '={{ [{ of: $("Items").item.json.a }] }}' },
			},
		];
		const run = await engine.run({ nodes, startNode: 'Faces', runData, input: [{ json: {} }] });
		expect(run.items('Faces')[0].json).toEqual({ of: 1 });
	});

	it('cancels', async () => {
		const hanging = new Promise<void>((resolve) => (events.hanging = resolve));
		const { promise, cancel } = engine.start({
			nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'hang' } }, collect],
		});
		await hanging;
		cancel();
		const run = await promise;
		expect([run.status, run.runs('Collect'), events.cancelled]).toEqual(['canceled', 0, true]);
	});

	it('keeps static data of production executions only', async () => {
		const nodes = [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'static' } }];
		await engine.run({ nodes, mode: 'manual' });
		expect(engine.database.staticData).toEqual({});
		await engine.run({ nodes, workflowId: 'w1' });
		expect(engine.database.staticData).toEqual({ w1: { global: { seen: true } } });
	});

	it('captures the log, per engine', async () => {
		const other = await create();
		const [run] = await Promise.all([
			engine.run({ nodes: [waitNode] }),
			other.run({ nodes: [collect] }),
		]);
		const lines = engine.logs.filter(({ level }) => level === 'info');
		expect(lines).toEqual([
			{ level: 'info', message: 'suspending', meta: { url: engine.resumeUrl(run) } },
		]);
		expect(other.logs.some(({ message }) => message === 'suspending')).toBe(false);
	});
});

describe('waiting', () => {
	let run: Run;
	beforeEach(async () => {
		engine.database.staticData['workflow-1'] = { global: { kept: true } };
		run = await engine.run({
			nodes: [{ ...waitNode, parameters: { label: '=label {{ $json.n }}' } }, collect],
			input: [{ json: { n: 1 } }, { json: { n: 2 } }],
		});
	});

	it('suspends and resumes by webhook', async () => {
		expect(run.status).toBe('waiting');
		expect(run.waitTill).toBeInstanceOf(Date);
		expect(engine.resumeUrl(run)).toMatch(
			/^https:\/\/n8n\.example\.com\/webhook-waiting\/1\?signature=[0-9a-f]{64}$/,
		);
		expect(await engine.resumeByWebhook(run, 'Wait')).toMatchObject({
			status: 200,
			body: { waiting: true },
			resumed: false,
		});
		expect(await engine.resumeByWebhook(run, 'Wait', { body: { own: true } })).toMatchObject({
			status: 202,
			body: { own: true },
			resumed: false,
		});

		const answer = await engine.resumeByWebhook(run, 'Wait', {
			body: { done: true },
			query: { x: 'y' },
		});
		expect(answer).toMatchObject({ status: 200, body: { thanks: true }, resumed: true });
		expect(answer.run!.status).toBe('success');
		expect(answer.run!.runs('Wait')).toBe(1);
		expect(answer.run!.items('Collect')).toHaveLength(2);
		expect(answer.run!.items('Collect')[1]).toMatchObject({
			json: { tasks: ['t1', 't2'], n: 1, label: 'label 1', query: 'y', staticData: {} },
			pairedItem: { item: 1 },
		});
		expect(await engine.resumeByWebhook(run, 'Wait', { body: { done: true } })).toMatchObject({
			status: 409,
			resumed: false,
		});
	});

	it('answers like the server what does not match', async () => {
		const url = engine.resumeUrl(run);
		expect(await engine.deliver(url, { body: {} })).toMatchObject({ status: 404 });
		expect(await engine.deliver(url.replace('?', '/probe?'), { method: 'GET' })).toMatchObject({
			status: 404,
		});
		expect(await engine.resumeByWebhook(run, 'Wait', { query: { signature: 'no' } })).toMatchObject(
			{
				status: 401,
				body: { error: 'Invalid token' },
			},
		);
		expect(await engine.deliver(url.replace('/1?', '/99?'))).toMatchObject({ status: 404 });
		expect(await engine.resumeByWebhook(run, 'Wait', { body: '{' })).toMatchObject({ status: 422 });
	});

	it('lets one of several callers resume', async () => {
		const answers = await Promise.all(
			[1, 2, 3].map(
				async () => await engine.resumeByWebhook(run, 'Wait', { body: { done: true } }),
			),
		);
		const [one, ...others] = answers.map(({ status }) => status).sort();
		expect(one).toBe(200);
		// Who comes before n8n has compared gets 500, who comes after it 409.
		for (const status of others) expect([409, 500]).toContain(status);
		expect(answers.filter(({ resumed }) => resumed)).toHaveLength(1);
	});

	it('loses the results when webhook() throws', async () => {
		const answer = await engine.resumeByWebhook(run, 'Wait', { body: { crash: true } });
		expect(answer).toMatchObject({
			status: 500,
			resumed: true,
			threw: { message: 'webhook crashed' },
		});
		expect(answer.run!.status).toBe('error');
	});

	it('resumes by timeout with the input items', async () => {
		const resumed = await engine.resumeByTimeout(run);
		expect(resumed.status).toBe('success');
		expect(resumed.items('Collect').map(({ json }) => json)).toEqual([
			{ n: 1, timedOut: true },
			{ n: 2, timedOut: true },
		]);
		await expect(engine.resumeByTimeout(run)).rejects.toThrow('not waiting');
	});

	it('routes failed items of a resumed node to its error output', async () => {
		const connections = wired({ Wait: [[], ['Collect']] });
		const waiting = await engine.run({
			nodes: [{ ...waitNode, onError: 'continueErrorOutput' }, collect],
			connections,
			input: [{ json: { n: 1 } }],
		});
		const answer = await engine.resumeByWebhook(waiting, 'Wait', {
			body: { done: true, fail: true },
		});
		expect(answer.run!.items('Collect')[0].json).toMatchObject({ error: 'failed', n: 1 });
	});
});

describe('trigger', () => {
	const trigger = { name: 'Trigger', type: TRIGGER };

	it('answers webhooks', async () => {
		const answer = await engine.webhook(trigger, { body: { id: 'a' }, workflowId: 'w2' });
		expect(answer).toMatchObject({
			status: 200,
			body: { ok: 'a' },
			staticData: { global: { a: true } },
		});
		expect(answer.workflowData![0][0].json).toEqual({
			id: 'a',
			apiKey: 'test-key',
			mode: 'webhook',
			url: 'https://n8n.example.com/webhook/w2/probe',
		});
		expect(
			await engine.webhook('Trigger', {
				workflow: { nodes: [trigger] },
				body: { id: 'a' },
				workflowId: 'w2',
			}),
		).toMatchObject({ status: 200, body: 'again' });
		expect(
			(await engine.webhook(trigger, { body: { id: 'a' }, workflowId: 'w2', mode: 'manual' }))
				.workflowData,
		).toHaveLength(1);
		expect(
			(await engine.webhook(trigger, { body: { id: 'a' }, workflowId: 'w2', staticData: {} }))
				.workflowData,
		).toHaveLength(1);
		expect(await engine.webhook(trigger, { body: {} })).toMatchObject({
			status: 400,
			body: { bad: true },
		});
		expect(await engine.webhook(trigger)).toMatchObject({
			status: 500,
			threw: expect.any(TypeError),
		});
		expect(await engine.webhook(trigger, { method: 'GET' })).toMatchObject({ status: 404 });
		expect(engine.database.staticData).toEqual({ w2: { global: { a: true } } });
	});

	it('runs hooks', async () => {
		const options = { workflowId: 'w3' };
		expect((await engine.hook('checkExists', trigger, options)).result).toBe(false);
		expect(await engine.hook('create', trigger, options)).toEqual({
			result: true,
			staticData: {
				'node:Trigger': {
					url: 'https://n8n.example.com/webhook/w3/probe',
					modes: 'trigger,activate',
				},
			},
		});
		expect((await engine.hook('checkExists', trigger, options)).result).toBe(true);
		const test = await engine.hook('create', trigger, { ...options, isTest: true });
		expect([test.result, test.staticData!['node:Trigger']]).toEqual([
			true,
			{ url: 'https://n8n.example.com/webhook-test/w3/probe', modes: 'manual,manual' },
		]);
		await engine.hook('delete', trigger, options);
		expect(engine.database.staticData.w3).toEqual({ 'node:Trigger': {} });
	});
});

it('loads fields', async () => {
	const { fields } = await engine.loadFields('getFaces', {
		parameters: { task: 't9' },
		nodeType: FACES,
	});
	expect(fields.map(({ id }) => id)).toEqual(['t9', 'test-key']);
	expect(await engine.loadFields('getOptions')).toEqual([
		{ name: 'default-task', value: 'absent' },
	]);
	expect(await engine.loadFields('search', { filter: 'f', paginationToken: '2' })).toEqual({
		results: [{ name: 'f', value: '2' }],
	});
	await expect(engine.loadFields('getFaces', { credentials: {} })).rejects.toThrow('credentials');
});

it.each(['engine', 'invoke'])('runs a node as a tool (%s)', async (agent) => {
	const node = { type: WAIT, parameters: { label: '={{ $fromAI("label", "a label") }}' } };
	const { output, run } = await engine.runAsTool(node, { label: 'hi' }, { agent });
	expect(run.error).toBeUndefined();
	expect(output).toEqual([{ label: 'hi', input: expect.objectContaining({ label: 'hi' }) }]);
});

it('tests a credential', async () => {
	const test = async (apiKey: string, baseUrl = api.url) =>
		await engine.testCredential('probeApi', { apiKey, baseUrl });
	expect(await test('good')).toEqual({ status: 'OK', message: 'Connection successful!' });
	expect(await test('wrong')).toEqual({ status: 'Error', message: 'The key is wrong' });
	expect(await test('poor')).toEqual({ status: 'Error', message: 'Payment Required' });
	expect(await test('ill')).toEqual({ status: 'Error', message: 'The service is ill' });
	expect(await test('good', 'http://127.0.0.1:1')).toEqual({
		status: 'Error',
		message: 'ECONNREFUSED',
	});
	expect(hits.filter((url) => url === '/test').length).toBeGreaterThan(3);
});

describe.each(['default', 'filesystem'] as const)('binary data, mode %s', (binaryMode) => {
	it('stores, reads and signs', async () => {
		engine = await create({ binaryMode });
		const base = await engine.serveBinary();
		const data = await engine.storeBinary('abc', { fileName: 'a.mp4', mimeType: 'video/mp4' });
		const run = await engine.run({
			nodes: [
				{ name: 'Flaky', type: FLAKY, parameters: { kind: 'binary', url: `${api.url}/echo` } },
			],
			input: [{ json: {}, binary: { data } }],
		});
		expect(run.error).toBeUndefined();
		const [item] = run.items<{ signed: string }>('Flaky');
		expect((await engine.binary(item, 'twice')).toString()).toBe('abcabc');
		expect(JSON.parse(String(await engine.binary(item, 'streamed')))).toEqual({ code: 200 });
		expect(Boolean(item.binary.twice.id)).toBe(binaryMode === 'filesystem');
		const { signed } = item.json;
		if (binaryMode === 'default') return expect(signed).toBeUndefined();

		expect(signed.startsWith(`${base}/rest/binary-data/signed?token=`)).toBe(true);
		const response = await fetch(signed);
		expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
			200,
			'video/mp4',
			'abc',
		]);
		expect((await fetch(signed.slice(0, -3))).status).toBe(400);
	});
});

it('takes callbacks over HTTP', async () => {
	await engine.serveBinary();
	const run = await engine.run({ nodes: [waitNode, collect], input: [{ json: { n: 1 } }] });
	const url = engine.resumeUrl(run).replace('?', '/probe?');
	const post = async (body: object) =>
		await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	expect(await (await post({})).json()).toEqual({ waiting: true });
	expect((await post({ done: true })).status).toBe(200);
	expect((await engine.finished(run.executionId)).items('Collect')[0].json.n).toBe(1);
});
