'use strict';

const http = require('node:http');
const { NodeApiError, NodeOperationError, sleep } = require('n8n-workflow');
const { createEngine } = require('./harness');

const WAIT = 'probe.wait';
const FLAKY = 'probe.flaky';
const TRIGGER = 'probe.trigger';
const FACES = 'probe.faces';
const tries = {};

const describeNode = (name, extra) => ({
	displayName: name,
	name,
	group: ['transform'],
	version: 1,
	description: `The ${name} probe`,
	defaults: { name },
	inputs: ['main'],
	outputs: ['main'],
	credentials: [{ name: 'probeApi', required: true }],
	properties: [],
	...extra,
});

class ProbeApi {
	name = 'probeApi';
	displayName = 'Probe API';
	properties = [
		{ displayName: 'Key', name: 'apiKey', type: 'string', default: '' },
		{ displayName: 'URL', name: 'baseUrl', type: 'string', default: '' },
	];
	authenticate = { type: 'generic', properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } } };
	test = {
		request: {
			baseURL: '={{$credentials.baseUrl}}',
			url: '/test',
			ignoreHttpStatusErrors: { ignore: true, except: [401, 402] },
		},
		rules: [
			{ type: 'responseCode', properties: { value: 401, message: 'The key is wrong' } },
			{ type: 'responseSuccessBody', properties: { key: 'code', value: 500, message: 'The service is ill' } },
		],
	};
}

/** Suspends with its items, tells its state to a file of the test, and resumes when told that it is done. */
class Wait {
	description = describeNode('wait', {
		usableAsTool: true,
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'probe',
				restartWebhook: true,
				responseMode: 'onReceived',
				responseData: '',
			},
		],
		properties: [{ displayName: 'Label', name: 'label', type: 'string', default: 'none' }],
	});
	async execute() {
		const items = this.getInputData();
		const isTool = this.isToolExecution() || this.getNode().type.endsWith('Tool');
		if (isTool)
			return [items.map((item, i) => ({ json: { label: this.getNodeParameter('label', i), input: item.json } }))];
		this.getContext('node').tasks = ['t1', 't2'];
		this.logger.info('suspending', { url: this.evaluateExpression('{{ $execution.resumeUrl }}', 0) });
		items.forEach((item, i) => (items[i] = { ...item, json: { ...item.json, timedOut: true } }));
		await this.putExecutionToWait(new Date(Date.now() + 3600000));
		// With an error output the engine empties the array it gets: never hand out the input itself.
		return [[...items]];
	}
	async webhook() {
		const body = this.getBodyData();
		if (body?.crash) throw new Error('webhook crashed');
		if (body?.own) {
			this.getResponseObject().status(202).json({ own: true });
			return { noWebhookResponse: true };
		}
		if (!body?.done) return { webhookResponse: { waiting: true } };
		const name = JSON.stringify(this.getNode().name);
		const tasks = this.evaluateExpression(`{{ $node[${name}].context["tasks"] }}`, 0);
		const items = this.evaluateExpression('{{ $input.all() }}', 0);
		await sleep(10);
		const json = {
			tasks,
			n: items[0].json.n,
			label: this.getNodeParameter('label'),
			query: this.getQueryData().x,
			staticData: this.getWorkflowStaticData('global'),
		};
		return {
			webhookResponse: { thanks: true },
			workflowData: [items.map(() => ({ json: body.fail ? { error: 'failed', details: {} } : json }))],
		};
	}
}

