/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionStatus, INodeParameters } from 'n8n-workflow';
import { filledIn, nodeOutput, until } from './client';
import { audioOf, chain, items, manualStart, next } from './workflows';
import { useWorld } from './world';

const PATIENCE_MS = 240_000;

const world = useWorld({
	// A busy machine would make n8n turn callbacks away on its own account.
	server: { env: { DB_PING_TIMEOUT_MS: '60000' } },
	api: {
		// What a test is about may depend on the machine's speed, but not on whether n8n keeps the 10 s.
		callbackTimeoutMs: PATIENCE_MS,
		backgroundRetryMs: 5_000,
		backgroundForMs: 120_000,
		callbacks: ({ request }) => (audioOf(request)[0] === 'twice' ? 'twice' : 'normal'),
	},
});

const triggerUrl = (workflowId: string) =>
	`${world.server.webhookUrl}/${workflowId}/kling-lip-sync`;

/** One workflow that orders by hand and receives in its trigger. */
const orderAndReceive = (
	tag: string,
	count: number,
	{ lipSync, trigger }: { lipSync?: INodeParameters; trigger?: INodeParameters } = {},
) => ({
	name: tag,
	nodes: [
		manualStart,
		...items(count),
		world.kling.lipSync(tag, { waitMode: 'trigger', options: { maxConcurrency: 20 }, ...lipSync }),
		world.kling.trigger({ ...trigger }),
		next(),
	],
	connections: {
		...chain('Start', 'List', 'Items', 'Kling'),
		...chain('Trigger', 'Next'),
	},
});

const publish = async (...args: Parameters<typeof orderAndReceive>) =>
	await world.publish(orderAndReceive(...args));

/** Runs the ordering part by hand. */
async function order(workflowId: string, tag: string) {
	const id = await world.runByHand(workflowId);
	const execution = await world.server.waitFor(id, 'success', PATIENCE_MS);
	return { execution, tasks: world.tasksOf(tag) };
}

/** How many times a workflow's trigger has started it, once all of that is done. */
async function starts(workflowId: string) {
	const underWay: ExecutionStatus[] = ['new', 'running'];
	await until(
		async () => (await world.server.countExecutions({ workflowId, status: underWay })) === 0,
		PATIENCE_MS,
		() => `Executions of ${workflowId} do not end`,
	);
	// One more would have come by then.
	await sleep(1000);
	const status: ExecutionStatus[] = [...underWay, 'success', 'error', 'crashed'];
	return await world.server.countExecutions({ workflowId, status });
}

