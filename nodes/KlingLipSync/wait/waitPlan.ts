import type { Run } from '../run/run';
import { forEachItem } from '../run/run';
import type { Outcome } from '../task/problem';
import { callbackTargets } from './callbackTarget';
import type { WaitMode } from './waitMode';
import { timeoutOf } from './timeout';
import { waitModeOf } from './waitMode';

/** How a run waits for its tasks. */
export interface WaitPlan {
	waitMode: WaitMode;
	timeoutMs: number;
	/** Where the vendor is to call back for each item, if anywhere. */
	urls: Array<Outcome<string | undefined>>;
}

/**
 * Works out how to wait, to be called before anything is spent.
 *
 * @param mayPause whether the items can be built without the node, which n8n does not run again
 * @throws NodeOperationError for a time-out that is none
 */
export async function planWait(run: Run, mayPause: boolean): Promise<WaitPlan> {
	const waitMode = waitModeOf(run, mayPause);
	const timeoutMs = timeoutOf(run, waitMode === 'callback' ? 'callback' : 'poll');
	return { waitMode, timeoutMs, urls: await forEachItem(run, callbackTargets(run, waitMode)) };
}
