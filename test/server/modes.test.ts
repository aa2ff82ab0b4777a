import type { IConnections } from 'n8n-workflow';
import { callTool, chatCredential, say, startChatModel, toolAnswer } from './chatModel';
import type { ChatModel } from './chatModel';
import { nodeOutput } from './client';
import type { WorkflowNode } from './client';
import {
	audioUrl,
	chain,
	items,
	manualStart,
	next,
	subWorkflow,
	subWorkflowStart,
	webhookStart,
} from './workflows';
import { useWorld } from './world';

const PATIENCE_MS = 120_000;

const world = useWorld({
	server: { mode: 'queue' },
	api: { callbackTimeoutMs: 60_000, backgroundRetryMs: 5_000 },
});

/** A published workflow that is started by a POST, so that a worker runs it. */
const publish = async (tag: string, nodes: WorkflowNode[], connections: IConnections) =>
	await world.publish({ name: tag, nodes: [webhookStart(tag), ...nodes], connections });

const run = async (tag: string) =>
	expect(await world.server.triggerWebhook(tag, {})).toMatchObject({ status: 200 });

describe('in queue mode', () => {
	test('an execution that a worker has paused goes on once, also when main was killed', async () => {
		const id = await publish(
			'paused',
			[...items(10), world.kling.lipSync('paused', { waitMode: 'callback' }), next()],
			chain('Start', 'List', 'Items', 'Kling', 'Next'),
		);
		await run('paused');
		await world.newest(id, 'waiting');
		const tasks = await world.tasksWhen('paused', 10);
		world.finish(tasks.slice(0, 5));
		await world.answered(tasks.slice(0, 5));
		await world.server.kill();
		await world.server.restart();
		world.finish(tasks.slice(5));
		world.expectResults(await world.newest(id, 'success'), tasks);
		expect(world.server.log()).toMatch(/Worker (started|finished) execution/);
	});

	test('a worker sends results to the trigger of its workflow', async () => {
		const id = await publish(
			'ordered',
			[
				...items(2),
				world.kling.lipSync('ordered', { waitMode: 'trigger' }),
				world.kling.trigger({ options: { verify: false } }),
				next(),
			],
			{ ...chain('Start', 'List', 'Items', 'Kling'), ...chain('Trigger', 'Next') },
		);
		await run('ordered');
		await world.newest(id, 'success');
		world.finish(await world.tasksWhen('ordered', 2));
		await world.server.waitForExecutions({ workflowId: id, status: 'success' }, 1 + 2, PATIENCE_MS);
	});

	test('a person who runs the workflow by hand gets the same', async () => {
		const nodes = [
			manualStart,
			...items(2),
			world.kling.lipSync('by-hand', { waitMode: 'callback' }),
			world.kling.lipSync('handed-on', { waitMode: 'trigger' }, { name: 'Order' }),
			world.kling.trigger({}),
			next(),
			next('Received'),
		];
		const id = await world.server.createWorkflow({
			nodes,
			connections: {
				...chain('Start', 'List', 'Items', 'Kling', 'Next', 'Order'),
				...chain('Trigger', 'Received'),
			},
		});
		await world.server.activate(id);
		const executionId = await world.runByHand(id);
		await world.server.waitFor(executionId, 'waiting', PATIENCE_MS);
		world.finish(world.tasksOf('by-hand'));
		world.expectResults(
			await world.server.waitFor(executionId, 'success', PATIENCE_MS),
			world.tasksOf('by-hand'),
		);
		world.finish(world.tasksOf('handed-on'));
		await world.server.waitForExecutions({ workflowId: id, status: 'success' }, 1 + 2, PATIENCE_MS);
	});

	test('a sub-workflow pauses for its parent, and knows its own trigger', async () => {
		const child = await world.server.createWorkflow({
			nodes: [
				subWorkflowStart,
				world.kling.lipSync('own', { waitMode: 'trigger' }, { name: 'Order' }),
				world.kling.lipSync('child', { waitMode: 'callback' }),
				world.kling.trigger({}),
			],
			connections: chain('Start', 'Order', 'Kling'),
		});
		await world.server.activate(child);
		const parent = await publish(
			'parent',
			[...items(2), subWorkflow(child), next()],
			chain('Start', 'List', 'Items', 'Child', 'Next'),
		);
		await run('parent');
		await world.newest(parent, 'waiting');
		await world.newest(child, 'waiting');
		for (const { callbackUrl } of world.tasksOf('own')) {
			expect(callbackUrl).toContain(`/webhook/${child}/kling-lip-sync?`);
		}
		world.finish(world.tasksOf('child'));
		world.expectResults(await world.newest(parent, 'success'), world.tasksOf('child'));
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
			({ tools }) =>
				callTool(tools[0].function.name, { audio: audioUrl(world.api, 'agent', '0').slice(1) }),
			(request) => say(`The tool said: ${toolAnswer(request)}`),
		);
		const tool = world.kling.lipSync('agent', {
			waitMode: 'callback',
			audioUrl: "={{ $fromAI('audio', 'URL of the audio', 'string') }}",
		});
		const id = await world.server.createWorkflow({
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
					credentials: { openAiApi: await chatCredential(world.server, model) },
				},
				{ ...tool, type: `${tool.type}Tool` },
			],
			connections: {
				...chain('Start', 'Agent'),
				Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
				Kling: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});
		const before = world.tasksOf('agent').length;
		const executionId = await world.runByHand(id);
		const tasks = await world.tasksWhen('agent', before + 1);
		const { taskId, callbackUrl } = tasks.at(-1)!;
		expect(callbackUrl).toBeUndefined();
		expect((await world.server.execution(executionId)).status).toBe('running');
		world.api.finish(taskId, { state: 'completed' });
		const execution = await world.server.waitFor(executionId, 'success', PATIENCE_MS);
		const [{ json }] = nodeOutput(execution, 'Agent');
		expect(json.output).toContain(`/files/result/${taskId}.mp4`);
	});
});
