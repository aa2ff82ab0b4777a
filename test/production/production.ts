/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** What the tests on a production deployment speak of: runs, and what became of their tasks. */

import type { ExecutionStatus, INodeParameters } from 'n8n-workflow';
import type { LogEntry } from '../emulator/requests';
import type { EmulatorSettings } from '../emulator/settings';
import { nodeOutput, until } from '../server/client';
import type { ExecutionSummary, StoredExecution, WorkflowNode } from '../server/client';
import { chain, items, manualStart, next, webhookStart } from '../server/workflows';
import { opened, World } from '../server/world';
import { Deployment } from './deployment';
import type { Name } from './deployment';

const PATIENCE_MS = 900_000;
const UNDER_WAY: ExecutionStatus[] = ['new', 'running', 'waiting'];
const CALLBACKS: Partial<EmulatorSettings> = {
	// What a test is about may depend on the machine's speed, but not on whether n8n keeps the 10 s.
	callbackTimeoutMs: 60_000,
	// Sooner than the vendor, and not for half an hour: what comes when an execution has gone on is
	// never accepted by n8n, and there is much of it.
	backgroundRetryMs: 30_000,
	backgroundForMs: 150_000,
};

/** An execution. */
export type Run = Pick<ExecutionSummary, 'id' | 'workflowId'>;

/** Where a create comes from: an execution, one of its nodes, and the index of an item. */
interface Source {
	execution: string;
	node: string;
	item: string;
}

function sourceOf({ body }: LogEntry) {
	const url = new URL((body?.video_url ?? body?.face_choose?.[0].sound_file)!);
	return Object.fromEntries(url.searchParams) as unknown as Source;
}

/** A name for a create that no other should have. */
const nameOf = ({ execution, node, item }: Source) => `${node} of item ${item} in ${execution}`;

export class Production extends World<Deployment> {
	private executions = 0;

	constructor(
		private readonly title: string,
		settings: Partial<EmulatorSettings>,
	) {
		super(async () => await new Deployment().start(), { ...CALLBACKS, ...settings });
	}

	/** The expression for a medium that names its source, see {@link sourceOf}. */
	private mediaUrl(file: string, node: string) {
		const source = `execution={{ $execution.id }}&node=${node}&item={{ $itemIndex }}`;
		return `=${this.api.url}/files/sample/${file}?${source}`;
	}

	identifyFace(name: string, parameters: INodeParameters) {
		const videoUrl = this.mediaUrl('video.mp4', name);
		return this.kling.identifyFace({ videoUrl, ...parameters }, { name });
	}

	lipSync(name: string, parameters: INodeParameters) {
		const audioUrl = this.mediaUrl('voice.mp3', name);
		return this.kling.lipSync('', { audioUrl, ...parameters }, { name });
	}

	/**
	 * Publishes a workflow that can be started by hand and by a POST to its name: so many items,
	 * these nodes in a row, and Next.
	 * @param count or an expression for it, without its braces
	 */
	async publishRow(name: string, count: number | string, ...nodes: WorkflowNode[]) {
		const called = { ...webhookStart(name), name: 'Called' };
		const row = [...items(count), ...nodes, next()];
		const connections = chain('Called', ...row.map((node) => node.name));
		return await this.publish({
			name,
			nodes: [manualStart, called, ...row],
			connections: { ...chain('Start', 'List'), ...connections },
		});
	}

	/** Starts a published workflow from outside; which execution that makes is not told. */
	async call(name: string, body: object = {}) {
		let status: number | undefined;
		await until(
			async () => {
				({ status } = await this.server.triggerWebhook(name, body));
				// An n8n that is busy or starting turns everything away before it does anything.
				return status !== 503;
			},
			PATIENCE_MS,
			() => `${name} can't be called`,
		);
		expect(status).toBe(200);
	}

	/** Starts a published workflow from outside, one at a time, and returns when a worker has it. */
	async start(name: string, workflowId: string): Promise<Run> {
		const known = new Set((await this.server.executions({ workflowId })).map(({ id }) => id));
		await this.call(name);
		const run = await until(
			async () => (await this.server.executions({ workflowId })).find(({ id }) => !known.has(id)),
			PATIENCE_MS,
			() => `No execution of ${name}`,
		);
		await this.taken(run, 1);
		return run;
	}

	/** The workers that have taken an execution on, first to last. */
	takersOf({ id }: Run): Name[] {
		return this.server.whoPrinted(`Worker started execution ${id} `);
	}

	/** Waits until workers have taken an execution on so many times. */
	async taken(run: Run, times: number) {
		await until(
			() => this.takersOf(run).length >= times,
			PATIENCE_MS,
			() => `Workers took execution ${run.id} on ${this.takersOf(run).length} times`,
		);
	}

