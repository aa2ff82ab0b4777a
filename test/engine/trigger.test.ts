/* eslint-disable @typescript-eslint/no-require-imports */
import type { INodeType } from 'n8n-workflow';
import type { Engine } from './harness';
import type { Api, NodeParameters } from './setup';
import { callbackBody } from '../emulator/results';
import { kling, TRIGGER, useWorld, withTrigger } from './setup';
import {
	AUDIO,
	bodies,
	createTask,
	deepText,
	IDENTIFY,
	identified,
	LIP_SYNC,
	synced,
	taskOf,
	VIDEO,
} from './helpers';
import { createEngine } from './harness';
import type { Answer, WebhookOptions } from './calls';
import type * as Sources from '../../nodes/KlingLipSync/KlingLipSyncTrigger.node';
import { KlingLipSyncTrigger } from '../../nodes/KlingLipSync/KlingLipSyncTrigger.node';
import { KlingLipSyncApi } from '../../credentials/KlingLipSyncApi.credentials';

const world = useWorld();
let api: Api;
let engine: Engine;
let workflows = 0;
let workflowId: string;
beforeAll(() => ({ api, engine } = world));
beforeEach(() => (workflowId = `wf-${++workflows}`));

type CallOptions = WebhookOptions & { parameters?: NodeParameters };

const trigger = (parameters: NodeParameters = {}) => ({
	name: 'Trigger',
	type: TRIGGER,
	parameters,
});
const bodyOf = (taskId: string) => callbackBody(taskOf(api, taskId), api.settings, api.url);

/** A callback to the trigger of the test's workflow: of a task, or with a body of its own. */
const deliver = async (taskId: string, { parameters, ...options }: CallOptions = {}) =>
	await engine.webhook(trigger(parameters), { workflowId, body: bodyOf(taskId), ...options });
const send = async (body: unknown, options: CallOptions = {}) =>
	await engine.webhook(trigger(options.parameters), { workflowId, body, ...options });

const startsWith = (answer: Answer, task: object) => {
	expect(answer.status).toBe(200);
	expect(answer.workflowData).toEqual([[{ json: expect.objectContaining(task) }]]);
};
const startsNothing = (answer: Answer, status: number) => {
	expect(answer.threw).toBeUndefined();
	expect(answer.workflowData).toBeUndefined();
	expect(answer.status).toBe(status);
};

const failure = { state: 'failed', failMsg: 'audio too short', failCode: '1102' } as const;

describe('a task that is finished starts the workflow', () => {
	it('with what the API says of it, in the one shape', async () => {
		const { taskId, sessionId } = await identified(api);
		const answer = await deliver(taskId);
		expect(answer.status).toBe(200);
		expect(answer.workflowData).toEqual([
			[
				{
					json: {
						taskId,
						state: 'completed',
						model: IDENTIFY,
						sessionId,
						faces: [
							expect.objectContaining({ faceId: 'face_001' }),
							expect.objectContaining({ faceId: 'face_002' }),
						],
						faceCount: 2,
						createTime: expect.any(Number),
						completeTime: expect.any(Number),
						costTime: expect.any(Number),
						estimatedCostUsd: 0.0007,
					},
				},
			],
		]);
		expect(api.queries(taskId)).toHaveLength(1);
		expect(deepText(answer.body)).not.toContain('test-key');
	});

	it('for each kind of task and each way it can end', async () => {
		const done = await synced(api, { outcome: { state: 'completed' } });
		const failed = await synced(api, { outcome: failure });
		startsWith(await deliver(done), { taskId: done, model: LIP_SYNC, state: 'completed' });
		startsWith(await deliver(failed), { taskId: failed, model: LIP_SYNC, ...failure });
	});

	it('with the answer of the API as it came, if wanted', async () => {
		const { taskId } = await identified(api);
		const parameters = { options: { includeRaw: true } };
		startsWith(await deliver(taskId, { parameters }), {
			raw: expect.objectContaining({ code: 200 }),
		});
	});

	it('also while the user listens for a test event', async () => {
		const { taskId } = await identified(api);
		startsWith(await deliver(taskId, { mode: 'manual' }), { taskId });
	});

	it('whatever a forger adds to a true callback', async () => {
		const { taskId, sessionId } = await identified(api);
		const body = bodyOf(taskId);
		Object.assign(body.data, { state: 'failed', resultJson: '{"session_id":"evil"}' });
		startsWith(await send(body), { taskId, sessionId, state: 'completed' });
	});
});

