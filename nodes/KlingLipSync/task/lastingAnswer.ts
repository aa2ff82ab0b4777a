import type { Outcome } from './problem';
import { Problem } from './problem';

/** How long after its create a task may be unknown to the API, in ms. */
const UNKNOWN_AT_FIRST = 60_000;
/** How many times in a row an answer that stays the same is asked for before it is believed. */
const TIMES = 3;

/**
 * Tells whether what the API says about one task instead of showing it will stay so. What passes
 * (429, 5xx, network) never does. Anything else may be a single stray answer, so it is asked for
 * again; and a task that was just created may not be known everywhere yet.
 */
export class LastingAnswer {
	private inARow = 0;

	/** @param createdAt ms since the epoch, when the run that asks has created the task itself */
	constructor(private readonly createdAt = -Infinity) {}

	/**
	 * Takes the next answer.
	 *
	 * @param now ms since the epoch
	 * @returns whether asking again will not help
	 */
	isLasting(answer: Outcome<unknown>, now: number): boolean {
		if (!(answer instanceof Problem) || isPassing(answer)) {
			this.inARow = 0;
			return false;
		}
		this.inARow++;
		const isNew = answer.kind === 'unknownTask' && now < this.createdAt + UNKNOWN_AT_FIRST;
		return !isNew && this.inARow >= TIMES;
	}
}

/** Whether a problem goes away by itself, as far as one can tell from the answer. */
export function isPassing(problem: Problem): boolean {
	return problem.kind === 'rateLimited' || problem.kind === 'unavailable';
}
