import type { Access, Sender } from '../api/send';
import { queryTask } from '../api/tasks';
import { mapLimited } from '../concurrency';
import { Problem } from '../task/problem';
import { isTerminal } from '../task/task';
import type { TaskRecord } from '../task/taskRecord';

/** Queries in flight at most, and how long each may take, in ms: the vendor waits 10 s for an answer. */
const CONCURRENCY = 10;
const QUERY_TIMEOUT = 5_000;

/** What a callback has led to. */
export type Confirmation = 'all' | 'some' | 'unsure';

/** How to ask the API; the credential is read once for all queries of a look. */
export interface Asker {
	sender: Sender;
	access: () => Promise<Access>;
}

/**
 * Finds out when all tasks of a paused run are finished, with as few queries as can be.
 *
 * A callback only names a task to look at. When that one is finished, one other task that is not
 * known to be finished is looked at as a witness: while it runs, nothing else needs asking, for its
 * own callback is still to come. Only a finished witness makes the search go on. So whatever this
 * process has missed (a restart, callbacks taken by another process, or lost ones) is found when the
 * last callback comes, and each callback costs at most one query besides the one for its own task.
 *
 * Callbacks that come together share a look: one runs, one is queued, and each callback waits for
 * one that began after it came.
 */
export class FinishedTasks {
	readonly records = new Map<string, TaskRecord>();

	private readonly asked = new Set<string>();

	private running: Promise<boolean> = Promise.resolve(true);

	private queued?: Promise<boolean>;

	constructor(private readonly tasks: Array<TaskRecord['task']>) {}

	/** How many tasks the run waits for. */
	get size(): number {
		return this.tasks.length;
	}

	/** Whether the task is one of this run's. */
	has(taskId: string): boolean {
		return this.tasks.some((task) => task.taskId === taskId);
	}

	/**
	 * Takes the news of a callback.
	 *
	 * @returns `all`: every task is finished; `some`: this one is, another is not; `unsure`: the API
	 *   did not confirm it, or could not be asked
	 */
	async hear(taskId: string, asker: Asker): Promise<Confirmation> {
		if (!this.records.has(taskId)) this.asked.add(taskId);
		const sure = await this.lookOnce(asker);
		if (this.unfinished().length === 0) return 'all';
		return sure && this.records.has(taskId) ? 'some' : 'unsure';
	}

	private async lookOnce(asker: Asker): Promise<boolean> {
		this.queued ??= this.running.then(async () => {
			this.running = this.queued as Promise<boolean>;
			this.queued = undefined;
			return await this.look(asker).catch(() => false);
		});
		return await this.queued;
	}

	/** @returns false when a task could not be asked for */
	private async look({ sender, access }: Asker): Promise<boolean> {
		const named = this.unfinished().filter((task) => this.asked.has(task.taskId));
		this.asked.clear();
		let batch = named;
		let key: Access | undefined;
		for (let size = 1; ; size *= 2) {
			if (batch.length > 0) {
				key ??= await access();
				const looked = await this.query(batch, sender, key);
				if (looked !== 'finished') return looked === 'running';
			}
			// The last tasks are the likeliest to run still.
			batch = this.unfinished().slice(-size);
			if (batch.length === 0) return true;
		}
	}

	private async query(
		batch: Array<TaskRecord['task']>,
		sender: Sender,
		access: Access,
	): Promise<'finished' | 'running' | 'unknown'> {
		const answers = await mapLimited(batch, CONCURRENCY, async (task) => {
			const answer = await queryTask(sender, access, task, undefined, QUERY_TIMEOUT);
			if (!(answer instanceof Problem) && isTerminal(answer.task))
				this.records.set(task.taskId, answer);
			return answer;
		});
		if (answers.some((answer) => answer instanceof Problem)) return 'unknown';
		return answers.every((answer) => this.records.has((answer as TaskRecord).task.taskId))
			? 'finished'
			: 'running';
	}

	private unfinished(): Array<TaskRecord['task']> {
		return this.tasks.filter((task) => !this.records.has(task.taskId));
	}
}
