/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionStatus, IDataObject } from 'n8n-workflow';
import type { Outcome, Task } from '../emulator/tasks';
import { until } from './client';
import type { ExecutionSummary, StoredExecution, WorkflowNode } from './client';
import { nodeOutput, startServer } from './server';
import type { Server } from './server';
import {
	audioOf,
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
	NEVER_MS,
} from './workflows';
import type { Api, KlingNodes } from './workflows';

const PATIENCE_MS = 120_000;

interface Started {
	id: string;
	tag: string;
	workflowId: string;
}

interface StartOptions {
	after?: WorkflowNode[];
	options?: IDataObject;
	waitMode?: string;
	node?: Partial<WorkflowNode>;
}

let server: Server;
let api: Api;
let kling: KlingNodes;
let overdue: Started;

beforeAll(async () => {
	// A busy machine would make n8n turn callbacks away on its own account.
	server = await startServer({ env: { DB_PING_TIMEOUT_MS: '60000' } });
	const isTagged = (request: Task['request'], word: string) =>
		(audioOf(request)[0] ?? '').includes(word);
	api = await startApi({
		// What a test is about may depend on the machine's speed, but not on whether n8n keeps the 10 s.
		callbackTimeoutMs: 60_000,
		backgroundRetryMs: 5_000,
		backgroundForMs: 120_000,
		lipSyncMs: (request) => (isTagged(request, 'early') ? 1 : NEVER_MS),
		callbacks: ({ request }) =>
			isTagged(request, 'dropped') ? 'dropped' : isTagged(request, 'twice') ? 'twice' : 'normal',
	});
	kling = await klingNodes(server, api);
	// n8n looks for waits that are over once a minute: this one goes on while the others are tested.
	overdue = await start('overdue-dropped', 3, {
		options: { timeoutMinutes: 0.05 },
		after: [kling.getTask({ taskId: '={{ $json.taskId }}', waitMode: 'poll' })],
	});
}, 300_000);

afterAll(async () => {
	await server?.stop();
	await api?.close();
});

/** Starts an execution of Start, List, Items, Kling, Next … and returns as soon as it runs. */
async function start(
	tag: string,
	count: number,
	{ after = [], options, waitMode = 'callback', node }: StartOptions = {},
): Promise<Started> {
	const parameters = { waitMode, options: { maxConcurrency: 20, ...options } };
	const lipSync = kling.lipSync(tag, parameters, node);
	const workflowId = await server.createWorkflow({
		name: tag,
		nodes: [manualStart, ...items(count), lipSync, next(), ...after],
		connections: chain('Start', 'List', 'Items', 'Kling', 'Next', ...after.map(({ name }) => name)),
	});
	const id = await server.run(workflowId, { triggerName: 'Start' });
	return { id, tag, workflowId };
}

/** Waits without asking for the data, which n8n would have to read each time. */
async function reach({ id, tag, workflowId }: Started, status: ExecutionStatus) {
	let found: ExecutionSummary | undefined;
	await until(
		async () => {
			[found] = await server.executions({ workflowId });
			return found?.status === status;
		},
		PATIENCE_MS,
		() =>
			`Execution ${id} is "${found?.status}", not "${status}". Callbacks: ${answersTo(tasksOf(api, tag))}`,
	);
	return await server.execution(id);
}

async function startAndSuspend(tag: string, count: number, options?: StartOptions) {
	const started = await start(tag, count, options);
	await reach(started, 'waiting');
	return { ...started, tasks: tasksOf(api, tag) };
}

const finish = (tasks: Task[], outcome: Outcome = { state: 'completed' }) =>
	tasks.forEach(({ taskId }) => api.finish(taskId, outcome));

const statusOf = async ({ id }: { id: string }) => (await server.execution(id)).status;

const deliveriesOf = (tasks: Array<Pick<Task, 'taskId'>>) =>
	api.deliveries.filter(({ taskId }) => tasks.some((task) => task.taskId === taskId));

const answersTo = (tasks: Task[]) =>
	JSON.stringify(
		deliveriesOf(tasks).map(({ at, durationMs, status, error }) => [
			at,
			durationMs,
			status ?? error,
		]),
	);

/** Every callback has come to its end, also those after the one that let the execution go on. */
async function settled(tasks: Task[], count = tasks.length) {
	await until(
		() => deliveriesOf(tasks).filter(({ status }) => status === 200).length >= count,
		PATIENCE_MS,
		() => `Callbacks: ${answersTo(tasks)}`,
	);
}

