/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as pause } from 'node:timers/promises';
import { createTask, IDENTIFY } from '../engine/helpers';
import type { ExecutionStatus } from 'n8n-workflow';
import type { WorkflowNode } from '../server/client';
import type { Server } from '../server/server';
import { type Api, chain, type KlingNodes, next, webhookStart } from '../server/workflows';
import { row, spread, summary } from './stats';
import { withServer } from './withServer';

interface Burst {
	size: number;
	rounds: number;
	isFlood: boolean;
}

/** A flood is measured once: it takes minutes, in which the vendor delivers again and again. */
const BURSTS: Burst[] = [
	{ size: 60, rounds: 3, isFlood: false },
	{ size: 1000, rounds: 1, isFlood: true },
];
const FINISH_WITHIN = 1_200;
const PATIENCE = 15 * 60_000;
/** Longer than the vendor's own pauses between deliveries, and than its background job's in a flood. */
const QUIET = 12_000;
const QUIET_IN_FLOOD = 75_000;
const ANY_STATUS: ExecutionStatus[] = ['new', 'running', 'success', 'error', 'crashed'];
const MB = 1_000_000;

/** A workflow that takes callbacks. */
interface Receiver {
	workflowId: string;
	url: string;
}

interface Measured {
	/** Until the last execution has ended, and whether that is so. */
	seconds: number;
	isOver: boolean;
	/** Executions. */
	started: number;
	/** Deliveries after each task's first. */
	repeated: number;
	/** Its peak in bytes. */
	memory: number;
}

/** Lets a burst of tasks finish, and waits until all executions that they start have ended. */
async function measure(
	server: Server,
	api: Api,
	{ workflowId, url }: Receiver,
	{ size, isFlood }: Burst,
): Promise<Measured> {
	const count = async (status: ExecutionStatus[]) =>
		await server.countExecutions({ workflowId, status });
	// While it is flooded, n8n refuses to answer.
	const look = async () =>
		await Promise.all([count(['new', 'running']), count(ANY_STATUS)]).catch(() => undefined);
	const before = await count(ANY_STATUS);
	const ids = new Set<string>();
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
		const counted = await look();
		const [running, all] = counted ?? [1, before + started];
		if (running !== 0 || all - before !== started) lastAt = Date.now();
		started = all - before;
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

type Name = 'ours' | 'bare';

/** Puts both receivers on a server. */
async function publishReceivers(server: Server, kling: KlingNodes) {
	const publish = async (start: WorkflowNode) => {
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

async function measureBoth(burst: Burst) {
	const results: Record<Name, Measured[]> = { ours: [], bare: [] };
	const measureOn = async (names: Name[]) =>
		await withServer({}, async (server, api, kling) => {
			const receivers = await publishReceivers(server, kling);
			for (let round = 0; round < burst.rounds; round++) {
				for (const name of names)
					results[name].push(await measure(server, api, receivers[name], burst));
			}
		});
	// Each on a server of its own, for a flood leaves one swollen, and deliveries to come.
	const servers: Name[][] = burst.isFlood ? [['bare'], ['ours']] : [['bare', 'ours']];
	for (const names of servers) await measureOn(names);
	return results;
}

/** Bursts of callbacks at the trigger, which asks the API about each, against a bare Webhook node. */
export async function trigger() {
	const rows = [];
	for (const burst of BURSTS) {
		const { size, isFlood } = burst;
		const { ours, bare } = await measureBoth(burst);
		const seconds = (results: Measured[]) => results.map((result) => result.seconds);
		const time = (results: Measured[]) =>
			`${spread(seconds(results), 1)}${results.every(({ isOver }) => isOver) ? '' : ', and not over'}`;
		const rest = (results: Measured[]) =>
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
