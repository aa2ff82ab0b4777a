import type { ExecutionStatus, IConnections } from 'n8n-workflow';
import type { Task } from '../emulator/tasks';
import { callTool, chatCredential, say, startChatModel, toolAnswer } from './chatModel';
import type { ChatModel } from './chatModel';
import { until } from './client';
import type { StoredExecution, WorkflowNode } from './client';
import { nodeOutput, startServer } from './server';
import type { Server } from './server';
import {
	chain,
	items,
	klingNodes,
	manualStart,
	next,
	startApi,
	subWorkflow,
	subWorkflowStart,
	tasksOf,
	webhookStart,
} from './workflows';
import type { Api, KlingNodes } from './workflows';

const PATIENCE_MS = 120_000;

let server: Server;
let api: Api;
let kling: KlingNodes;

beforeAll(async () => {
	server = await startServer({ mode: 'queue' });
	api = await startApi({ callbackTimeoutMs: 60_000, backgroundRetryMs: 5_000 });
	kling = await klingNodes(server, api);
}, 300_000);

afterAll(async () => {
	await server?.stop();
	await api?.close();
});

const finish = (tasks: Task[]) =>
	tasks.forEach(({ taskId }) => api.finish(taskId, { state: 'completed' }));

async function only(workflowId: string, status: ExecutionStatus) {
	const [{ id }] = await server.waitForExecutions({ workflowId, status }, 1, PATIENCE_MS);
	return await server.execution(id);
}

async function tasksWhen(tag: string, count: number) {
	return await until(
		() => tasksOf(api, tag).length >= count && tasksOf(api, tag),
		PATIENCE_MS,
		() => `${tasksOf(api, tag).length} tasks of ${tag}`,
	);
}

function expectResults(execution: StoredExecution, tasks: Task[]) {
	expect(execution.runData.Next).toHaveLength(1);
	expect(nodeOutput(execution, 'Next').map(({ json }) => json)).toMatchObject(
		tasks.map(({ taskId }) => ({
			taskId,
			state: 'completed',
			videoUrl: `${api.url}/files/result/${taskId}.mp4`,
		})),
	);
}

/** A published workflow that is started by a POST, so that a worker runs it. */
async function publish(tag: string, nodes: WorkflowNode[], connections: IConnections) {
	const id = await server.createWorkflow({
		name: tag,
		nodes: [webhookStart(tag), ...nodes],
		connections,
	});
	await server.activate(id);
	return id;
}

const run = async (tag: string) =>
	expect(await server.triggerWebhook(tag, {})).toMatchObject({ status: 200 });

