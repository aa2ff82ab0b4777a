/** What a test on a real n8n acts in, and the words in which it speaks. */

import type { ExecutionStatus } from 'n8n-workflow';
import type { EmulatorSettings } from '../emulator/settings';
import type { Outcome, Task } from '../emulator/tasks';
import { nodeOutput, until } from './client';
import type { ExecutionSummary, RestClient, StoredExecution, TestWorkflow } from './client';
import { startServer } from './server';
import type { Server, ServerOptions } from './server';
import { klingNodes, startApi, tasksOf } from './workflows';
import type { Api, KlingNodes } from './workflows';

const OPENING_MS = 900_000;
const PATIENCE_MS = 240_000;

/** An n8n that can be stopped for good. */
type Host = RestClient & { stop(): Promise<void> };

/** An execution that a test has started, and by what its tasks are known. */
export interface Started {
	id: string;
	workflowId: string;
	tag: string;
}

/** An n8n, the task API, and the nodes with which the one talks to the other. */
export class World<N8n extends Host = Server> {
	server!: N8n;
	api!: Api;
	kling!: KlingNodes;

	constructor(
		private readonly startN8n: () => Promise<N8n>,
		private readonly settings: Partial<EmulatorSettings> = {},
	) {}

	async open() {
		this.api = await startApi(this.settings);
		this.server = await this.startN8n();
		this.kling = await klingNodes(this.server, this.api);
	}

	async close() {
		await this.server?.stop();
		await this.api?.close();
	}

	/** Creates a workflow and lets its triggers listen. */
	async publish(workflow: TestWorkflow) {
		const id = await this.server.createWorkflow(workflow);
		await this.server.activate(id);
		return id;
	}

	/** Runs a workflow by hand, from its node Start. */
	async runByHand(workflowId: string) {
		return await this.server.run(workflowId, { triggerName: 'Start' });
	}

	/** The lip sync tasks with a tag, in the order of their items. */
	tasksOf(tag: string): Task[] {
		return tasksOf(this.api, tag);
	}

	/** The tasks with a tag, as soon as there are so many. */
	async tasksWhen(tag: string, count: number) {
		return await until(
			() => this.tasksOf(tag).length >= count && this.tasksOf(tag),
			PATIENCE_MS,
			() => `${this.tasksOf(tag).length} tasks of ${tag}`,
		);
	}

	finish(tasks: Task[], outcome: Outcome = { state: 'completed' }) {
		for (const { taskId } of tasks) this.api.finish(taskId, outcome);
	}

	/** The callbacks that were sent for some tasks. */
	deliveriesOf(tasks: Array<Pick<Task, 'taskId'>>) {
		const ids = new Set(tasks.map(({ taskId }) => taskId));
		return this.api.deliveries.filter(({ taskId }) => ids.has(taskId));
	}

	/** What was answered to the callbacks of some tasks. */
	answersTo(tasks: Task[]) {
		return this.deliveriesOf(tasks).map(({ status, error }) => status ?? error);
	}

	/** Waits until so many callbacks of some tasks were answered with a status. */
	async answered(tasks: Task[], status = 200, count = tasks.length) {
		await until(
			() => this.answersTo(tasks).filter((answer) => answer === status).length >= count,
			PATIENCE_MS,
			() => `The answers were ${this.answersTo(tasks).join(', ')}`,
		);
	}

	/** Waits until somebody has asked for each of some tasks. */
	async asked(tasks: Task[]) {
		await until(
			() => tasks.every(({ taskId }) => this.api.queries(taskId).length > 0),
			PATIENCE_MS,
			() => 'Nobody asks for the tasks',
		);
	}

	/** Waits without asking for the data, which n8n would have to read each time. */
	async reach({ id, tag, workflowId }: Started, status: ExecutionStatus) {
		let found: ExecutionSummary | undefined;
		await until(
			async () => {
				found = (await this.server.executions({ workflowId })).find((one) => one.id === id);
				return found?.status === status;
			},
			PATIENCE_MS,
			() =>
				`Execution ${id} is "${found?.status}", not "${status}". ` +
				`Callbacks: ${this.answersTo(this.tasksOf(tag)).join(', ')}`,
		);
		return await this.server.execution(id);
	}

	/** The newest execution of a workflow that is in a status, as soon as there is one. */
	async newest(workflowId: string, status: ExecutionStatus) {
		const filter = { workflowId, status };
		const [{ id }] = await this.server.waitForExecutions(filter, 1, PATIENCE_MS);
		return await this.server.execution(id);
	}

	async statusOf({ id }: { id: string }) {
		return (await this.server.execution(id)).status;
	}

	/** What a user gets: one run of the next node, with a right result for each item and in order. */
	expectResults(execution: StoredExecution, tasks: Task[], nodeName = 'Next') {
		expect(execution.runData[nodeName]).toHaveLength(1);
		const found = nodeOutput(execution, nodeName);
		expect(found.map(({ json }) => json.taskId)).toEqual(tasks.map(({ taskId }) => taskId));
		for (const { json } of found) {
			expect(json).toMatchObject({
				state: 'completed',
				model: 'kling-advanced-lip-sync',
				videoUrl: `${this.api.url}/files/result/${json.taskId as string}.mp4`,
			});
			expect(json).not.toHaveProperty('timedOut');
		}
	}
}

/** A world for the tests of a file: open before the first, closed after the last. */
export function useWorld(
	options: { server?: ServerOptions; api?: Partial<EmulatorSettings> } = {},
): World {
	return opened(new World(async () => await startServer(options.server), options.api));
}

/** Opens a world before the first test of a file and closes it after the last. */
export function opened<W extends World<Host>>(world: W): W {
	beforeAll(async () => await world.open(), OPENING_MS);
	afterAll(async () => await world.close(), OPENING_MS);
	return world;
}