class Flaky {
	description = describeNode('flaky', {
		properties: ['kind', 'url'].map((name) => ({ displayName: name, name, type: 'string', default: '' })),
	});
	async execute() {
		const kind = this.getNodeParameter('kind', 0);
		const name = this.getNode().name;
		tries[name] = (tries[name] ?? 0) + 1;
		if (kind === 'fail' && this.continueOnFail()) return [[{ json: { error: 'flaked' }, pairedItem: 0 }]];
		if (kind === 'fail' || (kind === 'once' && tries[name] === 1))
			throw new NodeOperationError(this.getNode(), 'flaked', { itemIndex: 0 });
		if (kind === 'hang') {
			this.onExecutionCancellation(() => (tries.cancelled = true));
			tries.hanging?.();
			await sleep(3600000, this.getExecutionCancelSignal());
		}
		if (kind === 'request') {
			const { baseUrl } = await this.getCredentials('probeApi');
			const request = { url: `${baseUrl}/echo`, json: true };
			return [[{ json: await this.helpers.httpRequestWithAuthentication.call(this, 'probeApi', request) }]];
		}
		if (kind === 'rejected') {
			const { baseUrl } = await this.getCredentials('probeApi');
			try {
				await this.helpers.httpRequestWithAuthentication.call(this, 'probeApi', {
					url: `${baseUrl}/status/402`,
					json: true,
				});
			} catch (error) {
				throw new NodeApiError(this.getNode(), error, { itemIndex: 0 });
			}
		}
		if (kind === 'binary') {
			const given = await this.helpers.getBinaryDataBuffer(0, 'data');
			const signed =
				this.getInputData()[0].binary.data.id && this.helpers.createBinarySignedUrl(this.getInputData()[0].binary.data);
			const response = await this.helpers.httpRequest({
				url: this.getNodeParameter('url', 0),
				encoding: 'stream',
				returnFullResponse: true,
			});
			const streamed = await this.helpers.prepareBinaryData(response.body, 'echo.json', 'application/json');
			const stored = await this.helpers.prepareBinaryData(Buffer.concat([given, given]), 'twice.bin', 'video/mp4');
			return [[{ json: { signed }, binary: { twice: stored, streamed } }]];
		}
		if (kind === 'static') this.getWorkflowStaticData('global').seen = true;
		return [this.getInputData().map((item) => ({ json: { ...item.json, tried: tries[name] } }))];
	}
}

class Trigger {
	description = describeNode('trigger', {
		group: ['trigger'],
		inputs: [],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: '={{$workflow.id}}/probe',
				isFullPath: true,
				responseMode: 'onReceived',
				responseData: '',
			},
		],
	});
	webhookMethods = {
		default: {
			async checkExists() {
				return this.getWorkflowStaticData('node').url === this.getNodeWebhookUrl('default');
			},
			async create() {
				this.getWorkflowStaticData('node').url = this.getNodeWebhookUrl('default');
				return [this.getMode(), this.getActivationMode()].join();
			},
			async delete() {
				delete this.getWorkflowStaticData('node').url;
				return true;
			},
		},
	};
	async webhook() {
		const data = this.getWorkflowStaticData('global');
		const { id } = this.getBodyData();
		if (!id) {
			this.getResponseObject().status(400).json({ bad: true });
			return { noWebhookResponse: true };
		}
		if (data[id]) return { webhookResponse: 'again' };
		data[id] = true;
		const { apiKey } = await this.getCredentials('probeApi');
		return {
			webhookResponse: { ok: id },
			workflowData: [[{ json: { id, apiKey, mode: this.getMode(), url: this.getNodeWebhookUrl('default') } }]],
		};
	}
}

class Faces {
	description = describeNode('faces', {
		properties: [{ displayName: 'Task', name: 'task', type: 'string', default: 'default-task' }],
	});
	methods = {
		resourceMapping: {
			async getFaces() {
				const { apiKey } = await this.getCredentials('probeApi');
				const field = (id) => ({ id, displayName: id, display: true, required: false, defaultMatch: false });
				return { fields: [field(this.getCurrentNodeParameter('task')), field(apiKey), field(apiKey)] };
			},
		},
		loadOptions: {
			async getOptions() {
				return [{ name: this.getNodeParameter('task'), value: this.getCurrentNodeParameter('task') ?? 'absent' }];
			},
		},
		listSearch: {
			async search(filter, token) {
				return { results: [{ name: filter, value: token }] };
			},
		},
	};
	async execute() {
		return [this.getInputData()];
	}
}

let api;
let engine;
const hits = [];

