'use strict';

const { setTimeout: pause } = require('node:timers/promises');
const { createTask, IDENTIFY } = require('../engine/helpers');
const { chain, next, webhookStart } = require('../server/workflows');
const { row, spread, summary } = require('./stats');
const { withServer } = require('./withServer');

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
	const ids = new Set();
	for (let index = 0; index < size; index++) {
		const video_url = `https://example.com/${index}.mp4`;
		ids.add(await createTask(api, { model: IDENTIFY, video_url, callback_url: url }));
	}
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

/** Puts both receivers on a server. */
async function publishReceivers(server, kling) {
	const publish = async (start) => {
		const workflowId = await server.createWorkflow({
			nodes: [start, next()],
			connections: chain('Start', 'Next'),
		});
		await server.activate(workflowId);
		return workflowId;
	};
	const ours = await publish(kling.trigger({}, { name: 'Start', webhookId: 'bench-trigger' }));
	const bare = await publish(webhookStart('bench-bare'));
	return {
		ours: { workflowId: ours, url: `${server.webhookUrl}/${ours}/kling-lip-sync` },
		bare: { workflowId: bare, url: `${server.webhookUrl}/bench-bare` },
	};
}

async function measureBoth(burst) {
	const results = { ours: [], bare: [] };
	const measureOn = async (names) =>
		await withServer({}, async (server, api, kling) => {
			const receivers = await publishReceivers(server, kling);
			for (let round = 0; round < burst.rounds; round++) {
				for (const name of names)
					results[name].push(await measure(server, api, receivers[name], burst));
			}
		});
	// Each on a server of its own, for a flood leaves one swollen, and deliveries to come.
	for (const names of burst.isFlood ? [['bare'], ['ours']] : [['bare', 'ours']])
		await measureOn(names);
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
