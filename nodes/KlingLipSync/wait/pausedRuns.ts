import type { Access } from '../api/send';
import type { Task } from '../task/task';
import type { Order } from '../task/taskRecord';
import { FinishedTasks } from './confirmFinished';

/** Under which a paused run is kept in the execution's data, as JSON. */
export const PAUSED_RUN_KEY = 'klingPausedRun';

/** What the callbacks need to know of a paused run; kept in the execution's data. */
export interface PausedRun {
	marker: string;
	/** ms since the epoch. */
	until: number;
	/** One for each input item: a task to wait for, or an item that is ready. */
	entries: Array<
		{ task: Task; order?: Order; includeRaw: boolean } | { json: Record<string, unknown> }
	>;
}

/** How long a wait is remembered after its end, in ms. */
const KEEP = 60_000;

/** A paused run of the node, as this process knows it. */
export interface KnownRun {
	paused: PausedRun;
	finished: FinishedTasks;
	/** The tasks whose callbacks have been accepted. */
	accepted: Set<string>;
	/** Counts the callbacks that could let the execution go on; the latest of them does. */
	turn: number;
	/** Until then, by the clock, the execution is about to go on. */
	resumingUntil: number;
	/** Whether the run was paused in this process, which then knows for what it waits last. */
	isOwn: boolean;
	/** What the run asked the API with; reading the credential takes n8n longer than all the rest. */
	access?: Access;
}

/** The waits that this process has heard of. Losing them costs time and queries, nothing else. */
export const pausedRuns = new Map<string, KnownRun>();

/** Under which a wait is found. */
export function keyOf(executionId: string, marker: string): string {
	return `${executionId} ${marker}`;
}

/**
 * Remembers for what an execution waits.
 *
 * @param access given by the run that is being paused, not by one that is found again
 */
export function remember(executionId: string, paused: PausedRun, access?: Access): KnownRun {
	for (const [key, known] of pausedRuns) {
		const isOver = known.paused.until + KEEP < Date.now();
		// An execution waits for one thing at a time.
		if (isOver || key.startsWith(keyOf(executionId, ''))) pausedRuns.delete(key);
	}
	const tasks = paused.entries.flatMap((entry) => ('task' in entry ? [entry.task] : []));
	const entry: KnownRun = {
		paused,
		finished: new FinishedTasks(tasks),
		accepted: new Set(),
		turn: 0,
		resumingUntil: 0,
		isOwn: access !== undefined,
		access,
	};
	pausedRuns.set(keyOf(executionId, paused.marker), entry);
	return entry;
}