/**
 * Calls until the node has taken it. For a moment n8n itself answers 200 to everything, before it
 * knows of any node: what comes then is lost, and nothing that a node does could change that.
 */
async function deliverWhileStarting(taskId: string) {
	let answer: Awaited<ReturnType<Api['deliver']>>;
	await until(
		async () => {
			answer = await api.deliver(taskId);
			return answer.status === 200 && !answer.text?.includes('n8n is starting up');
		},
		PATIENCE_MS,
		() => `The last answer was ${JSON.stringify(answer)}`,
	);
}

/** What a user gets: one run of the next node, with a right result for each item and in order. */
function expectResults(execution: StoredExecution, tasks: Task[], nodeName = 'Next') {
	expect(execution.runData[nodeName]).toHaveLength(1);
	const found = nodeOutput(execution, nodeName);
	expect(found.map(({ json }) => json.taskId)).toEqual(tasks.map(({ taskId }) => taskId));
	for (const { json } of found) {
		expect(json).toMatchObject({
			state: 'completed',
			model: 'kling-advanced-lip-sync',
			videoUrl: `${api.url}/files/result/${json.taskId}.mp4`,
		});
		expect(json).not.toHaveProperty('timedOut');
	}
}

describe('an execution that is paused until Kling calls back', () => {
	test.each([1, 25, 200])('goes on once with all results in order, %i items', async (count) => {
		const started = await startAndSuspend(`items${count}`, count);
		const { tasks } = started;
		expect(tasks).toHaveLength(count);
		const [{ json }] = nodeOutput(await server.execution(started.id), 'Kling');
		expect(json).toEqual({ taskId: tasks[0].taskId, state: 'pending', model: tasks[0].model });

		const begin = Date.now();
		for (const [index, task] of tasks.entries()) {
			const early = begin + (index * 3000) / count - Date.now();
			if (early > 5) await sleep(early);
			finish([task]);
		}
		expectResults(await reach(started, 'success'), tasks);
		await settled(tasks);
		const queries = tasks.flatMap(({ taskId }) => api.queries(taskId)).length;
		expect(queries).toBeLessThanOrEqual(count === 200 ? 1.5 * count : 2 * count);
		for (const { taskId } of tasks) {
			expect(deliveriesOf([{ taskId }]).length).toBeLessThanOrEqual(2);
		}
	});

	test('takes callbacks that came while it was still creating tasks', async () => {
		api.settings.latencyMs = 150;
		const started = await start('early', 8, { options: { maxConcurrency: 1 } });
		const execution = await reach(started, 'success');
		api.settings.latencyMs = 0;
		expectResults(execution, tasksOf(api, 'early'));
		const [first] = deliveriesOf(tasksOf(api, 'early'));
		expect(first.status).toBeGreaterThanOrEqual(400);
	});

	test('goes on once when every callback comes twice', async () => {
		const started = await startAndSuspend('twice', 5);
		finish(started.tasks);
		expectResults(await reach(started, 'success'), started.tasks);
		expect(await server.executions({ workflowId: started.workflowId })).toHaveLength(1);
	});

	test('goes on once when a late callback comes three times at the same moment', async () => {
		const started = await startAndSuspend('late-dropped', 3);
		const { tasks } = started;
		const { taskId } = tasks[2];
		finish(tasks.slice(0, 2));
		await api.deliver(tasks[1].taskId);
		await api.deliver(tasks[0].taskId);
		expect(await statusOf(started)).toBe('waiting');
		finish(tasks);
		const answers = await Promise.all([1, 2, 3].map(async () => await api.deliver(taskId)));
		expect(answers.filter(({ status }) => status === 200)).not.toHaveLength(0);
		expectResults(await reach(started, 'success'), tasks);
		expect(await server.executions({ workflowId: started.workflowId })).toHaveLength(1);
	});

	test('is not moved by callbacks that nobody confirms', async () => {
		const other = await startAndSuspend('other', 1);
		finish(other.tasks);
		await reach(other, 'success');
		const started = await startAndSuspend('forged', 2);
		const [{ taskId, callbackUrl: url }] = started.tasks;
		const claim = (id: string) => ({
			url,
			body: { code: 200, data: { taskId: id, state: 'completed', resultJson: '{}' } },
		});
		const unsigned = new URL(url!);
		unsigned.searchParams.set('signature', '0'.repeat(64));

		const queries = api.queries().length;
		expect(await api.deliver('clunknown', claim('clunknown'))).toMatchObject({ status: 200 });
		const foreign = other.tasks[0].taskId;
		expect(await api.deliver(foreign, { url })).toMatchObject({ status: 200 });
		expect(await api.deliver('text', { url, body: 'no JSON {' })).toMatchObject({ status: 422 });
		expect(await api.deliver('none', { url, body: { code: 200 } })).toMatchObject({ status: 400 });
		expect(await api.deliver('list', { url, body: [] })).toMatchObject({ status: 400 });
		expect(await api.deliver(taskId, { ...claim(taskId), url: String(unsigned) })).toMatchObject({
			status: 401,
		});
		expect(api.queries()).toHaveLength(queries);
		expect(await api.deliver(taskId, claim(taskId))).toMatchObject({ status: 503 });
		expect(await statusOf(started)).toBe('waiting');

		finish(started.tasks);
		expectResults(await reach(started, 'success'), started.tasks);
	});

	test('waits until the API answers again, and goes on when Kling delivers again', async () => {
		const started = await startAndSuspend('down', 2);
		for (const { taskId } of started.tasks) {
			api.fail({ kind: 'status', method: 'GET', status: 503, times: 2, taskId });
		}
		finish(started.tasks);
		expectResults(await reach(started, 'success'), started.tasks);
		expect(deliveriesOf(started.tasks)).toContainEqual(expect.objectContaining({ status: 503 }));
	});

	test('goes on without a result when the time is up, and Get Task finishes the job', async () => {
		const tasks = tasksOf(api, 'overdue-dropped');
		await until(
			() => tasks.every(({ taskId }) => api.queries(taskId).length > 0),
			PATIENCE_MS,
			() => 'The pause did not end',
		);
		finish(tasks);
		const execution = await reach(overdue, 'success');
		expect(execution.runData.Next).toHaveLength(1);
		expect(nodeOutput(execution, 'Next').map(({ json }) => json)).toEqual(
			tasks.map(({ taskId, model }) => ({ taskId, state: 'pending', model, timedOut: true })),
		);
		expectResults(execution, tasks, 'Get');
	});

	test('loses nothing when n8n is killed while it waits', async () => {
		const idle = await startAndSuspend('killed-dropped', 3);
		const halfway = await startAndSuspend('halfway', 6);
		const before = halfway.tasks.filter((_, index) => index % 2 === 0);
		finish(before);
		await settled(before);
		expect(await statusOf(halfway)).toBe('waiting');

		await server.kill();
		finish(idle.tasks);
		const redelivered = idle.tasks.map(async ({ taskId }) => await deliverWhileStarting(taskId));
		await server.restart();
		await Promise.all(redelivered);
		finish(halfway.tasks);
		expectResults(await reach(idle, 'success'), idle.tasks);
		expectResults(await reach(halfway, 'success'), halfway.tasks);
		expect(deliveriesOf(before)).toHaveLength(3);
	});

	test('sends failed tasks to the error output, where the node has one', async () => {
		const parameters = { waitMode: 'callback' };
		const workflowId = await server.createWorkflow({
			nodes: [
				manualStart,
				...items(3),
				kling.lipSync('failing', parameters, { onError: 'continueErrorOutput' }),
				next(),
				next('Failed'),
			],
			connections: chain('Start', 'List', 'Items', 'Kling', ['Next', 'Failed']),
		});
		const id = await server.run(workflowId, { triggerName: 'Start' });
		const started = { id, workflowId, tag: 'failing' };
		await reach(started, 'waiting');
		const tasks = tasksOf(api, 'failing');
		finish([tasks[1]], { failMsg: 'Audio is too short', failCode: '1201' });
		finish(tasks);
		const execution = await reach(started, 'success');
		expectResults(execution, [tasks[0], tasks[2]]);
		const [{ taskId }] = [tasks[1]];
		expect(nodeOutput(execution, 'Failed')).toMatchObject([
			{
				json: {
					error: `Lip Sync failed: Audio is too short (task ${taskId})`,
					details: { taskId, state: 'failed', failCode: '1201', failMsg: 'Audio is too short' },
				},
			},
		]);
	});

	test('goes on with failed tasks as data, where the node has no error output', async () => {
		const started = await startAndSuspend('failed', 2);
		const [first, second] = started.tasks;
		finish([first], { failMsg: 'Audio is too short', failCode: '1201' });
		finish([second]);
		const execution = await reach(started, 'success');
		expect(nodeOutput(execution, 'Next')).toMatchObject([
			{
				json: {
					taskId: first.taskId,
					state: 'failed',
					failMsg: 'Audio is too short',
					failCode: '1201',
				},
			},
			{ json: { taskId: second.taskId, state: 'completed' } },
		]);
	});

	test('pauses anew for each Kling node, and for each round of a loop', async () => {
		const parameters = { waitMode: 'callback' };
		const loop = {
			name: 'Loop',
			type: 'n8n-nodes-base.splitInBatches',
			typeVersion: 3,
			parameters: { batchSize: 1 },
		};
		const workflowId = await server.createWorkflow({
			nodes: [
				manualStart,
				...items(2),
				loop,
				kling.lipSync('first', {
					...parameters,
					audioUrl: '=https://example.com/first/{{ $json.n }}.mp3',
				}),
				kling.lipSync('second', parameters, { name: 'Again' }),
				next(),
			],
			connections: {
				...chain('Start', 'List', 'Items', 'Loop', 'Kling', 'Again', 'Loop'),
				...chain('Loop', ['Next', 'Kling']),
			},
		});
		const id = await server.run(workflowId, { triggerName: 'Start' });
		const rounds = ['first', 'second', 'first', 'second'];
		const done: Task[] = [];
		for (const tag of rounds) {
			const known = new Set(done.map(({ taskId }) => taskId));
			const task = await until(
				() => tasksOf(api, tag).find(({ taskId }) => !known.has(taskId)),
				PATIENCE_MS,
				() => `No task for ${tag}`,
			);
			await until(
				async () => (await statusOf({ id })) === 'waiting',
				PATIENCE_MS,
				() => 'The execution does not wait',
			);
			// What belongs to an earlier pause comes again, and must not end this one.
			for (const earlier of done) await api.deliver(earlier.taskId);
			expect(await statusOf({ id })).toBe('waiting');
			finish([task]);
			done.push(task);
		}
		const execution = await reach({ id, workflowId, tag: 'second' }, 'success');
		expect(execution.runData.Kling).toHaveLength(2);
		expect(execution.runData.Again).toHaveLength(2);
		expectResults(execution, [done[1], done[3]]);
	});

	test('gives a parent workflow the results of the sub-workflow that was paused', async () => {
		const child = await server.createWorkflow({
			nodes: [subWorkflowStart, kling.lipSync('child', { waitMode: 'callback' })],
			connections: chain('Start', 'Kling'),
		});
		await server.activate(child);
		const parent = await server.createWorkflow({
			nodes: [webhookStart('parent'), ...items(3), subWorkflow(child), next()],
			connections: chain('Start', 'List', 'Items', 'Child', 'Next'),
		});
		await server.activate(parent);
		await server.triggerWebhook('parent', {});
		const [{ id }] = await server.waitForExecutions(
			{ workflowId: parent, status: 'waiting' },
			1,
			PATIENCE_MS,
		);
		await server.waitForExecutions({ workflowId: child, status: 'waiting' }, 1, PATIENCE_MS);
		finish(tasksOf(api, 'child'));
		expectResults(
			await reach({ id, workflowId: parent, tag: 'child' }, 'success'),
			tasksOf(api, 'child'),
		);
	});
});