describe('a trigger', () => {
	let workflowId: string;

	test('of the same workflow is known to the node, and starts once for each of its tasks', async () => {
		workflowId = await publish('same', 3);
		const { execution, tasks } = await order(workflowId, 'same');
		expect(nodeOutput(execution, 'Kling')).toMatchObject(
			tasks.map(({ taskId }) => ({ json: { taskId, state: 'pending' } })),
		);
		for (const { callbackUrl } of tasks) {
			expect(callbackUrl?.split('?')[0]).toBe(triggerUrl(workflowId));
		}
		world.finish(tasks.slice(0, 2));
		world.finish(tasks.slice(2), { failMsg: 'Audio is too short', failCode: '1201' });
		await world.answered(tasks, 200);
		expect(await starts(workflowId)).toBe(1 + 3);

		const received = await Promise.all(
			(await world.server.executions({ workflowId }))
				.filter(({ mode }) => mode === 'webhook')
				.map(async ({ id }) => nodeOutput(await world.server.execution(id), 'Next')[0].json),
		);
		const byId = new Map(received.map((json) => [json.taskId, json]));
		expect(byId.get(tasks[0].taskId)).toMatchObject({
			state: 'completed',
			model: 'kling-advanced-lip-sync',
			videoUrl: `${world.api.url}/files/result/${tasks[0].taskId}.mp4`,
		});
		expect(byId.get(tasks[2].taskId)).toMatchObject({
			state: 'failed',
			failMsg: 'Audio is too short',
		});
	});

	test('still works after a restart, and knows what it has delivered', async () => {
		const known = world.tasksOf('same');
		const before = await starts(workflowId);
		await world.server.kill();
		await world.server.restart();
		for (const { taskId } of known)
			expect(await world.api.deliver(taskId)).toMatchObject({ status: 200 });
		expect(await starts(workflowId)).toBe(before);

		const { tasks } = await order(workflowId, 'same');
		const fresh = tasks.filter((task) => !known.includes(task));
		world.finish(fresh);
		await world.answered(fresh, 200);
		expect(await starts(workflowId)).toBe(before + 1 + 3);
	});

	test('starts exactly 200 times for 200 tasks that end together and are told twice', async () => {
		const id = await publish('twice', 200);
		const { tasks } = await order(id, 'twice');
		expect(tasks).toHaveLength(200);
		world.finish(tasks);
		await world.answered(tasks, 200, 400);
		expect(await starts(id)).toBe(1 + 200);
	});

	test('starts nothing for what is forged or no callback', async () => {
		const id = await publish('forged', 1);
		const url = triggerUrl(id);
		const claim = { code: 200, data: { taskId: 'clunknown', state: 'completed' } };
		expect(await world.server.triggerWebhook(url, claim)).toMatchObject({ status: 404 });
		expect(await world.server.triggerWebhook(url, 'no JSON {')).toMatchObject({ status: 422 });
		for (const body of [{}, [], { data: [] }, 'null', undefined]) {
			expect(await world.server.triggerWebhook(url, body)).toMatchObject({ status: 400 });
		}
		const { tasks } = await order(id, 'forged');
		const unfinished = { code: 200, data: { taskId: tasks[0].taskId, state: 'completed' } };
		expect(await world.server.triggerWebhook(url, unfinished)).toMatchObject({ status: 503 });
		expect(await starts(id)).toBe(1);
	});

	test('starts once when the API was down while Kling called', async () => {
		const id = await publish('down', 1);
		const { tasks } = await order(id, 'down');
		world.api.fail({ kind: 'status', method: 'GET', status: 500, times: 2 });
		world.finish(tasks);
		await world.answered(tasks, 200);
		expect(world.answersTo(tasks)).toEqual([503, 503, 200]);
		expect(await starts(id)).toBe(1 + 1);
	});

	test('starts only for the events and tasks that were chosen', async () => {
		const id = await publish('filtered', 2, { trigger: { events: ['failed'] } });
		const { tasks } = await order(id, 'filtered');
		world.finish(tasks.slice(0, 1));
		world.finish(tasks.slice(1), { failMsg: 'Audio is too short' });
		await world.answered(tasks, 200);
		expect(await starts(id)).toBe(1 + 1);

		const other = await publish('models', 1, { trigger: { models: ['kling-identify-face'] } });
		const { tasks: synced } = await order(other, 'models');
		world.finish(synced);
		await world.answered(synced, 200);
		expect(await starts(other)).toBe(1);
	});

	test('that does not verify wants the signature, which the node gives it', async () => {
		const id = await publish('signed', 1, { trigger: { options: { verify: false } } });
		const { tasks } = await order(id, 'signed');
		const claim = { code: 200, data: { taskId: 'clforged', state: 'failed', failMsg: 'x' } };
		expect(await world.server.triggerWebhook(triggerUrl(id), claim)).toMatchObject({ status: 401 });
		const [{ callbackUrl }] = tasks;
		const wrong = callbackUrl!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
		expect(await world.server.triggerWebhook(wrong, claim)).toMatchObject({ status: 401 });
		world.finish(tasks);
		await world.answered(tasks, 200);
		expect(tasks.flatMap(({ taskId }) => world.api.queries(taskId))).toEqual([]);
		expect(await starts(id)).toBe(1 + 1);
	});

	test("of another workflow starts that one, by the URL from the trigger's panel", async () => {
		const receiver = await publish('receiver', 1, { trigger: { options: { verify: false } } });
		const sender = await world.server.createWorkflow(
			orderAndReceive('sender', 2, { lipSync: { callbackUrl: triggerUrl(receiver) } }),
		);
		const { tasks } = await order(sender, 'sender');
		world.finish(tasks);
		await world.answered(tasks, 200);
		expect(await starts(receiver)).toBe(2);
		expect(await starts(sender)).toBe(1);
	});

	test('works in a copy of the workflow, and in one made through the API', async () => {
		const copy = await publish('same', 3);
		const known = new Set(world.tasksOf('same'));
		const { rawApiKey } = await world.server.rest<{ rawApiKey: string }>('POST', '/api-keys', {
			label: 'test',
			expiresAt: null,
			scopes: ['workflow:create', 'workflow:activate', 'workflow:read'],
		});
		const call = async (route: string, body: unknown) => {
			const response = await fetch(`${world.server.url}/api/v1${route}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', 'X-N8N-API-KEY': rawApiKey },
				body: JSON.stringify(body),
			});
			expect(response.status).toBe(200);
			return (await response.json()) as { id: string };
		};
		const { name, nodes, connections } = orderAndReceive('public', 1);
		const { id: made } = await call('/workflows', {
			name,
			nodes: nodes.map(filledIn),
			connections,
			settings: { executionOrder: 'v1' },
		});
		await call(`/workflows/${made}/activate`, {});
		await world.server.published(made, ['published'], PATIENCE_MS);

		const { tasks } = await order(copy, 'same');
		const copied = tasks.filter((task) => !known.has(task));
		const { tasks: ordered } = await order(made, 'public');
		world.finish([...copied, ...ordered]);
		await world.answered([...copied, ...ordered], 200);
		expect(await starts(copy)).toBe(1 + 3);
		expect(await starts(made)).toBe(1 + 1);
	});

	test('that is not published is noticed before anything is created', async () => {
		const id = await world.server.createWorkflow(orderAndReceive('draft', 2));
		const refused = async () => {
			const execution = await world.server.waitFor(await world.runByHand(id), 'error', PATIENCE_MS);
			expect(execution.error?.message).toMatch(/not published/);
			expect(world.tasksOf('draft')).toHaveLength(0);
		};
		await refused();
		await world.server.activate(id);
		await world.server.deactivate(id);
		await refused();
		expect(await world.server.triggerWebhook(triggerUrl(id), {})).toMatchObject({
			status: 404,
			body: { message: expect.stringContaining('is not registered') },
		});
	});

	test('that Kling could not reach is refused when it is published', async () => {
		const credential = await world.server.createCredential({
			name: 'Public',
			type: 'klingLipSyncApi',
			data: { apiKey: 'key', baseUrl: 'https://apimodels.app' },
		});
		const id = await world.server.createWorkflow({
			nodes: [world.kling.trigger({}, { credentials: { klingLipSyncApi: credential } }), next()],
			connections: chain('Trigger', 'Next'),
		});
		await expect(world.server.activate(id, PATIENCE_MS)).rejects.toThrow(
			/The URL of this trigger can't be reached from the internet/,
		);
	});
});