beforeAll(async () => {
	const server = http.createServer((req, res) => {
		hits.push(req.url);
		const ill = req.headers.authorization === 'Bearer ill';
		const code =
			req.url === '/test'
				? ({ 'Bearer wrong': 401, 'Bearer poor': 402 }[req.headers.authorization] ?? 404)
				: Number(/\/status\/(\d+)/.exec(req.url)?.[1] ?? 200);
		res
			.writeHead(code, { 'Content-Type': 'application/json' })
			.end(JSON.stringify({ authorization: req.headers.authorization, code: ill ? 500 : code }));
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	api = {
		url: `http://127.0.0.1:${server.address().port}`,
		close: () => new Promise((resolve) => server.close(resolve)),
	};
	api.server = server;
});
afterAll(async () => {
	api.server.closeAllConnections();
	await api.close();
});

const create = async (options) =>
	await createEngine({
		nodeTypes: { [WAIT]: new Wait(), [FLAKY]: new Flaky(), [TRIGGER]: new Trigger(), [FACES]: new Faces() },
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
		const run = await engine.run({ nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'request' } }, collect] });
		expect(run.error).toBeUndefined();
		expect(run.status).toBe('success');
		expect(run.items('Collect')[0].json.authorization).toBe('Bearer test-key');
		expect(engine.credentialReads).toBe(2);
	});

	it('leaves retries and error branches to the engine', async () => {
		const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
		const nodes = [
			{ name: 'Once', type: FLAKY, parameters: { kind: 'once' }, ...retry },
			{ name: 'Never', type: FLAKY, parameters: { kind: 'fail' }, onError: 'continueErrorOutput' },
			collect,
		];
		const connections = {
			Once: { main: [[{ node: 'Never', type: 'main', index: 0 }]] },
			Never: { main: [[], [{ node: 'Collect', type: 'main', index: 0 }]] },
		};
		const run = await engine.run({ nodes, connections });
		expect([run.status, run.runs('Once'), tries.Once]).toEqual(['success', 1, 2]);
		expect(run.items('Never', 1)).toHaveLength(1);
		expect(run.items('Collect')).toHaveLength(1);

		const failed = await engine.run({ nodes: [nodes[1]].map(({ onError, ...node }) => node) });
		expect([failed.status, failed.error.message, failed.error.context.itemIndex]).toEqual(['error', 'flaked', 0]);
		const rejected = await engine.run({ nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'rejected' } }] });
		expect(rejected.error.httpCode).toBe('402');
	});

	it('refuses a node without its credential, and an invalid workflow', async () => {
		const run = await engine.run({
			nodes: [{ name: 'Flaky', type: FLAKY, credentials: {}, parameters: { kind: 'request' } }],
		});
		expect(run.error.message).toMatch(/does not have any credentials set/);
	});

	it('loops', async () => {
		const nodes = [
			{ name: 'Items', type: 'test.items', parameters: { items: [{ a: 1 }, { a: 2 }] } },
			{ name: 'Flaky', type: FLAKY },
			{ name: 'Switch', type: 'test.switch', parameters: { output: '={{ $runIndex < 2 ? 0 : 1 }}' } },
			collect,
		];
		const connections = {
			Items: { main: [[{ node: 'Flaky', type: 'main', index: 0 }]] },
			Flaky: { main: [[{ node: 'Switch', type: 'main', index: 0 }]] },
			Switch: { main: [[{ node: 'Flaky', type: 'main', index: 0 }], [{ node: 'Collect', type: 'main', index: 0 }]] },
		};
		const run = await engine.run({ nodes, connections });
		expect([run.status, run.runs('Flaky'), run.runs('Collect')]).toEqual(['success', 3, 1]);
		expect(run.items('Collect').map(({ json }) => json)).toEqual([
			{ a: 1, tried: 3 },
			{ a: 2, tried: 3 },
		]);
	});

	it('starts anywhere with earlier results', async () => {
		const runData = {
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
			{ name: 'Faces', type: 'test.items', parameters: { items: '={{ [{ of: $("Items").item.json.a }] }}' } },
		];
		const run = await engine.run({ nodes, startNode: 'Faces', runData, input: [{ json: {} }] });
		expect(run.items('Faces')[0].json).toEqual({ of: 1 });
	});

	it('cancels', async () => {
		const hanging = new Promise((resolve) => (tries.hanging = resolve));
		const { promise, cancel } = engine.start({
			nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'hang' } }, collect],
		});
		await hanging;
		cancel();
		const run = await promise;
		expect([run.status, run.runs('Collect'), tries.cancelled]).toEqual(['canceled', 0, true]);
	});

	it('keeps static data of production executions only', async () => {
		const nodes = [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'static' } }];
		await engine.run({ nodes, mode: 'manual' });
		expect(engine.staticData).toEqual({});
		await engine.run({ nodes, workflowId: 'w1' });
		expect(engine.staticData).toEqual({ w1: { global: { seen: true } } });
	});

	it('captures the log, per engine', async () => {
		const other = await create();
		const [run] = await Promise.all([engine.run({ nodes: [waitNode] }), other.run({ nodes: [collect] })]);
		const lines = engine.logs.filter(({ level }) => level === 'info');
		expect(lines).toEqual([{ level: 'info', message: 'suspending', meta: { url: engine.resumeUrl(run) } }]);
		expect(other.logs.some(({ message }) => message === 'suspending')).toBe(false);
	});
});