describe('nothing is started', () => {
	it('by a task that the API does not know', async () => {
		const body = { code: 200, data: { taskId: 'cl-forged', state: 'completed' } };
		startsNothing(await send(body), 404);
		expect(api.queries('cl-forged')).toHaveLength(1);
	});

	it('by a task that still runs at the API, which is to deliver again', async () => {
		const { identifyMs } = api.settings;
		api.settings.identifyMs = 3_600_000;
		const taskId = await createTask(api, { model: IDENTIFY, video_url: VIDEO });
		api.settings.identifyMs = identifyMs;
		const body = { code: 200, data: { taskId, state: 'completed', model: IDENTIFY } };
		startsNothing(await send(body), 503);
		api.finish(taskId);
		startsWith(await send(body), { taskId });
	});

	it.each([
		['has an error', { kind: 'status', status: 500 }],
		['is busy', { kind: 'status', status: 429, retryAfter: 60 }],
		['accepts the key no more', { kind: 'status', status: 401 }],
		['hangs up', { kind: 'reset' }],
		['sends a page', { kind: 'garbage' }],
		['sends no task', { kind: 'body', body: {} }],
	])('while the API %s, but by the next delivery', async (_, fault) => {
		const { taskId } = await identified(api);
		api.fail(fault);
		startsNothing(await deliver(taskId), 503);
		expect(api.queries()).toHaveLength(1);
		startsWith(await deliver(taskId), { taskId });
		expect(deepText(engine.logs)).not.toContain('test-key');
	});

	it('while nobody answers at the API', async () => {
		const { taskId } = await identified(api);
		engine.credentials = { apiKey: 'test-key', baseUrl: 'http://127.0.0.1:1' };
		startsNothing(await deliver(taskId), 503);
	});

	it('while the credential is missing', async () => {
		const { taskId } = await identified(api);
		const node = { ...trigger(), credentials: {} };
		startsNothing(await engine.webhook(node, { workflowId, body: bodyOf(taskId) }), 503);
		expect(api.log).toHaveLength(0);
	});

	it.each([
		['nothing', undefined],
		['an empty text', ''],
		['null', 'null'],
		['text', '"completed"'],
		['a number', '7'],
		['a list', '[]'],
		['an object', '{}'],
		['data that is null', '{"code":200,"data":null}'],
		['data that is a list', '{"data":[{"taskId":"x"}]}'],
		['no task id', '{"data":{"state":"completed"}}'],
		['an empty task id', '{"data":{"taskId":" "}}'],
		['a task id that is an object', '{"data":{"taskId":{"$gt":""}}}'],
		['a prototype', '{"data":{"__proto__":{"taskId":"x"}}}'],
	])('by a body that holds %s', async (_, body) => {
		startsNothing(await send(body), 400);
		expect(api.log).toHaveLength(0);
	});

	it('by something else than a POST', async () => {
		expect((await engine.webhook(trigger(), { workflowId, method: 'GET' })).status).toBe(404);
	});
});

describe('what the user did not choose is answered 200 and starts nothing', () => {
	const choose = (parameters: NodeParameters) => ({ parameters });

	it('by its end', async () => {
		const done = await synced(api, { outcome: { state: 'completed' } });
		const failed = await synced(api, { outcome: failure });
		startsNothing(await deliver(done, choose({ events: ['failed'] })), 200);
		startsNothing(await deliver(failed, choose({ events: ['completed'] })), 200);
		startsWith(await deliver(failed, choose({ events: ['failed'] })), { taskId: failed });
		startsWith(await deliver(done, choose({ events: ['completed'] })), { taskId: done });
	});

	it('by its kind', async () => {
		const lipSync = await synced(api, { outcome: { state: 'completed' } });
		const { taskId: identify } = await identified(api);
		startsNothing(await deliver(lipSync, choose({ models: [IDENTIFY] })), 200);
		startsNothing(await deliver(identify, choose({ models: [LIP_SYNC] })), 200);
		startsWith(await deliver(lipSync, choose({ models: [LIP_SYNC] })), { model: LIP_SYNC });
		startsWith(await deliver(identify, choose({ models: [IDENTIFY] })), { model: IDENTIFY });
	});
});