describe('in queue mode', () => {
	test('an execution that a worker has paused goes on once, also when main was killed', async () => {
		const id = await publish(
			'paused',
			[...items(10), kling.lipSync('paused', { waitMode: 'callback' }), next()],
			chain('Start', 'List', 'Items', 'Kling', 'Next'),
		);
		await run('paused');
		await only(id, 'waiting');
		const tasks = await tasksWhen('paused', 10);
		finish(tasks.slice(0, 5));
		await until(
			() => api.deliveries.filter(({ status }) => status === 200).length >= 5,
			PATIENCE_MS,
			() => 'The callbacks were not accepted',
		);
		await server.kill();
		await server.restart();
		finish(tasks.slice(5));
		expectResults(await only(id, 'success'), tasks);
		expect(server.log()).toMatch(/Worker (started|finished) execution/);
	});

	test('a worker sends results to the trigger of its workflow', async () => {
		const id = await publish(
			'ordered',
			[
				...items(2),
				kling.lipSync('ordered', { waitMode: 'trigger' }),
				kling.trigger({ options: { verify: false } }),
				next(),
			],
			{ ...chain('Start', 'List', 'Items', 'Kling'), ...chain('Trigger', 'Next') },
		);
		await run('ordered');
		await only(id, 'success');
		finish(await tasksWhen('ordered', 2));
		await server.waitForExecutions({ workflowId: id, status: 'success' }, 1 + 2, PATIENCE_MS);
	});

	test('a person who runs the workflow by hand gets the same', async () => {
		const nodes = [
			manualStart,
			...items(2),
			kling.lipSync('by-hand', { waitMode: 'callback' }),
			kling.lipSync('handed-on', { waitMode: 'trigger' }, { name: 'Order' }),
			kling.trigger({}),
			next(),
			next('Received'),
		];
		const id = await server.createWorkflow({
			nodes,
			connections: {
				...chain('Start', 'List', 'Items', 'Kling', 'Next', 'Order'),
				...chain('Trigger', 'Received'),
			},
		});
		await server.activate(id);
		const executionId = await server.run(id, { triggerName: 'Start' });
		await server.waitFor(executionId, 'waiting', PATIENCE_MS);
		finish(tasksOf(api, 'by-hand'));
		expectResults(
			await server.waitFor(executionId, 'success', PATIENCE_MS),
			tasksOf(api, 'by-hand'),
		);
		finish(tasksOf(api, 'handed-on'));
		await server.waitForExecutions({ workflowId: id, status: 'success' }, 1 + 2, PATIENCE_MS);
	});

	test('a sub-workflow pauses for its parent, and knows its own trigger', async () => {
		const child = await server.createWorkflow({
			nodes: [
				subWorkflowStart,
				kling.lipSync('own', { waitMode: 'trigger' }, { name: 'Order' }),
				kling.lipSync('child', { waitMode: 'callback' }),
				kling.trigger({}),
			],
			connections: chain('Start', 'Order', 'Kling'),
		});
		await server.activate(child);
		const parent = await publish(
			'parent',
			[...items(2), subWorkflow(child), next()],
			chain('Start', 'List', 'Items', 'Child', 'Next'),
		);
		await run('parent');
		await only(parent, 'waiting');
		await only(child, 'waiting');
		for (const { callbackUrl } of tasksOf(api, 'own')) {
			expect(callbackUrl).toContain(`/webhook/${child}/kling-lip-sync?`);
		}
		finish(tasksOf(api, 'child'));
		expectResults(await only(parent, 'success'), tasksOf(api, 'child'));
	});
});

describe('an AI agent', () => {
	let model: ChatModel;

	beforeAll(async () => {
		model = await startChatModel();
	});

	afterAll(() => model.close());

	test.each([2, 3])('gets the video in its turn, agent version %i', async (typeVersion) => {
		model.turns.push(
			({ tools }) => callTool(tools[0].function.name, { audio: 'https://example.com/agent/0.mp3' }),
			(request) => say(`The tool said: ${toolAnswer(request)}`),
		);
		const tool = kling.lipSync('agent', {
			waitMode: 'callback',
			audioUrl: "={{ $fromAI('audio', 'URL of the audio', 'string') }}",
		});
		const id = await server.createWorkflow({
			nodes: [
				manualStart,
				{
					name: 'Agent',
					type: '@n8n/n8n-nodes-langchain.agent',
					typeVersion,
					parameters: { promptType: 'define', text: 'Make the face speak', options: {} },
				},
				{
					name: 'Model',
					type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
					typeVersion: 1.2,
					parameters: { model: { __rl: true, mode: 'id', value: 'fake' }, options: {} },
					credentials: { openAiApi: await chatCredential(server, model) },
				},
				{ ...tool, type: `${tool.type}Tool` },
			],
			connections: {
				...chain('Start', 'Agent'),
				Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
				Kling: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});
		const before = tasksOf(api, 'agent').length;
		const executionId = await server.run(id, { triggerName: 'Start' });
		const tasks = await tasksWhen('agent', before + 1);
		const { taskId, callbackUrl } = tasks.at(-1)!;
		expect(callbackUrl).toBeUndefined();
		expect((await server.execution(executionId)).status).toBe('running');
		api.finish(taskId, { state: 'completed' });
		const execution = await server.waitFor(executionId, 'success', PATIENCE_MS);
		const [{ json }] = nodeOutput(execution, 'Agent');
		expect(json.output).toContain(`/files/result/${taskId}.mp4`);
	});
});