describe('waiting', () => {
	let run;
	beforeEach(async () => {
		engine.staticData['workflow-1'] = { global: { kept: true } };
		run = await engine.run({
			nodes: [{ ...waitNode, parameters: { label: '=label {{ $json.n }}' } }, collect],
			input: [{ json: { n: 1 } }, { json: { n: 2 } }],
		});
	});

	it('suspends and resumes by webhook', async () => {
		expect(run.status).toBe('waiting');
		expect(run.waitTill).toBeInstanceOf(Date);
		expect(engine.resumeUrl(run)).toMatch(/^https:\/\/n8n\.example\.com\/webhook-waiting\/1\?signature=[0-9a-f]{64}$/);
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

		const answer = await engine.resumeByWebhook(run, 'Wait', { body: { done: true }, query: { x: 'y' } });
		expect(answer).toMatchObject({ status: 200, body: { thanks: true }, resumed: true });
		expect(answer.run.status).toBe('success');
		expect(answer.run.runs('Wait')).toBe(1);
		expect(answer.run.items('Collect')).toHaveLength(2);
		expect(answer.run.items('Collect')[1]).toMatchObject({
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
		expect(await engine.deliver(url.replace('?', '/probe?'), { method: 'GET' })).toMatchObject({ status: 404 });
		expect(await engine.resumeByWebhook(run, 'Wait', { query: { signature: 'no' } })).toMatchObject({
			status: 401,
			body: { error: 'Invalid token' },
		});
		expect(await engine.deliver(url.replace('/1?', '/99?'))).toMatchObject({ status: 404 });
		expect(await engine.resumeByWebhook(run, 'Wait', { body: '{' })).toMatchObject({ status: 422 });
	});

	it('lets one of several callers resume', async () => {
		const answers = await Promise.all(
			[1, 2, 3].map(async () => await engine.resumeByWebhook(run, 'Wait', { body: { done: true } })),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 500, 500]);
		expect(answers.filter(({ resumed }) => resumed)).toHaveLength(1);
	});

	it('loses the results when webhook() throws', async () => {
		const answer = await engine.resumeByWebhook(run, 'Wait', { body: { crash: true } });
		expect(answer).toMatchObject({ status: 500, resumed: true, threw: { message: 'webhook crashed' } });
		expect(answer.run.status).toBe('error');
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
		const connections = { Wait: { main: [[], [{ node: 'Collect', type: 'main', index: 0 }]] } };
		const waiting = await engine.run({
			nodes: [{ ...waitNode, onError: 'continueErrorOutput' }, collect],
			connections,
			input: [{ json: { n: 1 } }],
		});
		const answer = await engine.resumeByWebhook(waiting, 'Wait', { body: { done: true, fail: true } });
		expect(answer.run.items('Collect')[0].json).toMatchObject({ error: 'failed', n: 1 });
	});
});

describe('trigger', () => {
	const trigger = { name: 'Trigger', type: TRIGGER };

	it('answers webhooks', async () => {
		const answer = await engine.webhook(trigger, { body: { id: 'a' }, workflowId: 'w2' });
		expect(answer).toMatchObject({ status: 200, body: { ok: 'a' }, staticData: { global: { a: true } } });
		expect(answer.workflowData[0][0].json).toEqual({
			id: 'a',
			apiKey: 'test-key',
			mode: 'webhook',
			url: 'https://n8n.example.com/webhook/w2/probe',
		});
		expect(
			await engine.webhook('Trigger', { workflow: { nodes: [trigger] }, body: { id: 'a' }, workflowId: 'w2' }),
		).toMatchObject({ status: 200, body: 'again' });
		expect(
			(await engine.webhook(trigger, { body: { id: 'a' }, workflowId: 'w2', mode: 'manual' })).workflowData,
		).toHaveLength(1);
		expect(
			(await engine.webhook(trigger, { body: { id: 'a' }, workflowId: 'w2', staticData: {} })).workflowData,
		).toHaveLength(1);
		expect(await engine.webhook(trigger, { body: {} })).toMatchObject({ status: 400, body: { bad: true } });
		expect(await engine.webhook(trigger)).toMatchObject({ status: 500, threw: expect.any(TypeError) });
		expect(await engine.webhook(trigger, { method: 'GET' })).toMatchObject({ status: 404 });
		expect(engine.staticData).toEqual({ w2: { global: { a: true } } });
	});

	it('runs hooks', async () => {
		const options = { workflowId: 'w3' };
		expect((await engine.hook('checkExists', trigger, options)).result).toBe(false);
		expect(await engine.hook('create', trigger, options)).toEqual({
			result: 'trigger,activate',
			staticData: { 'node:Trigger': { url: 'https://n8n.example.com/webhook/w3/probe' } },
		});
		expect((await engine.hook('checkExists', trigger, options)).result).toBe(true);
		const test = await engine.hook('create', trigger, { ...options, isTest: true });
		expect([test.result, test.staticData['node:Trigger'].url]).toEqual([
			'manual,manual',
			'https://n8n.example.com/webhook-test/w3/probe',
		]);
		await engine.hook('delete', trigger, options);
		expect(engine.staticData.w3).toEqual({ 'node:Trigger': {} });
	});
});

it('loads fields', async () => {
	const { fields } = await engine.loadFields('getFaces', { parameters: { task: 't9' }, nodeType: FACES });
	expect(fields.map(({ id }) => id)).toEqual(['t9', 'test-key']);
	expect(await engine.loadFields('getOptions')).toEqual([{ name: 'default-task', value: 'absent' }]);
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
	const test = async (apiKey, baseUrl = api.url) => await engine.testCredential('probeApi', { apiKey, baseUrl });
	expect(await test('good')).toEqual({ status: 'OK', message: 'Connection successful!' });
	expect(await test('wrong')).toEqual({ status: 'Error', message: 'The key is wrong' });
	expect(await test('poor')).toEqual({ status: 'Error', message: 'Payment Required' });
	expect(await test('ill')).toEqual({ status: 'Error', message: 'The service is ill' });
	expect(await test('good', 'http://127.0.0.1:1')).toEqual({ status: 'Error', message: 'ECONNREFUSED' });
	expect(hits.filter((url) => url === '/test').length).toBeGreaterThan(3);
});

describe.each(['default', 'filesystem'])('binary data, mode %s', (binaryMode) => {
	it('stores, reads and signs', async () => {
		engine = await create({ binaryMode });
		const base = await engine.serveBinary();
		const data = await engine.storeBinary('abc', { fileName: 'a.mp4', mimeType: 'video/mp4' });
		const run = await engine.run({
			nodes: [{ name: 'Flaky', type: FLAKY, parameters: { kind: 'binary', url: `${api.url}/echo` } }],
			input: [{ json: {}, binary: { data } }],
		});
		expect(run.error).toBeUndefined();
		const [item] = run.items('Flaky');
		expect((await engine.binary(item, 'twice')).toString()).toBe('abcabc');
		expect(JSON.parse(await engine.binary(item, 'streamed'))).toEqual({ code: 200 });
		expect(Boolean(item.binary.twice.id)).toBe(binaryMode === 'filesystem');
		if (binaryMode === 'default') return expect(item.json.signed).toBeUndefined();

		expect(item.json.signed.startsWith(`${base}/rest/binary-data/signed?token=`)).toBe(true);
		const response = await fetch(item.json.signed);
		expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
			200,
			'video/mp4',
			'abc',
		]);
		expect((await fetch(item.json.signed.slice(0, -3))).status).toBe(400);
	});
});

it('takes callbacks over HTTP', async () => {
	await engine.serveBinary();
	const run = await engine.run({ nodes: [waitNode, collect], input: [{ json: { n: 1 } }] });
	const url = engine.resumeUrl(run).replace('?', '/probe?');
	const post = async (body) =>
		await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
	expect(await (await post({})).json()).toEqual({ waiting: true });
	expect((await post({ done: true })).status).toBe(200);
	expect((await engine.finished(run.executionId)).items('Collect')[0].json.n).toBe(1);
});
