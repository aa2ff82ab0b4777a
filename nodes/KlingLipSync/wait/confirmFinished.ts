import type { Access } from '../api/credential';
import type { Sender } from '../api/httpRequest';
import { queryTask } from '../api/tasks';
import { clock } from '../clock';
import { AT_ONCE, mapLimited } from '../concurrency';
import { isPassing, LastingAnswer } from '../task/lastingAnswer';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { Task } from '../task/task';
import { isTerminal } from '../task/task';
import type { TaskRecord } from '../task/itemJson';
import { PAUSE_TIMING } from './pauseTiming';

/** What a callback has led to. */
export type Confirmation = 'all' | 'some' | 'unsure';

/** How to ask the API; the credential is read once for all queries of a look. */
export interface Asker {
	sender: Sender;
	access: () => Promise<Access>;
	/** Called with the reason when a task could not be confirmed. */
	onProblem: (problem: Problem) => void;
}

interface Watched {
	task: Task;
	lasting: LastingAnswer;
	/** Since when every answer was one that passes, by the clock. */
	outOfReachSince?: number;
	/** How many handlers of its callback are here: if it can't be confirmed, they refuse it and it comes again. */
	callers: number;
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
 * one that began after it came. A task for which the API has a lasting answer instead of a state is
 * finished, too: with that problem.
 */
export class FinishedTasks {
	readonly outcomes = new Map<string, Outcome<TaskRecord>>();

	private readonly watched: Map<string, Watched>;

	private readonly asked = new Set<string>();

	private running: Promise<boolean> = Promise.resolve(true);

	private queued?: Promise<boolean>;

	private lastSeen = -Infinity;

	/** @param createdAt ms since the epoch */
	constructor(tasks: Task[], createdAt?: number) {
		this.watched = new Map(
			tasks.map((task) => [
				task.taskId,
				{ task, lasting: new LastingAnswer(createdAt), callers: 0 },
			]),
		);
	}

	/** How many tasks the run waits for. */
	get size(): number {
		return this.watched.size;
	}

	/** Whether the task is one of this run's. */
	has(taskId: string): boolean {
		return this.watched.has(taskId);
	}

	/**
	 * The task that finished last, by the API's clock. Undefined where the API does not say when each
	 * of them finished: then it may have been any.
	 */
	last(): string | undefined {
		let last: Task | undefined;
		for (const outcome of this.outcomes.values()) {
			if (outcome instanceof Problem) continue;
			if (outcome.task.completeTime === undefined) return undefined;
			if (!last || isLater(outcome.task, last)) last = outcome.task;
		}
		return last?.taskId;
	}

	/**
	 * Takes the news of a callback.
	 *
	 * @param withinMs how long its caller waits
	 * @returns `all`: every task is finished; `some`: this one is, another is not; `unsure`: the API
	 *   did not confirm it, or could not be asked, so the callback has to be refused and comes again
	 */
	async hear(taskId: string, asker: Asker, withinMs: number): Promise<Confirmation> {
		const watched = this.watched.get(taskId)!;
		if (!this.outcomes.has(taskId)) this.asked.add(taskId);
		const done = new AbortController();
		const tooLate = clock.sleep(withinMs, done.signal).then(() => false);
		watched.callers++;
		const isSure = await Promise.race([this.lookOnce(asker), tooLate]);
		watched.callers--;
		done.abort();
		if (this.unfinished().length === 0) return 'all';
		return isSure && this.outcomes.has(taskId) ? 'some' : 'unsure';
	}

	private async lookOnce(asker: Asker): Promise<boolean> {
		this.queued ??= this.running.then(async () => {
			this.running = this.queued as Promise<boolean>;
			this.queued = undefined;
			return await this.look(asker).catch(() => false);
		});
		return await this.queued;
	}

	/** @returns false when something is not known that no other callback will bring */
	private async look(asker: Asker): Promise<boolean> {
		let batch = this.unfinished().filter(({ task }) => this.asked.has(task.taskId));
		this.asked.clear();
		for (let size = 1; ; size *= 2) {
			const looks = await mapLimited(batch, AT_ONCE.queries, async (watched) => {
				return await this.ask(watched, asker);
			});
			if (looks.includes('unknown')) return false;
			if (looks.includes('running')) return true;
			// The last tasks are the likeliest to run still.
			batch = this.unfinished().slice(-size);
			if (batch.length === 0) return true;
		}
	}

	private async ask(watched: Watched, asker: Asker): Promise<'finished' | 'running' | 'unknown'> {
		const { task, lasting } = watched;
		for (;;) {
			const answer = await queryTask(
				asker.sender,
				await asker.access(),
				task,
				undefined,
				PAUSE_TIMING.query,
			);
			const isLasting = lasting.isLasting(answer, clock.now());
			if (!(answer instanceof Problem)) {
				watched.outOfReachSince = undefined;
				this.lastSeen = clock.now();
				if (!isTerminal(answer.task)) return 'running';
				this.outcomes.set(task.taskId, answer);
				return 'finished';
			}
			asker.onProblem(answer);
			if (isLasting || this.isLeftBehind(watched, answer)) {
				this.outcomes.set(task.taskId, answer.with({ state: task.state }));
				return 'finished';
			}
			if (isPassing(answer)) return watched.callers > 0 ? 'running' : 'unknown';
			// A task that was created a moment ago may not be known everywhere: it is taken to run.
			if (answer.kind === 'unknownTask') return 'running';
			await clock.sleep(PAUSE_TIMING.askAgain);
		}
	}

	private isLeftBehind(watched: Watched, answer: Problem): boolean {
		if (!isPassing(answer)) return false;
		watched.outOfReachSince ??= clock.now();
		const { outOfReachSince } = watched;
		return (
			clock.now() - outOfReachSince >= PAUSE_TIMING.outOfReach && this.lastSeen > outOfReachSince
		);
	}

	private unfinished(): Watched[] {
		return [...this.watched.values()].filter(({ task }) => !this.outcomes.has(task.taskId));
	}
}

function isLater(one: Task, other: Task): boolean {
	const [a, b] = [one.completeTime ?? 0, other.completeTime ?? 0];
	return a > b || (a === b && one.taskId > other.taskId);
}
