/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import type { Emulator } from '../emulator';
import type { CreateRequest } from '../emulator/requests';
import type { Task } from '../emulator/tasks';
import { nodeOutput, until } from './client';
import type { WorkflowNode } from './client';
import {
	audioOf,
	audioUrl,
	chain,
	items,
	manualStart,
	NEVER_MS,
	next,
	subWorkflow,
	subWorkflowStart,
	webhookStart,
} from './workflows';
import { useWorld } from './world';
import type { Started } from './world';

const PATIENCE_MS = 120_000;

interface StartOptions {
	after?: WorkflowNode[];
	options?: IDataObject;
	waitMode?: string;
	node?: Partial<WorkflowNode>;
}

const isTagged = (request: CreateRequest, word: string) =>
	(audioOf(request)[0] ?? '').includes(word);

const world = useWorld({
	// A busy machine would make n8n turn callbacks away on its own account.
	server: { env: { DB_PING_TIMEOUT_MS: '60000' } },
	api: {
		// What a test is about may depend on the machine's speed, but not on whether n8n keeps the 10 s.
		callbackTimeoutMs: 60_000,
		backgroundRetryMs: 5_000,
		backgroundForMs: 120_000,
		lipSyncMs: (request) => (isTagged(request, 'early') ? 1 : NEVER_MS),
		callbacks: ({ request }) =>
			isTagged(request, 'dropped') ? 'dropped' : isTagged(request, 'twice') ? 'twice' : 'normal',
	},
});

let overdue: Started;

beforeAll(async () => {
	// n8n looks for waits that are over once a minute: this one goes on while the others are tested.
	overdue = await start('overdue-dropped', 3, {
		options: { timeoutMinutes: 0.05 },
		after: [world.kling.getTask({ taskId: '={{ $json.taskId }}', waitMode: 'poll' })],
	});
}, PATIENCE_MS);

/** Starts an execution of Start, List, Items, Kling, Next … and returns as soon as it runs. */
async function start(
	tag: string,
	count: number,
	{ after = [], options, waitMode = 'callback', node }: StartOptions = {},
): Promise<Started> {
	const parameters = { waitMode, options: { maxConcurrency: 20, ...options } };
	const lipSync = world.kling.lipSync(tag, parameters, node);
	const workflowId = await world.server.createWorkflow({
		name: tag,
		nodes: [manualStart, ...items(count), lipSync, next(), ...after],
		connections: chain('Start', 'List', 'Items', 'Kling', 'Next', ...after.map(({ name }) => name)),
	});
	const id = await world.runByHand(workflowId);
	return { id, tag, workflowId };
}

async function startAndSuspend(tag: string, count: number, options?: StartOptions) {
	const started = await start(tag, count, options);
	await world.reach(started, 'waiting');
	return { ...started, tasks: world.tasksOf(tag) };
}

/**
 * Calls until the node has taken it. For a moment n8n itself answers 200 to everything, before it
 * knows of any node: what comes then is lost, and nothing that a node does could change that.
 */
async function deliverWhileStarting(taskId: string) {
	let answer: Awaited<ReturnType<Emulator['deliver']>>;
	await until(
		async () => {
			answer = await world.api.deliver(taskId);
			return answer.status === 200 && !answer.text?.includes('n8n is starting up');
		},
		PATIENCE_MS,
		() => `The last answer was ${JSON.stringify(answer)}`,
	);
}