describe('a task that is delivered again', () => {
	it('starts nothing, and costs no query', async () => {
		const { taskId } = await identified(api);
		startsWith(await deliver(taskId), { taskId });
		startsNothing(await deliver(taskId), 200);
		startsNothing(await deliver(taskId), 200);
		expect(api.queries(taskId)).toHaveLength(1);
	});

	it('at the same moment starts the workflow once', async () => {
		const { taskId } = await identified(api);
		const answers = await Promise.all([1, 2, 3, 4, 5].map(async () => await deliver(taskId)));
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
		expect(answers.filter(({ workflowData }) => workflowData)).toHaveLength(1);
	});

	it('starts the workflow again if the user wants that', async () => {
		const { taskId } = await identified(api);
		const parameters = { options: { deduplicate: false } };
		startsWith(await deliver(taskId, { parameters }), { taskId });
		startsWith(await deliver(taskId, { parameters }), { taskId });
	});

	it('starts other workflows, and other triggers of the same one', async () => {
		const { taskId } = await identified(api);
		startsWith(await deliver(taskId), { taskId });
		startsWith(await deliver(taskId, { workflowId: `${workflowId}-other` }), { taskId });
		const other = { ...trigger(), name: 'Other' };
		startsWith(await engine.webhook(other, { workflowId, body: bodyOf(taskId) }), { taskId });
	});

	it('is known although n8n has lost the static data, and new ones are taken all the same', async () => {
		const { taskId } = await identified(api);
		startsWith(await deliver(taskId), { taskId });
		startsNothing(await deliver(taskId, { staticData: {} }), 200);
		const next = await identified(api);
		startsWith(await deliver(next.taskId, { staticData: {} }), { taskId: next.taskId });
		const garbage = { 'node:Trigger': { delivered: 'no list' } };
		const third = await identified(api);
		startsWith(await deliver(third.taskId, { staticData: garbage }), { taskId: third.taskId });
	});

	it('is known after a restart of n8n', async () => {
		const { taskId } = await identified(api);
		const { staticData } = await deliver(taskId);
		let restartedType!: INodeType;
		jest.isolateModules(() => {
			const { KlingLipSyncTrigger } =
				require('../../nodes/KlingLipSync/KlingLipSyncTrigger.node') as typeof Sources;
			restartedType = new KlingLipSyncTrigger();
		});
		const restarted = await createEngine({
			nodeTypes: { [TRIGGER]: restartedType },
			credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
			credentials: engine.credentials,
		});
		const options = { workflowId, body: bodyOf(taskId) };
		startsNothing(await restarted.webhook(trigger(), { ...options, staticData }), 200);
	});

	it('does not fill the static data without end', async () => {
		const many = Array.from({ length: 600 }, (_, n) => `cl-${n}`);
		const { taskId } = await identified(api);
		const { staticData } = await deliver(taskId, {
			staticData: { 'node:Trigger': { delivered: many } },
		});
		const { delivered } = staticData!['node:Trigger'] as { delivered: string[] };
		expect(delivered).toHaveLength(500);
		expect(delivered.at(-1)).toBe(taskId);
	});
});

describe('without verification', () => {
	const parameters = { options: { verify: false } };

	/** The signature that a node of a workflow puts on the URL it hands out. */
	async function signatureOf(id: string): Promise<string> {
		api.settings.callbacks = 'dropped';
		const run = await engine.run({
			...withTrigger(kling({ operation: 'identifyFace', videoUrl: VIDEO, waitMode: 'trigger' })),
			workflowId: id,
			active: true,
		});
		api.settings.callbacks = 'normal';
		expect(run.error).toBeUndefined();
		const url = new URL(bodies(api).at(-1)!.callback_url!);
		expect(url.pathname).toBe(`/webhook/${id}/kling-lip-sync`);
		api.log.length = 0;
		return url.searchParams.get('signature')!;
	}

	it('the signature of a node of the workflow is accepted, and nothing is asked', async () => {
		const query = { signature: await signatureOf(workflowId) };
		const taskId = await synced(api, { outcome: { state: 'completed' } });
		const answer = await deliver(taskId, { parameters, query });
		startsWith(answer, {
			taskId,
			state: 'completed',
			model: LIP_SYNC,
			videoDuration: 8,
			estimatedCostUsd: 0.0126,
		});
		expect(api.log).toHaveLength(0);
		startsNothing(await deliver(taskId, { parameters, query }), 200);
	});

	it.each<[string, (right: string) => Record<string, string | string[]>]>([
		['none', () => ({})],
		['an empty one', () => ({ signature: '' })],
		[
			'a wrong one',
			(right) => ({ signature: right.replace(/^./, (c) => (c === '0' ? '1' : '0')) }),
		],
		['a part', (right) => ({ signature: right.slice(0, 32) })],
		['one in letters of several bytes', () => ({ signature: 'ü'.repeat(64) })],
		['a list', (right) => ({ signature: [right, right] })],
	])('a callback with %s is answered 401', async (_, queryOf) => {
		const query = queryOf(await signatureOf(workflowId));
		const { taskId } = await identified(api);
		startsNothing(await deliver(taskId, { parameters, query }), 401);
		expect(api.log).toHaveLength(0);
	});

	it('the signature holds for its workflow and its key only', async () => {
		const query = { signature: await signatureOf(workflowId) };
		const { taskId } = await identified(api);
		const elsewhere = { parameters, query, workflowId: `${workflowId}-other` };
		startsNothing(await deliver(taskId, elsewhere), 401);
		engine.credentials = { apiKey: 'another-key', baseUrl: api.url };
		startsNothing(await deliver(taskId, { parameters, query }), 401);
	});

	it('a body that is no callback of a finished task is answered 400', async () => {
		const query = { signature: await signatureOf(workflowId) };
		const { taskId } = await identified(api);
		const running = bodyOf(taskId);
		running.data.state = 'processing';
		const noResult = bodyOf(taskId);
		noResult.data.resultJson = null;
		const odd = bodyOf(taskId);
		odd.data.state = 'exploded';
		for (const body of [running, noResult, odd, {}, undefined])
			startsNothing(await send(body, { parameters, query }), 400);
	});

	it('the filters hold, too', async () => {
		const query = { signature: await signatureOf(workflowId) };
		const taskId = await synced(api, { outcome: failure });
		const filtered = { ...parameters, events: ['completed'] };
		startsNothing(await deliver(taskId, { parameters: filtered, query }), 200);
		startsWith(await deliver(taskId, { parameters, query }), { taskId, ...failure });
	});
});

