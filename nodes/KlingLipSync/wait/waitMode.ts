import type { IExecuteFunctions } from 'n8n-workflow';

import { isTool } from '../run/agentTool';
import type { Run } from '../run/run';
import { isTimerSet } from './previousPause';

export type WaitMode = 'poll' | 'callback' | 'trigger' | 'none';

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
