/** The first pause before a task is asked for, and the longest, in ms. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 15_000;
const GROWTH = 2.5;

/**
 * The pause before the next query of a waiting task, in ms. Few faces take seconds, long videos
 * minutes: growing quickly costs a short task little delay and saves a long one most of its queries.
 *
 * @param previous the pause before, 0 at the start
 */
export function nextPause(previous: number): number {
	return previous === 0 ? FIRST_PAUSE : Math.min(previous * GROWTH, LONGEST_PAUSE);
}
