import type { Problem } from '../../nodes/KlingLipSync/task/problem';

/** The problem that a rule refuses its input with. */
export function problemOf(check: () => unknown): Problem {
	try {
		check();
	} catch (error) {
		return error as Problem;
	}
	throw new Error('Nothing was refused');
}
