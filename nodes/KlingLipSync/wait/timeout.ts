import { nodeError } from '../run/nodeErrors';
import { runOptionsOf } from '../run/parameters';
import type { Run } from '../run/run';
import { inputProblem } from '../task/problem';

/** Until when a wait goes on unless the user says otherwise, in minutes. */
export const DEFAULT_TIMEOUT = { poll: 30, callback: 60 };
const MINUTE = 60_000;

/** The time-out of a wait in ms. */
export function timeoutOf(run: Run, waitMode: 'poll' | 'callback'): number {
	const { timeoutMinutes = DEFAULT_TIMEOUT[waitMode] } = runOptionsOf(run.context);
	const minutes = Number(timeoutMinutes);
	if (!Number.isFinite(minutes) || minutes <= 0) {
		throw nodeError(
			run.context.getNode(),
			inputProblem("'Timeout (Minutes)' must be a number above 0"),
			0,
		);
	}
	return minutes * MINUTE;
}