describe('an execution that is paused until Kling calls back', () => {
	test.each([1, 25, 200])('goes on once with all results in order, %i items', async (count) => {
		const started = await startAndSuspend(`items${count}`, count);
		const { tasks } = started;
		expect(tasks).toHaveLength(count);
		const [{ json }] = nodeOutput(await world.server.execution(started.id), 'Kling');
		expect(json).toMatchObject({
			taskId: tasks[0].taskId,
			state: 'pending',
			model: tasks[0].model,
		});

		const begin = Date.now();
		for (const [index, task] of tasks.entries()) {
			const early = begin + (index * 3000) / count - Date.now();
			if (early > 5) await sleep(early);
			world.finish([task]);
		}
		world.expectResults(await world.reach(started, 'success'), tasks);
		await world.answered(tasks);
		const queries = tasks.flatMap(({ taskId }) => world.api.queries(taskId)).length;
		expect(queries).toBeLessThanOrEqual(count === 200 ? 1.5 * count : 2 * count);
		for (const { taskId } of tasks) {
			expect(world.deliveriesOf([{ taskId }]).length).toBeLessThanOrEqual(2);
		}
	});

	test('takes callbacks that came while it was still creating tasks', async () => {
		world.api.settings.latencyMs = 150;
		const started = await start('early', 8, { options: { maxConcurrency: 1 } });
		const execution = await world.reach(started, 'success');
		world.api.settings.latencyMs = 0;
		world.expectResults(execution, world.tasksOf('early'));
		const [first] = world.deliveriesOf(world.tasksOf('early'));
		expect(first.status).toBeGreaterThanOrEqual(400);
	});

	test('goes on once when every callback comes twice', async () => {
		const started = await startAndSuspend('twice', 5);
		world.finish(started.tasks);
		world.expectResults(await world.reach(started, 'success'), started.tasks);
		expect(await world.server.executions({ workflowId: started.workflowId })).toHaveLength(1);
	});

	test('goes on once when a late callback comes three times at the same moment', async () => {
		const started = await startAndSuspend('late-dropped', 3);
		const { tasks } = started;
		const { taskId } = tasks[2];
		world.finish(tasks.slice(0, 2));
		await world.api.deliver(tasks[1].taskId);
		await world.api.deliver(tasks[0].taskId);
		expect(await world.statusOf(started)).toBe('waiting');
		world.finish(tasks);
		const answers = await Promise.all([1, 2, 3].map(async () => await world.api.deliver(taskId)));
		expect(answers.filter(({ status }) => status === 200)).not.toHaveLength(0);
		world.expectResults(await world.reach(started, 'success'), tasks);
		expect(await world.server.executions({ workflowId: started.workflowId })).toHaveLength(1);
	});

	test('is not moved by callbacks that nobody confirms', async () => {
		const other = await startAndSuspend('other', 1);
		world.finish(other.tasks);
		await world.reach(other, 'success');
		const started = await startAndSuspend('forged', 2);
		const [{ taskId, callbackUrl: url }] = started.tasks;
		const claim = (id: string) => ({
			url,
			body: { code: 200, data: { taskId: id, state: 'completed', resultJson: '{}' } },
		});
		const unsigned = new URL(url!);
		unsigned.searchParams.set('signature', '0'.repeat(64));

		const named = [...started.tasks, ...other.tasks].map((task) => task.taskId);
		const queries = () => ['clunknown', ...named].flatMap((id) => world.api.queries(id)).length;
		const before = queries();
		expect(await world.api.deliver('clunknown', claim('clunknown'))).toMatchObject({ status: 200 });
		const foreign = other.tasks[0].taskId;
		expect(await world.api.deliver(foreign, { url })).toMatchObject({ status: 200 });
		expect(await world.api.deliver('text', { url, body: 'no JSON {' })).toMatchObject({
			status: 422,
		});
		expect(await world.api.deliver('none', { url, body: { code: 200 } })).toMatchObject({
			status: 400,
		});
		expect(await world.api.deliver('list', { url, body: [] })).toMatchObject({ status: 400 });
		expect(
			await world.api.deliver(taskId, { ...claim(taskId), url: String(unsigned) }),
		).toMatchObject({
			status: 401,
		});
		expect(queries()).toBe(before);
		expect(await world.api.deliver(taskId, claim(taskId))).toMatchObject({ status: 503 });
		expect(await world.statusOf(started)).toBe('waiting');

		world.finish(started.tasks);
		world.expectResults(await world.reach(started, 'success'), started.tasks);
	});

	test('waits until the API answers again, and goes on when Kling delivers again', async () => {
		const started = await startAndSuspend('down', 2);
		for (const { taskId } of started.tasks) {
			world.api.fail({ kind: 'status', method: 'GET', status: 503, times: 2, taskId });
		}
		world.finish(started.tasks);
		world.expectResults(await world.reach(started, 'success'), started.tasks);
		expect(world.deliveriesOf(started.tasks)).toContainEqual(
			expect.objectContaining({ status: 503 }),
		);
	});

	test('goes on without a result when the time is up, and Get Task finishes the job', async () => {
		const tasks = world.tasksOf('overdue-dropped');
		await world.asked(tasks);
		world.finish(tasks);
		const execution = await world.reach(overdue, 'success');
		expect(execution.runData.Next).toHaveLength(1);
		expect(nodeOutput(execution, 'Next').map(({ json }) => json)).toMatchObject(
			tasks.map(({ taskId, model }) => ({ taskId, state: 'pending', model, timedOut: true })),
		);
		world.expectResults(execution, tasks, 'Get');
	});

	test('loses nothing when n8n is killed while it waits', async () => {
		const idle = await startAndSuspend('killed-dropped', 3);
		const halfway = await startAndSuspend('halfway', 6);
		const before = halfway.tasks.filter((_, index) => index % 2 === 0);
		world.finish(before);
		await world.answered(before);
		expect(await world.statusOf(halfway)).toBe('waiting');

		await world.server.kill();
		world.finish(idle.tasks);
		const redelivered = idle.tasks.map(async ({ taskId }) => await deliverWhileStarting(taskId));
		await world.server.restart();
		await Promise.all(redelivered);
		world.finish(halfway.tasks);
		world.expectResults(await world.reach(idle, 'success'), idle.tasks);
		world.expectResults(await world.reach(halfway, 'success'), halfway.tasks);
		expect(world.deliveriesOf(before)).toHaveLength(3);
	});

	test('sends failed tasks to the error output, where the node has one', async () => {
		const parameters = { waitMode: 'callback' };
		const workflowId = await world.server.createWorkflow({
			nodes: [
				manualStart,
				...items(3),
				world.kling.lipSync('failing', parameters, { onError: 'continueErrorOutput' }),
				next(),
				next('Failed'),
			],
			connections: chain('Start', 'List', 'Items', 'Kling', ['Next', 'Failed']),
		});
		const id = await world.runByHand(workflowId);
		const started = { id, workflowId, tag: 'failing' };
		await world.reach(started, 'waiting');
		const tasks = world.tasksOf('failing');
		world.finish([tasks[1]], { failMsg: 'Audio is too short', failCode: '1201' });
		world.finish(tasks);
		const execution = await world.reach(started, 'success');
		world.expectResults(execution, [tasks[0], tasks[2]]);
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
		world.finish([first], { failMsg: 'Audio is too short', failCode: '1201' });
		world.finish([second]);
		const execution = await world.reach(started, 'success');
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
		const workflowId = await world.server.createWorkflow({
			nodes: [
				manualStart,
				...items(2),
				loop,
				world.kling.lipSync('first', {
					...parameters,
					audioUrl: audioUrl(world.api, 'first', '{{ $json.n }}'),
				}),
				world.kling.lipSync('second', parameters, { name: 'Again' }),
				next(),
			],
			connections: {
				...chain('Start', 'List', 'Items', 'Loop', 'Kling', 'Again', 'Loop'),
				...chain('Loop', ['Next', 'Kling']),
			},
		});
		const id = await world.runByHand(workflowId);
		const rounds = ['first', 'second', 'first', 'second'];
		const done: Task[] = [];
		for (const tag of rounds) {
			const known = new Set(done.map(({ taskId }) => taskId));
			const task = await until(
				() => world.tasksOf(tag).find(({ taskId }) => !known.has(taskId)),
				PATIENCE_MS,
				() => `No task for ${tag}`,
			);
			await until(
				async () => (await world.statusOf({ id })) === 'waiting',
				PATIENCE_MS,
				() => 'The execution does not wait',
			);
			// What belongs to an earlier pause comes again, and must not end this one.
			for (const earlier of done) await world.api.deliver(earlier.taskId);
			expect(await world.statusOf({ id })).toBe('waiting');
			world.finish([task]);
			done.push(task);
		}
		const execution = await world.reach({ id, workflowId, tag: 'second' }, 'success');
		expect(execution.runData.Kling).toHaveLength(2);
		expect(execution.runData.Again).toHaveLength(2);
		world.expectResults(execution, [done[1], done[3]]);
	});

	test('gives a parent workflow the results of the sub-workflow that was paused', async () => {
		const child = await world.server.createWorkflow({
			nodes: [subWorkflowStart, world.kling.lipSync('child', { waitMode: 'callback' })],
			connections: chain('Start', 'Kling'),
		});
		await world.server.activate(child);
		const parent = await world.server.createWorkflow({
			nodes: [webhookStart('parent'), ...items(3), subWorkflow(child), next()],
			connections: chain('Start', 'List', 'Items', 'Child', 'Next'),
		});
		await world.server.activate(parent);
		await world.server.triggerWebhook('parent', {});
		const [{ id }] = await world.server.waitForExecutions(
			{ workflowId: parent, status: 'waiting' },
			1,
			PATIENCE_MS,
		);
		await world.server.waitForExecutions({ workflowId: child, status: 'waiting' }, 1, PATIENCE_MS);
		world.finish(world.tasksOf('child'));
		world.expectResults(
			await world.reach({ id, workflowId: parent, tag: 'child' }, 'success'),
			world.tasksOf('child'),
		);
	});
});