	/** The creates that came from an execution, in their order. */
	createsOf({ id }: Run) {
		return this.api.creates().filter((entry) => sourceOf(entry).execution === id);
	}

	/** Waits until an execution has sent so many creates. */
	async creates(run: Run, count: number) {
		await until(
			() => this.createsOf(run).length >= count,
			PATIENCE_MS,
			() => `${this.createsOf(run).length} instead of ${count} creates`,
		);
	}

	/** Waits until an execution is in a status. */
	async becomes({ id, workflowId }: Run, status: ExecutionStatus) {
		await this.reach({ id, workflowId, tag: '' }, status);
	}

	/** The tasks of an execution that are known to it, as far as that can be seen from outside. */
	tasksFrom(run: Run) {
		return this.createsOf(run).flatMap(({ taskId }) => this.api.tasks.get(taskId ?? '') ?? []);
	}

	/**
	 * Ends the tasks of some executions, also those that are still to come, until all have ended.
	 *
	 * @param goesOn whether one goes on that n8n calls crashed meanwhile
	 */
	async finishAll<T extends Run>(runs: T[], goesOn: (run: T) => boolean = () => false) {
		const isUnderWay = async (run: T) => {
			this.finish(this.tasksFrom(run));
			const status = await this.statusOf(run);
			return UNDER_WAY.includes(status) || (status === 'crashed' && goesOn(run));
		};
		let left = runs;
		await until(
			async () => {
				const open = await Promise.all(left.map(isUnderWay));
				left = left.filter((_, index) => open[index]);
				return left.length === 0;
			},
			PATIENCE_MS,
			() => `Still under way: ${left.map(({ id }) => id).join(', ')}`,
		);
	}

	/** How many executions of a workflow are under way. */
	async underWay(workflowId: string) {
		return await this.server.countExecutions({ workflowId, status: UNDER_WAY });
	}

	/** All executions of a workflow, when there are so many and none of them is under way. */
	async allEnded(workflowId: string, count: number) {
		let open = 0;
		let all = 0;
		await until(
			async () => {
				open = await this.underWay(workflowId);
				all = await this.server.countExecutions({ workflowId });
				return open === 0 && all >= count;
			},
			PATIENCE_MS,
			() => `${open} of ${all} executions are under way, and there should be ${count}`,
		);
		return await this.server.allExecutions({ workflowId });
	}

	/** No node has paid for an item twice. */
	expectNothingPaidTwice() {
		const names = this.api.creates().map((entry) => nameOf(sourceOf(entry)));
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	}

	/** Each Kling node has run and paid once for each item, and the results are in Next. */
	expectFinishedOnce(execution: StoredExecution, ...nodes: string[]) {
		const { id, status, runData } = execution;
		expect([id, status]).toEqual([id, 'success']);
		for (const [name, runs] of Object.entries(runData))
			expect([id, name, runs.length]).toEqual([id, name, 1]);
		const indexes = nodeOutput(execution, 'Items').map((_, index) => String(index));
		expect(indexes).not.toEqual([]);
		const creates = this.createsOf(execution).map((entry) => ({
			...sourceOf(entry),
			taskId: entry.taskId,
		}));
		const tasksOf = (node: string) =>
			creates
				.filter((create) => create.node === node)
				.sort((a, b) => Number(a.item) - Number(b.item));
		for (const node of nodes) expect(tasksOf(node).map(({ item }) => item)).toEqual(indexes);
		expect(creates).toHaveLength(nodes.length * indexes.length);
		expect(nodeOutput(execution, 'Next').map(({ json }) => json)).toMatchObject(
			tasksOf(nodes.at(-1)!).map(({ taskId }) => ({ taskId, state: 'completed' })),
		);
	}

	/** Keeps how many executions there are. */
	async count() {
		this.executions = await this.server.countExecutions();
	}

	/** Prints what the tests of a file have asked of the deployment. */
	report() {
		const { deliveries } = this.api;
		const repeats = deliveries.length - new Set(deliveries.map(({ taskId }) => taskId)).size;
		const refused = deliveries.filter(({ status }) => status !== 200).length;
		const slowest = Math.max(0, ...deliveries.map(({ durationMs }) => durationMs));
		process.stdout.write(
			`${this.title}: ${this.executions} executions, ${this.api.creates().length} creates, ` +
				`${deliveries.length} callbacks (${repeats} of them repeats, ${refused} not accepted), ` +
				`slowest answer ${slowest} ms\n`,
		);
	}
}

/**
 * A production deployment for the tests of a file.
 * @param title of the figures that are printed at the end
 */
export function useProduction(title: string, settings: Partial<EmulatorSettings> = {}) {
	const world = opened(new Production(title, settings));
	// By the end of the file nobody is there to be asked.
	afterEach(async () => await world.count());
	afterAll(() => world.report());
	return world;
}
