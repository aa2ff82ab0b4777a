'use strict';

const { startServer } = require('../server/server');
const { chain, klingNodes, next, startApi, webhookStart } = require('../server/workflows');
const { row, spread, summary } = require('./stats');

const BURSTS = [
	{ size: 60, rounds: 3 },
	{ size: 1000, rounds: 1 },
];
const FINISH_WITHIN = 1_200;
const PATIENCE = 300_000;
const MB = 1_000_000;

const pause = async (ms) => await new Promise((resolve) => setTimeout(resolve, ms));

/** Creates tasks that call back at `url`, as any program could. */
async function createTasks(api, url, count) {
	const ids = [];
	for (let index = 0; index < count; index++) {
		const answer = await fetch(`${api.url}/api/v1/audio/generations`, {
			method: 'POST',
			headers: {
				Authorization: `Bearer ${api.settings.apiKey}`,
				'Content-Type': 'application/json',
			},
			body: JSON.stringify({
				model: 'kling-identify-face',
				video_url: `https://example.com/${index}.mp4`,
				callback_url: url,
			}),
		});
		ids.push((await answer.json()).data.taskId);
	}
	return ids;
}

/** Lets a burst of tasks finish; s until the last execution they start has ended. */
async function measure(server, api, { workflowId, url }, size) {
	const filter = { workflowId, status: 'success' };
	const before = await server.countExecutions(filter);
	const ids = await createTasks(api, url, size);
	const begin = Date.now();
	for (const [index, id] of ids.entries()) {
		api.finish(id);
		if (index % 20 === 19) await pause((FINISH_WITHIN * 20) / size);
	}
	let started = 0;
	let quietSince = Date.now();
	let lastAt = begin;
	// Longer than the vendor's own repetitions, so that what is started twice is seen.
	while (Date.now() - quietSince < 12_000 || started < size) {
		await pause(250);
		const now = (await server.countExecutions(filter)) - before;
		if (now !== started) {
			started = now;
			quietSince = lastAt = Date.now();
		}
		if (Date.now() - begin > PATIENCE) break;
	}
	const attempts = api.deliveries.filter(({ taskId }) => ids.includes(taskId));
	return {
		seconds: (lastAt - begin) / 1000,
		started,
		repeated: attempts.length - size,
		memory: await server.memory(),
	};
}

/** Bursts of callbacks at the trigger, which asks the API about each, against a bare Webhook node. */
async function trigger() {
	const api = await startApi();
	const server = await startServer({});
	const kling = await klingNodes(server, api);
	const receivers = {};
	const ours = await server.createWorkflow({
		name: 'trigger',
		nodes: [kling.trigger({}, { name: 'Start', webhookId: 'bench-trigger' }), next()],
		connections: chain('Start', 'Next'),
	});
	receivers.ours = { workflowId: ours, url: `${server.webhookUrl}/${ours}/kling-lip-sync` };
	const bare = await server.createWorkflow({
		name: 'webhook',
		nodes: [webhookStart('bench-bare'), next()],
		connections: chain('Start', 'Next'),
	});
	receivers.bare = { workflowId: bare, url: `${server.webhookUrl}/bench-bare` };
	for (const { workflowId } of Object.values(receivers)) await server.activate(workflowId);

	const rows = [];
	for (const { size, rounds } of BURSTS) {
		const results = { ours: [], bare: [] };
		for (let round = 0; round < rounds; round++) {
			for (const name of ['bare', 'ours'])
				results[name].push(await measure(server, api, receivers[name], size));
		}
		const of = (name, what) => results[name].map((result) => result[what]);
		const factor = summary(of('ours', 'seconds')).median / summary(of('bare', 'seconds')).median;
		const isSmall = size === BURSTS[0].size;
		rows.push(
			row(
				`trigger, ${size} tasks at once: until the last execution, s`,
				`${spread(of('ours', 'seconds'), 1)}: ${factor.toFixed(2)} × the bare Webhook node`,
				spread(of('bare', 'seconds'), 1),
				isSmall ? '≤ 2.2 ×' : '',
				factor <= 2.2,
			),
			row(
				`trigger, ${size} tasks at once: executions; repeated deliveries; memory, MB`,
				`${of('ours', 'started').join(', ')}; ${of('ours', 'repeated').join(', ')}; ${(summary(of('ours', 'memory')).max / MB).toFixed(0)}`,
				`${of('bare', 'started').join(', ')}; ${of('bare', 'repeated').join(', ')}; ${(summary(of('bare', 'memory')).max / MB).toFixed(0)}`,
				isSmall ? `${size}, none repeated` : `${size}`,
				of('ours', 'started').every((count) => count === size) &&
					(!isSmall || of('ours', 'repeated').every((count) => count === 0)),
			),
		);
	}
	await server.stop();
	await api.close();
	return rows;
}

module.exports = { trigger };
