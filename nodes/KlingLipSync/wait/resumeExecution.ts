import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import { postSelfCall, RESUMED, TOO_OLD } from '../api/postSelfCall';
import { clock } from '../clock';
import { failedItem, item } from '../run/outputItems';
import type { ItemJsons } from './pausedItems';
import type { KnownRun, PausedRun } from './pausedRuns';
import { isGoingOn, isOver, keyOf, pausedRuns, remember } from './pausedRuns';
import { PAUSE_TIMING } from './pauseTiming';
import { WAIT_PARAM } from './resumeUrl';
import type { SelfCallBody } from './selfCall';
import { readSelfCall, selfCallBody } from './selfCall';
import { storedFiles, storedWait } from './storedWait';

/** How often n8n is asked to go on before that is left to the vendor's next call, and the pause between. */
const ASKS = 3;
const ASK_AGAIN = 300;
/** After so many calls without an answer n8n is taken for one that can't call itself. */
const UNANSWERED = 2;

/**
 * Returns items, so that n8n goes on with the execution, unless it goes on already, or is not to go
 * on from what n8n has read.
 */
export function resumeExecution(
	context: IWebhookFunctions,
	known: KnownRun,
	jsons: ItemJsons,
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

/** Has n8n read the execution anew and go on; also finds out whether n8n can call itself. */
export async function resumeBySelfCall(
	context: IWebhookFunctions,
	known: KnownRun,
	jsons: ItemJsons,
): Promise<boolean> {
	const { paused } = known;
	if (!paused.url || !paused.secret) {
		known.isOutOfReach = true;
		return false;
	}
	for (let asks = 0; asks < ASKS; asks++) {
		if (asks > 0) await clock.sleep(ASK_AGAIN);
		const at = clock.now();
		const answer = await postSelfCall(context, paused.url, selfCallBody(paused, { at, jsons }));
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

/**
 * Takes a call of this n8n to itself: whoever made it has confirmed all tasks. Answers 409 when the
 * execution does not wait for this any more, 503 when the call should be made again.
 */
export function takeSelfCall(context: IWebhookFunctions, body: SelfCallBody): IWebhookResponseData {
	const marker = String((context.getQueryData() as IDataObject)[WAIT_PARAM]);
	const wait = storedWait(context);
	if (wait?.marker !== marker) return answerOnly(context, 409, 'Not waiting for this any more');
	const request = readSelfCall(wait, body);
	if (!request) return answerOnly(context, 401, 'The signature is wrong');
	const age = clock.now() - request.at;
	if (age > PAUSE_TIMING.freshCall || age < -PAUSE_TIMING.skew)
		return answerOnly(context, 503, TOO_OLD);

	const executionId = context.getExecutionId();
	const known = pausedRuns.get(keyOf(executionId, marker)) ?? remember(executionId, wait);
	const went = resumeExecution(context, known, request.jsons, true);
	if (typeof went === 'object') return went;
	return went === 'over'
		? answerOnly(context, 409, 'The workflow has gone on')
		: answerOnly(context, 503, 'Not now');
}

/** Whether n8n's own timer goes on with the execution, or is about to. */
export function isTimeUp({ until }: PausedRun): boolean {
	return clock.now() >= until - PAUSE_TIMING.timerMargin;
}
