'use strict';

const { startServer } = require('../server/server');
const {
	chain,
	items,
	klingNodes,
	manualStart,
	next,
	startApi,
	tasksOf,
} = require('../server/workflows');
const { row, spread, summary } = require('./stats');

const SIZES = [1, 20, 200];
const ROUNDS = 3;
/** All tasks of a run finish within this time, in ms. */
const FINISH_WITHIN = 1_500;
const PATIENCE = 120_000;

const pause = async (ms) => await new Promise((resolve) => setTimeout(resolve, ms));

/** The HTTP Request node that people use where there is no node for a service. */
const httpRequest = (name, api, parameters) => ({
	name,
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		url: `${api.url}/api/v1/audio/generations`,
		sendHeaders: true,
		headerParameters: {
			parameters: [{ name: 'Authorization', value: `Bearer ${api.settings.apiKey}` }],
		},
		options: {},
		...parameters,
	},
});

const createByHttp = (api, tag, callbackUrl) =>
	httpRequest('Create', api, {
		method: 'POST',
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `={{ JSON.stringify({ model: 'kling-advanced-lip-sync', session_id: '${api.sessionId}', face_choose: [{ face_id: 'face_001', sound_file: 'https://example.com/${tag}/' + $json.n + '.mp3' }]${callbackUrl} }) }}`,
	});

/** What is compared: the nodes between the items and the node called Next. */
const designs = {
	paused: {
		nodes: (api, tag, kling) => [kling.lipSync(tag, { waitMode: 'callback' })],
		path: ['Kling'],
	},
	// The least that n8n itself takes: it goes on at the first callback and asks nobody.
	floor: {
		nodes: (api, tag) => [
			createByHttp(api, tag, ', callback_url: $execution.resumeUrl'),
			{
				name: 'Wait',
				type: 'n8n-nodes-base.wait',
				typeVersion: 1.1,
				parameters: { resume: 'webhook', httpMethod: 'POST', options: {} },
				webhookId: tag,
			},
		],
		path: ['Create', 'Wait'],
		onlyLastCallback: true,
	},
	asking: {
		nodes: (api, tag) => [
			createByHttp(api, tag, ''),
			{
				name: 'Wait',
				type: 'n8n-nodes-base.wait',
				typeVersion: 1.1,
				parameters: { resume: 'timeInterval', amount: 5, unit: 'seconds' },
				webhookId: tag,
			},
			httpRequest('Ask', api, {
				sendQuery: true,
				queryParameters: { parameters: [{ name: 'task_id', value: '={{ $json.data.taskId }}' }] },
			}),
			{
				name: 'If',
				type: 'n8n-nodes-base.if',
				typeVersion: 2.2,
				parameters: {
					conditions: {
						options: { caseSensitive: true, typeValidation: 'loose', version: 2 },
						conditions: [
							{
								id: 'state',
								leftValue: '={{ $json.data.state }}',
								rightValue: 'completed',
								operator: { type: 'string', operation: 'equals' },
							},
						],
						combinator: 'and',
					},
				},
			},
		],
		path: ['Create', 'Wait', 'Ask', 'If'],
		loop: { If: 'Wait' },
	},
};

async function until(condition) {
	const end = Date.now() + PATIENCE;
	for (;;) {
		const value = await condition();
		if (value) return value;
		if (Date.now() > end) throw new Error('waited too long');
		await pause(50);
	}
}

/** Runs one design once; ms from the last task's end to the next node's start, and API calls a task. */
async function measure(server, api, kling, name, count, round) {
	const { nodes, path, loop = {}, onlyLastCallback } = designs[name];
	const tag = `${name}-${count}-${round}`;
	const connections = chain('Start', 'List', 'Items', ...path, 'Next');
	for (const [from, to] of Object.entries(loop)) {
		connections[from].main[1] = [{ node: to, type: 'main', index: 0 }];
	}
	const workflow = await server.createWorkflow({
		name: tag,
		nodes: [manualStart, ...items(count), ...nodes(api, tag, kling), next()],
		connections,
	});
	const before = api.log.length;
	const id = await server.run(workflow, { triggerName: 'Start' });
	const tasks = await until(() => {
		const found = tasksOf(api, tag);
		return found.length === count && found;
	});
	if (name !== 'asking') await until(async () => (await server.execution(id)).status === 'waiting');
	// So that asking every 5 s is not caught at the same phase each time.
	else await pause(1_000 + ((round * 1_700) % 5_000));

	api.settings.callbacks = (task) =>
		onlyLastCallback && task.taskId !== tasks.at(-1).taskId ? 'dropped' : 'normal';
	for (const { taskId } of tasks) {
		api.finish(taskId);
		if (count > 1) await pause(FINISH_WITHIN / count);
	}
	const finishedAt = Math.max(...tasks.map(({ taskId }) => api.tasks.get(taskId).completeTime));
	const execution = await server.waitFor(id, 'success', PATIENCE);
	const runs = execution.runData.Next;
	return {
		delay: runs.at(-1).startTime - finishedAt,
		calls: (api.log.length - before) / count,
	};
}

/** How soon a paused execution goes on, against the least n8n can do and what people build. */
async function resume() {
	const api = await startApi();
	const server = await startServer({});
	const kling = await klingNodes(server, api);
	const rows = [];
	for (const count of SIZES) {
		const delays = { paused: [], floor: [], asking: [] };
		const calls = { paused: [], floor: [], asking: [] };
		for (let round = 0; round < ROUNDS; round++) {
			for (const name of Object.keys(designs)) {
				const { delay, calls: called } = await measure(server, api, kling, name, count, round);
				delays[name].push(delay);
				calls[name].push(called);
			}
		}
		const factor = summary(delays.paused).median / summary(delays.floor).median;
		rows.push(
			row(
				`paused, ${count} items: next node after the last task's end, ms`,
				`${spread(delays.paused, 0)}: ${factor.toFixed(2)} × the floor`,
				`${spread(delays.floor, 0)} a bare Wait node; ${spread(delays.asking, 0)} asking every 5 s`,
				'≤ 1.3 × the floor',
				factor <= 1.3,
			),
			row(
				`paused, ${count} items: API calls a task`,
				spread(calls.paused),
				`${spread(calls.floor)} a bare Wait node; ${spread(calls.asking)} asking every 5 s`,
				'≤ 3',
				summary(calls.paused).median <= 3,
			),
		);
	}
	await server.stop();
	await api.close();
	return rows;
}

module.exports = { resume };
