import type { IExecuteFunctions } from 'n8n-workflow';

import { isTool } from '../run/agentTool';
import { nodeError } from '../run/nodeErrors';
import { runOptionsOf } from '../run/parameters';
import type { Run } from '../run/run';
import { inputProblem } from '../task/problem';
import { isTimerSet } from './previousPause';

export type WaitMode = 'poll' | 'callback' | 'trigger' | 'none';

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

/**
 * The way to wait that holds for the run.
 *
 * @param mayPause whether the items can be built without the node, which n8n does not run again
 */
export function waitModeOf({ context }: Run, mayPause: boolean): WaitMode {
	if (isTool(context)) return 'poll';
	const chosen = context.getNodeParameter('waitMode', 0, 'poll') as WaitMode;
	return chosen === 'callback' && !(mayPause && canPause(context)) ? 'poll' : chosen;
}

/** Whether the execution can be paused: the command line waits in place. */
function canPause(context: IExecuteFunctions): boolean {
	return (
		context.getMode() !== 'cli' &&
		typeof context.putExecutionToWait === 'function' &&
		!isTimerSet(context)
	);
}
