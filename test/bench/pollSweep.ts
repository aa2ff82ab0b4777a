import { pollInterval } from '../../nodes/KlingLipSync/task/pollInterval';

/** A way to ask for a task again and again. Times in ms. */
export interface Polling {
	name: string;
	/** The pause before the next query, see {@link pollInterval}. */
	pause(begunAt: number, took: number): number;
}

/** This package, fixed pauses, and what workflows do without a node for the service. */
export const POLLINGS = {
	ours: { name: 'this package', pause: pollInterval },
	every2s: { name: 'every 2 s', pause: () => 2_000 },
	every5s: { name: 'every 5 s', pause: () => 5_000 },
	// Public templates for video services wait 15 s to 60 s: this is the quick end.
	waitLoop: { name: 'a loop with a 15 s Wait node', pause: () => 15_000 },
} satisfies Record<string, Polling>;

/** What goes by around a query, in ms. */
export interface Surroundings {
	/** How long a query takes; the state that it tells is that of its middle. */
	requestMs?: number;
	/** How long after its create the waiting for a task begins: the creates of a batch are spread. */
	waitBeginsAfter?: number;
}

/** How a task of some duration is noticed: how late, in ms, and after how many queries. */
export interface Noticed {
	durationMs: number;
	delayMs: number;
	queries: number;
}

/** Plays the waiting for one task, without a clock. */
export function notice(
	{ pause }: Polling,
	durationMs: number,
	{ requestMs = 300, waitBeginsAfter = 0 }: Surroundings = {},
): Noticed {
	let begunAt = 0;
	let now = 0;
	for (let queries = 1; ; queries++) {
		now += pause(begunAt, now - begunAt);
		begunAt = now;
		now += requestMs;
		if (waitBeginsAfter + begunAt + requestMs / 2 < durationMs) continue;
		return { durationMs, delayMs: waitBeginsAfter + now - durationMs, queries };
	}
}

const SHORTEST_MS = 4_000;
const LONGEST_MS = 600_000;
const STEP_MS = 250;

/** All durations from 4 s to 10 min in steps of a quarter second: the delays beside the task's time. */
export function sweep(polling: Polling, surroundings?: Surroundings) {
	const noticed: Noticed[] = [];
	for (let durationMs = SHORTEST_MS; durationMs <= LONGEST_MS; durationMs += STEP_MS)
		noticed.push(notice(polling, durationMs, surroundings));
	const shares = noticed.map(({ delayMs, durationMs }) => delayMs / durationMs);
	return {
		noticed,
		worst: Math.max(...shares),
		mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
		queriesOf3Minutes: notice(polling, 180_000, surroundings).queries,
	};
}