describe('an execution that is cancelled', () => {
	test('while it is paused stays cancelled, and its callbacks do no harm', async () => {
		const started = await startAndSuspend('cancelled', 2);
		await world.server.stopExecution(started.id);
		await world.reach(started, 'canceled');
		world.finish(started.tasks);
		await until(
			() => world.deliveriesOf(started.tasks).length >= 2,
			PATIENCE_MS,
			() => 'The callbacks did not come',
		);
		const execution = await world.server.execution(started.id);
		expect(execution.status).toBe('canceled');
		expect(execution.runData).not.toHaveProperty('Next');
	});

	test('while the node asks ends at once, and the log keeps the task ids', async () => {
		const started = await start('polling', 2, { waitMode: 'poll' });
		await until(
			() => world.tasksOf('polling').some(({ taskId }) => world.api.queries(taskId).length > 0),
			PATIENCE_MS,
			() => 'The node does not ask',
		);
		await world.server.stopExecution(started.id);
		await world.reach(started, 'canceled');
		const named = () =>
			/was cancelled. Tasks already created: (.*)/.exec(world.server.log())?.[1] ?? '';
		await until(named, PATIENCE_MS, () => 'The log does not name the tasks');
		for (const { taskId } of world.tasksOf('polling')) expect(named()).toContain(taskId);
		const queries = () =>
			world.tasksOf('polling').flatMap(({ taskId }) => world.api.queries(taskId)).length;
		const before = queries();
		await sleep(5000);
		expect(queries()).toBe(before);
	});
});
