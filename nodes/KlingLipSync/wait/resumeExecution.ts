import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { requestResume, RESUMED, TOO_OLD } from '../api/requestResume';
import { answerOnly } from '../api/callbackAnswer';
import { clock } from '../clock';
import { failedItem, item } from '../run/outputItems';
import type { ResumeCallBody } from './resumeCall';
import { resumeCallBody, readResumeCall } from './resumeCall';
import { finishedJsons } from './pausedItems';
import type { KnownRun, PausedRun } from './pausedRuns';
import { firstFound, isGoingOn, isOver, keyOf, markOver, pausedRuns, remember } from './pausedRuns';
import { PAUSE_TIMING } from './pauseTiming';
import { WAIT_PARAM } from './resumeUrl';
import { storedFiles, storedWait } from './storedWait';

const LOOK_AGAIN = 100;
/** How often n8n is asked to go on before that is left to the vendor's next call, and the pause between. */
const ASKS = 3;
const ASK_AGAIN = 300;
/** After so many calls without an answer n8n is taken for one that can't call itself. */
const UNANSWERED = 2;

type Jsons = Array<Record<string, unknown>>;

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
export async function resumeExecution(
	context: IWebhookFunctions,
	known: KnownRun,
	began: number,
): Promise<IWebhookResponseData> {
	const turn = ++known.turn;
	if (mayBeStarting(known)) return answerOnly(context, 503, 'n8n may still be starting');

	const jsons = finishedJsons(known, context.getNode());
	const isHere = (known.isOwn && areAllHeard(known)) || known.isOutOfReach;
	if (isHere && clock.now() - began <= PAUSE_TIMING.fresh) {
		const went = returnItems(context, known, jsons, false);
		if (typeof went === 'object') return went;
		if (went === 'outdated') return answerOnly(context, 503, 'The wait has begun anew');
		// If n8n can't go on, the other caller has to be there to be told and come again, or else this one.
		const isNobodyThere = known.isOwnCall || known.goingOn?.destroyed;
		if (went === 'over' || (went === 'goingOn' && !isNobodyThere))
			return answerOnly(context, 200, 'The workflow goes on');
	}
	if (known.isOutOfReach) return answerOnly(context, 503, 'Held too long, the next call goes on');

	if (!(await isNewest(known, turn))) return answerOnly(context, 200, 'Confirmed');
	if (isOver(known) || (await hasGoneOn(context, known, jsons))) {
		markOver(known);
		return answerOnly(context, 200, 'Confirmed, the workflow goes on');
	}
	return answerOnly(context, 503, 'The next call goes on');
}

/**
 * Takes a call of this n8n to itself: whoever made it has confirmed all tasks. Answers 409 when the
 * execution does not wait for this any more, 503 when the call should be made again.
 */
export function takeResumeCall(
	context: IWebhookFunctions,
	body: ResumeCallBody,
): IWebhookResponseData {
	const marker = String((context.getQueryData() as IDataObject)[WAIT_PARAM]);
	const wait = storedWait(context);
	if (wait?.marker !== marker) return answerOnly(context, 409, 'Not waiting for this any more');
	const request = readResumeCall(wait, body);
	if (!request) return answerOnly(context, 401, 'The signature is wrong');
	const age = clock.now() - request.at;
	if (age > PAUSE_TIMING.freshCall || age < -PAUSE_TIMING.skew)
		return answerOnly(context, 503, TOO_OLD);

	const executionId = context.getExecutionId();
	const known = pausedRuns.get(keyOf(executionId, marker)) ?? remember(executionId, wait);
	const went = returnItems(context, known, request.jsons, true);
	if (typeof went === 'object') return went;
	return went === 'over'
		? answerOnly(context, 409, 'The workflow has gone on')
		: answerOnly(context, 503, 'Not now');
}

/** Whether n8n's own timer goes on with the execution, or is about to. */
export function isTimeUp({ until }: PausedRun): boolean {
	return clock.now() >= until - PAUSE_TIMING.timerMargin;
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

/** Has n8n read the execution anew and go on; also finds out whether n8n can call itself. */
async function hasGoneOn(
	context: IWebhookFunctions,
	known: KnownRun,
	jsons: Jsons,
): Promise<boolean> {
	const { paused } = known;
	if (!paused.url || !paused.secret) {
		known.isOutOfReach = true;
		return false;
	}
	for (let asks = 0; asks < ASKS; asks++) {
		if (asks > 0) await clock.sleep(ASK_AGAIN);
		const at = clock.now();
		const answer = await requestResume(context, paused.url, resumeCallBody(paused, { at, jsons }));
		if (answer === 'goesOn' || answer === 'wentOn') return true;
		if (answer === 'noAnswer') known.unanswered++;
		// An answer that came at once and says that the call took long: the hosts' clocks differ.
		const areClocksApart = answer === 'tooOld' && clock.now() - at <= PAUSE_TIMING.freshCall;
		if (answer === 'outOfReach' || areClocksApart || known.unanswered >= UNANSWERED)
			known.isOutOfReach = true;
		if (known.isOutOfReach || answer === 'noAnswer') return false;
	}
	return false;
}

/** Returns items, unless the execution goes on already, or is not to go on from what n8n has read. */
function returnItems(
	context: IWebhookFunctions,
	known: KnownRun,
	jsons: Jsons,
	isOwnCall: boolean,
): IWebhookResponseData | 'hungUp' | 'over' | 'goingOn' | 'outdated' {
	const response = context.getResponseObject();
	// n8n's answer would not be heard, and whoever has hung up calls again.
	if (response.destroyed) return 'hungUp';
	if (isOver(known) || isTimeUp(known.paused)) return 'over';
	if (isGoingOn(known)) return 'goingOn';
	const stored = storedWait(context);
	if (stored?.marker !== known.paused.marker) return 'over';
	if (stored.secret !== known.paused.secret) {
		pausedRuns.delete(keyOf(context.getExecutionId(), stored.marker));
		return 'outdated';
	}
	Object.assign(known, { goingOn: response, isOwnCall });
	const node = context.getNode();
	const files = stored.keepsFiles ? storedFiles(context) : [];
	return {
		workflowData: [
			jsons.map((json, index) =>
				'error' in json
					? failedItem(node, json, index)
					: { ...item(json, index), ...(files[index] && { binary: files[index] }) },
			),
		],
		webhookResponse: { message: RESUMED },
	};
}