describe('listening', () => {
	const PRIVATE = 'http://localhost:5678/webhook';
	let before: Engine;
	beforeEach(() => (before = { ...engine }));
	afterEach(() => {
		engine.webhookBaseUrl = before.webhookBaseUrl;
		engine.webhookTestBaseUrl = before.webhookTestBaseUrl;
	});
	const activate = async (options: { isTest?: boolean } = {}) =>
		await engine.hook('create', trigger(), { workflowId, ...options });

	it('is refused at an address that the vendor can not reach, naming the setting', async () => {
		engine.credentials = { apiKey: 'test-key', baseUrl: 'https://api.example.com' };
		engine.webhookBaseUrl = PRIVATE;
		const error = await activate().catch((reason) => reason);
		expect(error.message).toContain('http://localhost:5678');
		expect(error.description).toContain('WEBHOOK_URL');
		expect(error.constructor.name).toBe('NodeOperationError');
		engine.webhookTestBaseUrl = 'http://192.168.1.5/webhook-test';
		await expect(activate({ isTest: true })).rejects.toThrow('http://192.168.1.5');
	});

	it('begins at a public address, or while the API is a neighbour, and asks nobody', async () => {
		engine.webhookBaseUrl = PRIVATE;
		expect((await activate()).result).toBe(true);
		engine.credentials = { apiKey: 'test-key', baseUrl: 'https://api.example.com' };
		engine.webhookBaseUrl = 'https://n8n.example.com/webhook';
		expect((await activate()).result).toBe(true);
		expect((await activate({ isTest: true })).result).toBe(true);
		expect(api.log).toHaveLength(0);
	});

	it('is registered anew each time, and ends without a trace', async () => {
		expect((await engine.hook('checkExists', trigger(), { workflowId })).result).toBe(false);
		const { result, staticData } = await engine.hook('delete', trigger(), { workflowId });
		expect([result, staticData]).toEqual([true, {}]);
	});
});

it('the nodes of a workflow know the URL of its trigger', async () => {
	const [webhook] = new KlingLipSyncTrigger().description.webhooks!;
	expect(webhook).toMatchObject({ path: '={{ $workflow.id }}/kling-lip-sync', isFullPath: true });
	const { taskId: identifyTaskId } = await identified(api);
	api.settings.callbacks = 'dropped';
	await world.run(
		{
			operation: 'lipSync',
			faceSource: 'identifyTask',
			identifyTaskId,
			audioUrl: AUDIO,
			waitMode: 'trigger',
		},
		{ workflowId, active: true },
	);
	api.settings.callbacks = 'normal';
	expect(bodies(api, LIP_SYNC)[0].callback_url).toMatch(
		`https://n8n.example.com/webhook/${workflowId}/kling-lip-sync?signature=`,
	);
});
