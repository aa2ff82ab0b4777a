/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { INodeParameters } from 'n8n-workflow';
import { createSettings } from '../emulator/settings';
import { until, type WorkflowNode } from '../server/client';
import type { Server } from '../server/server';
import {
	type Api,
	audioUrl,
	chain,
	items,
	type KlingNodes,
	manualStart,
	next,
	tasksOf,
} from '../server/workflows';
import { drawResume, type Group } from './drawResume';
import { row, spread, summary } from './stats';
import { withServer } from './withServer';

interface Batch {
	/** Items. */
	count: number;
	/** Within how many ms their tasks finish. */
	within: number;
	/** Whether they come faster than n8n can answer. */
	isFlood?: boolean;
	/** Settings of n8n. */
	env?: Record<string, string>;
}

const BATCHES: Batch[] = [
	{ count: 1, within: 0 },
	{ count: 20, within: 1_500 },
	{ count: 200, within: 15_000 },
	{ count: 200, within: 1_500, isFlood: true },
	{
		count: 200,
		within: 1_500,
		isFlood: true,
		env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
	},
];
const PICTURE = path.join(__dirname, '../../docs/images/resume-delay.svg');
const ROUNDS = 3;
const PATIENCE = 120_000;

/** The HTTP Request node that people use where there is no node for a service. */
const httpRequest = (name: string, api: Api, parameters: INodeParameters): WorkflowNode => ({
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

const createByHttp = (api: Api, tag: string, callbackUrl: string) =>
	httpRequest('Create', api, {
		method: 'POST',
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `={{ JSON.stringify({ model: 'kling-advanced-lip-sync', session_id: '${api.sessionId}', face_choose: [{ face_id: 'face_001', sound_file: '${audioUrl(api, tag, "' + $json.n + '").slice(1)}' }]${callbackUrl} }) }}`,
	});

const wait = (tag: string, parameters: INodeParameters): WorkflowNode => ({
	name: 'Wait',
	type: 'n8n-nodes-base.wait',
	typeVersion: 1.1,
	parameters,
	webhookId: tag,
});

const waitForCallback = (tag: string, options: INodeParameters) =>
	wait(tag, { resume: 'webhook', httpMethod: 'POST', options });

interface Design {
	nodes(api: Api, tag: string, kling: KlingNodes): WorkflowNode[];
	/** The nodes in a row, and a connection back. */
	path: string[];
	loop?: { from: string; to: string };
	/** Whether only the last task that ends is told. */
	onlyLastCallback?: boolean;
	/** Whether the execution is still waiting when all callbacks are answered. */
	staysWaiting?: boolean;
}
type Name = 'paused' | 'floor' | 'shut' | 'asking';

/** What is compared: the nodes between the items and the node called Next. */
const designs: Record<Name, Design> = {
	paused: {
		nodes: (api, tag, kling) => [kling.lipSync(tag, { waitMode: 'callback' })],
		path: ['Kling'],
	},
	// The least that n8n itself takes: it goes on at the first callback and asks nobody.
	floor: {
		nodes: (api, tag) => [
			createByHttp(api, tag, ', callback_url: $execution.resumeUrl'),
			waitForCallback(tag, {}),
		],
		path: ['Create', 'Wait'],
		onlyLastCallback: true,
	},
	// What all the callbacks cost n8n by themselves: a Wait node that lets nobody in.
	shut: {
		nodes: (api, tag) => [
			createByHttp(api, tag, ', callback_url: $execution.resumeUrl'),
			waitForCallback(tag, { ipWhitelist: '192.0.2.1' }),
		],
		path: ['Create', 'Wait'],
		staysWaiting: true,
	},
	asking: {
		nodes: (api, tag) => [
			createByHttp(api, tag, ''),
			wait(tag, { resume: 'timeInterval', amount: 5, unit: 'seconds' }),
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
		loop: { from: 'If', to: 'Wait' },
	},
};

/** What the vendor does with callbacks that are not accepted. */
const { callbackRetriesMs, backgroundForMs } = createSettings();
const RETRIES = { callbackRetriesMs, backgroundForMs };
const NO_RETRIES = { callbackRetriesMs: [], backgroundForMs: 0 };

/**
 * Runs one design once.
 *
 * @returns `delay`: ms from the last task's end to the next node's start, or to the last callback's
 * answer where the execution stays waiting; `calls`: API calls a task
 */
async function measure(
	server: Server,
	api: Api,
	kling: KlingNodes,
	name: Name,
	{ count, within }: Batch,
	round: number,
) {
	const { nodes, path, loop, onlyLastCallback, staysWaiting } = designs[name];
	const tag = `${name}-${count}-${within}-${round}`;
	const connections = chain('Start', 'List', 'Items', ...path, 'Next');
	if (loop) connections[loop.from].main[1] = [{ node: loop.to, type: 'main', index: 0 }];
	const workflow = await server.createWorkflow({
		name: tag,
		nodes: [manualStart, ...items(count), ...nodes(api, tag, kling), next()],
		connections,
	});
	const before = api.log.length;
	const id = await server.run(workflow, { triggerName: 'Start' });
	const areCreated = () => {
		const found = tasksOf(api, tag);
		return found.length === count && found;
	};
	const tasks = await until(areCreated, PATIENCE, () => 'Tasks are missing');
	if (name !== 'asking') await server.waitFor(id, 'waiting', PATIENCE);
	// So that asking every 5 s is not caught at the same phase each time.
	else await pause(1_000 + ((round * 1_700) % 5_000));

	api.settings.callbacks = (task) =>
		onlyLastCallback && task.taskId !== tasks.at(-1)?.taskId ? 'dropped' : 'normal';
	Object.assign(api.settings, staysWaiting ? NO_RETRIES : RETRIES);
	const delivered = api.deliveries.length;
	for (const { taskId } of tasks) {
		api.finish(taskId);
		await pause(within / count);
	}
	const finishedAt = Math.max(...tasks.map(({ completeTime }) => completeTime!));
	const nextStarted = async () =>
		(await server.waitFor(id, 'success', PATIENCE)).runData.Next.at(-1)!.startTime;
	const lastAnswered = async () => {
		const areOver = () => api.deliveries.length === delivered + count;
		await until(areOver, PATIENCE, () => 'Callbacks are missing');
		return Math.max(
			...api.deliveries.slice(delivered).map(({ at, durationMs }) => at + durationMs!),
		);
	};
	const endedAt = staysWaiting ? await lastAnswered() : await nextStarted();
	return { delay: endedAt - finishedAt, calls: (api.log.length - before) / count };
}

/** Runs each design several times, in turn, on one server. */
async function measureAll(batch: Batch) {
	const results: Record<Name, Array<{ delay: number; calls: number }>> = {
		paused: [],
		floor: [],
		shut: [],
		asking: [],
	};
	const names = (Object.keys(designs) as Name[]).filter((name) => batch.isFlood || name !== 'shut');
	await withServer(batch.env ?? {}, async (server, api, kling) => {
		for (let round = 0; round < ROUNDS; round++) {
			for (const name of names)
				results[name].push(await measure(server, api, kling, name, batch, round));
		}
	});
	return results;
}

/** What is measured, in words. */
function nameOf({ count, within, env = {} }: Batch): string {
	const finish = count > 1 ? ` that finish within ${within / 1000} s` : '';
	const setting = Object.entries(env).map(([name, value]) => `, ${name}=${value}`);
	return `paused, ${count} item${count === 1 ? '' : 's'}${finish}${setting}`;
}

/** How soon a paused execution goes on, against the least n8n can do and what people build. */
export async function resume() {
	const rows = [];
	const groups: Group[] = [];
	for (const batch of BATCHES) {
		const results = await measureAll(batch);
		const delays = (name: Name) => results[name].map(({ delay }) => delay);
		const calls = (name: Name) => results[name].map((result) => result.calls);
		const times = (name: Name) => summary(delays('paused')).median / summary(delays(name)).median;
		const what = nameOf(batch);
		groups.push({
			title: what,
			ways: [
				{ label: 'this package', color: '#ea580c', delays: delays('paused') },
				{ label: 'a bare Wait node, told once', color: '#2563eb', delays: delays('floor') },
				...(batch.isFlood
					? [{ label: 'n8n answers the callbacks alone', color: '#94a3b8', delays: delays('shut') }]
					: []),
				{ label: 'a loop that asks every 5 s', color: '#7c3aed', delays: delays('asking') },
			],
		});
		rows.push(
			row(
				`${what}: next node after the last task's end, ms`,
				`${spread(delays('paused'), 0)}: ${times('floor').toFixed(2)} × the floor`,
				`${spread(delays('floor'), 0)} a bare Wait node told once; ${spread(delays('asking'), 0)} asking every 5 s`,
				'≤ 1.3 × the floor',
				times('floor') <= 1.3,
			),
		);
		if (batch.isFlood) {
			rows.push(
				row(
					`${what}: the same against the callbacks alone, ms`,
					`${times('shut').toFixed(2)} ×`,
					`${spread(delays('shut'), 0)} n8n answers ${batch.count} callbacks to a Wait node that takes none`,
				),
			);
		}
		rows.push(
			row(
				`${what}: API calls a task`,
				spread(calls('paused')),
				`${spread(calls('floor'))} a bare Wait node; ${spread(calls('asking'))} asking every 5 s`,
				'≤ 3',
				summary(calls('paused')).median <= 3,
			),
		);
	}
	fs.writeFileSync(PICTURE, drawResume(groups));
	return rows;
}
