/** When waiting tasks are asked for first, in ms: nothing is finished much sooner. */
const FIRST = 2_500;
/** The interval while a wait is young, as a part of the time that has passed. */
const YOUNG = 1 / 5;
/** The interval later on, in ms, as a multiple of the square root of the ms that have passed. */
const LATER = 22;
/** The longest interval, in ms. */
const LONGEST = 30_000;

/** The least pause after an answer that shows no task, in ms: asking sooner hardly helps. */
const AFTER_PROBLEM = 2_000;
/** The longest that a busy API may hold up the next look at all tasks, in ms. */
const LONGEST_RETRY_AFTER = 60_000;

/**
 * The least pause after an answer that shows no task, in ms.
 *
 * @param askedFor what the API asked for (`Retry-After`), in ms
 */
export function pauseAfterProblem(askedFor = 0): number {
	return Math.min(Math.max(askedFor, AFTER_PROBLEM), LONGEST_RETRY_AFTER);
}

/**
 * The pause before waiting tasks are asked for again, in ms. Few faces take seconds, long videos
 * minutes: the interval between two looks grows with the time that has passed, so that the delay stays
 * small beside the task. While a wait is young it is a part of that time, which bounds the delay; later
 * it grows with the square root, which of all ways to spread a number of queries over a time has the
 * least delay beside the task on average. Over all durations from 4 s to 10 min, with requests of up to
 * half a second, that is at most 30 % late and 3 % on average, with at most 40 queries for 3 minutes.
 *
 * @param begunAt ms from the start of the wait to the start of the last look, 0 before the first
 * @param took ms that the last look took. It is part of the interval, but at least half of the interval
 *   is a pause, so that a slow API or a large batch is not asked without a break
 */
export function pollInterval(begunAt: number, took: number): number {
	const growing = Math.min(begunAt * YOUNG, LATER * Math.sqrt(begunAt), LONGEST);
	const interval = Math.max(FIRST - begunAt, growing);
	return Math.max(interval - took, interval / 2);
}
