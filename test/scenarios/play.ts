/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionStatus } from 'n8n-workflow';
import type { LogEntry } from '../emulator/requests';
import type { Delivery } from '../emulator/callbacks';
import type { Outcome, Task } from '../emulator/tasks';
import { numberIn, until } from '../engine/helpers';
import type { OpenStage, Plan, Published, Stage } from './stage';
import { videoUrl } from './stage';

/** Longer than n8n takes to notice that the time of a wait is over. */
const PATIENCE_MS = 150_000;
/** Between two calls of the vendor. */
const PAUSE_MS = 500;
/** Longer than any scenario: its tasks end when it says so. */
const NEVER_MS = 24 * 60 * 60_000;

/** A story: what has happened, in order. */
export type Story = string[];

/** What a user would read of an item, whatever the words. */
const summary = ({ error, details, state, timedOut }: Record<string, unknown>): string => {
	const reason = (details as { failMsg?: string } | undefined)?.failMsg;
	return [error ? `error: ${reason}` : state, timedOut && 'timed out'].filter(Boolean).join(', ');
};

/**
 * Plays a scenario, and writes down what happens: by itself what the API sees (creates, queries, callbacks, by the
 * number of their item), and what the scenario looks at.
 */
export class Play {
	readonly story: Story = [];

	stage!: Stage;

	/** @param polls whether the node asks by itself, which depends on the time: then queries are left out */
	constructor(private readonly polls: boolean) {}

	async open(openStage: OpenStage): Promise<void> {
		this.stage = await openStage({
			identifyMs: NEVER_MS,
			callbacks: 'dropped',
			// What a scenario is about may depend on the machine's speed, but not on whether n8n keeps the 10 s.
			callbackTimeoutMs: PATIENCE_MS,
			onEvent: (kind, entry) => {
				if (kind === 'request') this.onRequest(entry as LogEntry);
				if (kind === 'callback') this.onCallback(entry as Delivery);
			},
		});
	}

	/** Starts an execution and waits until it is paused. */
	async pause(plan: Plan): Promise<string> {
		const execution = await this.stage.start(plan);
		await this.reach(execution, 'waiting');
		return execution;
	}

	/** Waits until an execution has this status. */
	async reach(execution: string, status: ExecutionStatus): Promise<void> {
		await until(async () => (await this.stage.status(execution)) === status, PATIENCE_MS);
		this.story.push(`the execution is ${status}`);
	}

	/** Looks at an execution, which should not have moved. */
	async look(execution: string): Promise<void> {
		this.story.push(`the execution is ${await this.stage.status(execution)}`);
	}

	/** Looks at what has come out of the node. */
	async arrived(execution: string, node: 'Next' | 'Failed' = 'Next'): Promise<void> {
		const items = await this.stage.arrived(execution, node);
		this.story.push(`${node} gets ${items.map(summary).join('; ') || 'nothing'}`);
	}

	/** An execution with one task, which is finished, and whose callback has not come. */
	async pauseForFinished(): Promise<string> {
		const execution = await this.pause({ items: 1 });
		this.finish(1);
		return execution;
	}

	/** Waits until an execution is over, and looks at what has come out. */
	async end(execution: string): Promise<void> {
		await this.reach(execution, 'success');
		await this.arrived(execution);
	}

	/** Looks at an execution that n8n could not let go on, and lets the vendor call again now that it can. */
	async recover(execution: string): Promise<void> {
		await this.look(execution);
		await this.stage.refuse();
		await this.call(1);
		await this.end(execution);
	}

	/** A published trigger, and a finished task that someone else has ordered. */
	async publishForFinished(): Promise<Published> {
		const published = await this.stage.publish();
		await this.order(1);
		this.finish(1);
		return published;
	}

	/** Looks at how often a trigger has started its workflow, once it was at least so often. */
	async started({ starts }: Published, atLeast = 0): Promise<void> {
		await until(async () => (await starts()) >= atLeast, PATIENCE_MS);
		this.story.push(`the workflow was started ${await starts()} times`);
	}

	/** The vendor calls a trigger twice about a finished task. */
	async startOnce(published: Published): Promise<void> {
		const callOnce = async () => {
			await this.call(1, published.url);
			await this.started(published, 1);
		};
		await callOnce();
		await callOnce();
	}

	/** Ends a task. */
	finish(number: number, outcome: Outcome = { state: 'completed' }): void {
		this.stage.api.finish(this.task(number).taskId, outcome);
	}

	/** The vendor calls back. */
	async call(number: number, url?: string): Promise<void> {
		const { taskId, callbackUrl } = this.task(number);
		await this.stage.api.deliver(taskId, { url: url ?? callbackUrl });
	}

	/** The vendor calls back again and again until it is taken; what repeats itself is told once. */
	async callUntilTaken(number: number): Promise<void> {
		const { taskId } = this.task(number);
		await until(async () => {
			const before = this.story.at(-1);
			const { status } = await this.stage.api.deliver(taskId);
			if (this.story.at(-1) === before) this.story.pop();
			if (status !== 200) await sleep(PAUSE_MS);
			return status === 200;
		}, PATIENCE_MS);
	}

	/** The vendor calls back, and hangs up while the node asks the API. */
	async hangUp(number: number, url?: string): Promise<void> {
		const { api } = this.stage;
		const { taskId, callbackUrl } = this.task(number);
		const before = api.queries().length;
		// Long enough for n8n to notice, short enough for the node to hear of the task in time.
		api.settings.latencyMs = 500;
		const caller = new AbortController();
		const call = fetch(url ?? callbackUrl!, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ code: 200, data: { taskId, state: 'completed' } }),
			signal: caller.signal,
		}).catch(() => this.story.push(`the caller of ${number} hangs up`));
		await until(() => api.queries().length > before, PATIENCE_MS);
		caller.abort();
		await call;
		const seen = this.story.length;
		await until(() => this.story.length > seen);
		api.settings.latencyMs = 0;
	}

	/** A task that someone else has created: the number of its video. */
	async order(number: number): Promise<void> {
		const { api } = this.stage;
		const response = await fetch(`${api.url}/api/v1/audio/generations`, {
			method: 'POST',
			headers: { authorization: 'Bearer test-key', 'content-type': 'application/json' },
			body: JSON.stringify({
				model: 'kling-identify-face',
				video_url: videoUrl(api, number),
			}),
		});
		await response.text();
	}

	private task(number: number): Task {
		const tasks = [...this.stage.api.tasks.values()];
		const task = tasks.find(({ request }) => numberIn(request.video_url) === number);
		if (!task) throw new Error(`There is no task for item ${number}`);
		return task;
	}

	private onRequest({ method, body, taskId, status }: LogEntry): void {
		if (method === 'POST') this.story.push(`create ${numberIn(body?.video_url)}: ${status}`);
		else if (!this.polls) this.story.push(`query ${this.numberOf(taskId)}: ${status}`);
	}

	private onCallback({ taskId, status, error }: Delivery): void {
		this.story.push(`callback ${this.numberOf(taskId)}: ${status ?? error}`);
	}

	private numberOf(taskId = ''): number {
		return numberIn(this.stage.api.tasks.get(taskId)?.request.video_url);
	}
}
