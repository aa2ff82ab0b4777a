'use strict';

const { startServer } = require('../server/server');
const { chain, klingNodes, next, startApi, webhookStart } = require('../server/workflows');
const { row, spread, summary } = require('./stats');

/** A flood is measured once: it takes minutes, in which the vendor delivers again and again. */
const BURSTS = [
	{ size: 60, rounds: 3, isFlood: false },
	{ size: 1000, rounds: 1, isFlood: true },
];
const FINISH_WITHIN = 1_200;
const PATIENCE = 15 * 60_000;
/** Longer than the vendor's own pauses between deliveries, and than its background job's in a flood. */
const QUIET = 12_000;
const QUIET_IN_FLOOD = 75_000;
const ANY_STATUS = ['new', 'running', 'success', 'error', 'crashed'];
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

/**
 * Lets a burst of tasks finish, and waits until all executions that they start have ended.
 *
 * @returns {Promise<object>} `seconds` until the last one has ended, and whether that is `over`;
 * `started`: executions; `repeated`: deliveries after each task's first; `memory`: its peak in bytes
 */
async function measure(server, api, { workflowId, url }, { size, isFlood }) {
	const count = async (status) => await server.countExecutions({ workflowId, status });
	// While it is flooded, n8n refuses to answer.
	const look = async () =>
		await Promise.all([count(['new', 'running']), count(ANY_STATUS)]).catch(() => []);
	const before = await count(ANY_STATUS);
	const ids = new Set(await createTasks(api, url, size));
	const begin = Date.now();
	for (const [index, id] of [...ids].entries()) {
		api.finish(id);
		if (index % 20 === 19) await pause((FINISH_WITHIN * 20) / size);
	}
	let started = 0;
	let memory = 0;
	let lastAt = begin;
	let isOver = false;
	// Executions still to come show only in what the vendor delivers.
	while (!isOver && Date.now() - begin < PATIENCE) {
		await pause(isFlood ? 1_000 : 250);
		memory = Math.max(memory, server.memory());
		const [running, all] = await look();
		if (running !== 0 || all - before !== started) lastAt = Date.now();
		if (all !== undefined) started = all - before;
		isOver = started >= size && Date.now() - lastAt > (isFlood ? QUIET_IN_FLOOD : QUIET);
	}
	return {
		seconds: (lastAt - begin) / 1000,
		isOver,
		started,
		repeated: api.deliveries.filter(({ taskId }) => ids.has(taskId)).length - size,
		memory,
	};
}

/** A server with both receivers, and a vendor. */
async function withServer(use) {
	const api = await startApi();
	const server = await startServer({});
	try {
		const kling = await klingNodes(server, api);
		const ours = await server.createWorkflow({
			name: 'trigger',
			nodes: [kling.trigger({}, { name: 'Start', webhookId: 'bench-trigger' }), next()],
			connections: chain('Start', 'Next'),
		});
		const bare = await server.createWorkflow({
			name: 'webhook',
			nodes: [webhookStart('bench-bare'), next()],
			connections: chain('Start', 'Next'),
		});
		for (const workflowId of [ours, bare]) await server.activate(workflowId);
		const receivers = {
			ours: { workflowId: ours, url: `${server.webhookUrl}/${ours}/kling-lip-sync` },
			bare: { workflowId: bare, url: `${server.webhookUrl}/bench-bare` },
		};
		await use(async (name, burst) => await measure(server, api, receivers[name], burst));
	} finally {
		await server.stop();
		await api.close();
	}
}

async function measureBoth(burst) {
	const results = { ours: [], bare: [] };
	const names = ['bare', 'ours'];
	if (burst.isFlood) {
		// Each on a server of its own, for a flood leaves one swollen, and deliveries to come.
		for (const name of names)
			await withServer(async (run) => results[name].push(await run(name, burst)));
	} else {
		await withServer(async (run) => {
			for (let round = 0; round < burst.rounds; round++)
				for (const name of names) results[name].push(await run(name, burst));
		});
	}
	return results;
}

/** Bursts of callbacks at the trigger, which asks the API about each, against a bare Webhook node. */
async function trigger() {
	const rows = [];
	for (const burst of BURSTS) {
		const { size, isFlood } = burst;
		const { ours, bare } = await measureBoth(burst);
		const seconds = (results) => results.map((result) => result.seconds);
		const time = (results) =>
			`${spread(seconds(results), 1)}${results.every(({ isOver }) => isOver) ? '' : ', and not over'}`;
		const rest = (results) =>
			results
				.map(
					({ started, repeated, memory }) => `${started}; ${repeated}; ${(memory / MB).toFixed(0)}`,
				)
				.join(' · ');
		const factor = summary(seconds(ours)).median / summary(seconds(bare)).median;
		rows.push(
			row(
				`trigger, ${size} tasks at once: until the last execution has ended, s`,
				`${time(ours)}: ${factor.toFixed(2)} × the bare Webhook node`,
				time(bare),
				isFlood ? '' : '≤ 2.2 ×',
				factor <= 2.2,
			),
			row(
				`trigger, ${size} tasks at once: executions; repeated deliveries; peak memory, MB`,
				rest(ours),
				rest(bare),
				isFlood ? `${size} executions` : `${size} executions, none repeated`,
				ours.every(({ started, repeated }) => started === size && (isFlood || repeated === 0)),
			),
		);
	}
	return rows;
}

module.exports = { trigger };