describe('an execution that is cancelled', () => {
	test('while it is paused stays cancelled, and its callbacks do no harm', async () => {
		const started = await startAndSuspend('cancelled', 2);
		await server.stopExecution(started.id);
		await reach(started, 'canceled');
		finish(started.tasks);
		await until(
			() => deliveriesOf(started.tasks).length >= 2,
			PATIENCE_MS,
			() => 'The callbacks did not come',
		);
		const execution = await server.execution(started.id);
		expect(execution.status).toBe('canceled');
		expect(execution.runData).not.toHaveProperty('Next');
	});

	test('while the node asks ends at once, and the log keeps the task ids', async () => {
		const started = await start('polling', 2, { waitMode: 'poll' });
		await until(
			() => tasksOf(api, 'polling').some(({ taskId }) => api.queries(taskId).length > 0),
			PATIENCE_MS,
			() => 'The node does not ask',
		);
		await server.stopExecution(started.id);
		await reach(started, 'canceled');
		const named = () => /was cancelled. Tasks already created: (.*)/.exec(server.log())?.[1] ?? '';
		await until(named, PATIENCE_MS, () => 'The log does not name the tasks');
		for (const { taskId } of tasksOf(api, 'polling')) expect(named()).toContain(taskId);
		const queries = api.queries().length;
		await sleep(5000);
		expect(api.queries()).toHaveLength(queries);
	});
});
