'use strict';

const { once } = require('node:events');
const http = require('node:http');
const { until } = require('./client');
const { nodeOutput, startServer } = require('./server');
const {
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
} = require('./workflows');

const PATIENCE_MS = 120_000;

let server;
let api;
let kling;

beforeAll(async () => {
	server = await startServer({ mode: 'queue' });
	api = await startApi({ callbackTimeoutMs: 60_000, backgroundRetryMs: 5_000 });
	kling = await klingNodes(server, api);
}, 300_000);

afterAll(async () => {
	await server?.stop();
	await api?.close();
});

const finish = (tasks, outcome = { state: 'completed' }) =>
	tasks.forEach(({ taskId }) => api.finish(taskId, outcome));

async function only(workflowId, status) {
	const [{ id }] = await server.waitForExecutions({ workflowId, status }, 1, PATIENCE_MS);
	return await server.execution(id);
}

async function tasksWhen(tag, count) {
	return await until(
		() => tasksOf(api, tag).length >= count && tasksOf(api, tag),
		PATIENCE_MS,
		() => `${tasksOf(api, tag).length} tasks of ${tag}`,
	);
}

function expectResults(execution, tasks) {
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
async function publish(tag, nodes, connections) {
	const id = await server.createWorkflow({
		name: tag,
		nodes: [webhookStart(tag), ...nodes],
		connections,
	});
	await server.activate(id);
	return id;
}

const run = async (tag) =>
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
	let model;
	const asked = [];

	beforeAll(async () => {
		model = http.createServer(async (req, res) => {
			let text = '';
			for await (const chunk of req) text += chunk;
			const { messages, tools } = JSON.parse(text);
			asked.push(messages);
			const isAnswered = messages.at(-1).role === 'tool';
			const message = isAnswered
				? { role: 'assistant', content: `The tool said: ${messages.at(-1).content}` }
				: {
						role: 'assistant',
						content: null,
						tool_calls: [
							{
								id: 'call_1',
								type: 'function',
								function: {
									name: tools[0].function.name,
									arguments: JSON.stringify({ audio: 'https://example.com/agent/0.mp3' }),
								},
							},
						],
					};
			res.setHeader('content-type', 'application/json');
			res.end(
				JSON.stringify({
					id: 'chat',
					object: 'chat.completion',
					created: 0,
					model: 'fake',
					choices: [{ index: 0, message, finish_reason: isAnswered ? 'stop' : 'tool_calls' }],
					usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
				}),
			);
		});
		model.listen(0, '127.0.0.1');
		await once(model, 'listening');
	});

	afterAll(() => model.close());

	test.each([2, 3])('gets the video in its turn, agent version %i', async (typeVersion) => {
		const chat = await server.createCredential({
			name: 'Chat',
			type: 'openAiApi',
			data: { apiKey: 'key', url: `http://127.0.0.1:${model.address().port}/v1` },
		});
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
					credentials: { openAiApi: chat },
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
		const { taskId, callbackUrl } = tasks.at(-1);
		expect(callbackUrl).toBeUndefined();
		expect((await server.execution(executionId)).status).toBe('running');
		api.finish(taskId, { state: 'completed' });
		const execution = await server.waitFor(executionId, 'success', PATIENCE_MS);
		const [{ json }] = nodeOutput(execution, 'Agent');
		expect(json.output).toContain(`/files/result/${taskId}.mp4`);
	});
});
