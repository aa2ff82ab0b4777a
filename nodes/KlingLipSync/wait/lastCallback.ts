import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import { clock } from '../clock';
import { finishedJsons } from './pausedItems';
import type { KnownRun } from './pausedRuns';
import { firstFound, isOver, markOver } from './pausedRuns';
import { PAUSE_TIMING } from './pauseTiming';
import { resumeBySelfCall, resumeExecution } from './resumeExecution';

const LOOK_AGAIN = 100;

/**
 * Lets an execution go on whose tasks are all finished, as its callback finds it.
 *
 * n8n reads the execution before it calls the node, and when items are returned it writes that copy
 * back, checking only that the execution is waiting. So items are returned
 * - by a handler for which n8n has read the execution a moment ago, whose copy waits for this;
 * - by one handler of a process at a time;
 * - not when the wait's own timer is about to.
 *
 * In the process that has paused the run itself nobody else takes callbacks: there the last of them
 * goes on at once. Everywhere else a second process may be about to do the same, and how old n8n's
 * copy is can't be told, for a busy n8n takes its time before it calls the node. So after a pause, in
 * which callbacks that are on their way can still arrive, n8n itself is called with the items: the
 * call says when it was made. Where n8n can't call itself the callback is refused, and its next
 * delivery goes on at once.
 *
 * @param began when the handler did, by the clock
 */
export async function takeLastCallback(
	context: IWebhookFunctions,
	known: KnownRun,
	began: number,
): Promise<IWebhookResponseData> {
	const turn = ++known.turn;
	if (mayBeStarting(known)) return answerOnly(context, 503, 'n8n may still be starting');

	const jsons = finishedJsons(known, context.getNode());
	const isHere = (known.isOwn && areAllHeard(known)) || known.isOutOfReach;
	if (isHere && clock.now() - began <= PAUSE_TIMING.fresh) {
		const went = resumeExecution(context, known, jsons, false);
		if (typeof went === 'object') return went;
		if (went === 'outdated') return answerOnly(context, 503, 'The wait has begun anew');
		// If n8n can't go on, the other caller has to be there to be told and come again, or else this one.
		const isNobodyThere = known.isOwnCall || known.goingOn?.destroyed;
		if (went === 'over' || (went === 'goingOn' && !isNobodyThere))
			return answerOnly(context, 200, 'The workflow goes on');
	}
	if (known.isOutOfReach) return answerOnly(context, 503, 'Held too long, the next call goes on');

	if (!(await isNewest(known, turn))) return answerOnly(context, 200, 'Confirmed');
	if (isOver(known) || (await resumeBySelfCall(context, known, jsons))) {
		markOver(known);
		return answerOnly(context, 200, 'Confirmed, the workflow goes on');
	}
	return answerOnly(context, 503, 'The next call goes on');
}

/** While n8n starts it writes waiting executions anew, see `PAUSE_TIMING`. */
function mayBeStarting({ isOwn }: KnownRun): boolean {
	if (isOwn || clock.uptime() > PAUSE_TIMING.young) return false;
	return clock.now() < (firstFound.at ?? 0) + PAUSE_TIMING.startUp;
}

function areAllHeard({ heard, finished }: KnownRun): boolean {
	return heard.size === finished.size;
}

/**
 * Waits for callbacks that are still on their way. A newer one takes over, so that only one is left.
 * The callback of the task that finished last makes it short; without it others wait for it longer,
 * so that two processes do not go on at the same moment.
 */
async function isNewest(known: KnownRun, turn: number): Promise<boolean> {
	const began = clock.now();
	const pause = () => {
		const last = known.finished.last();
		const isLastHeard = last === undefined || known.heard.has(last);
		return isLastHeard ? PAUSE_TIMING.quiet : PAUSE_TIMING.quietForLast;
	};
	while (!areAllHeard(known) && clock.now() < began + pause()) {
		await clock.sleep(LOOK_AGAIN);
		if (known.turn !== turn) return false;
	}
	return true;
}
