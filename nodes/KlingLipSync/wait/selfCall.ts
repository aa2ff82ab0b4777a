import { createHmac } from 'crypto';
import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import { postSelfCall, TOO_OLD } from '../api/postSelfCall';
import { clock } from '../clock';
import { isSignature } from '../task/signedCallbackUrl';
import type { ItemJsons } from './pausedItems';
import type { KnownRun, PausedRun } from './pausedRuns';
import { keyOf, pausedRuns, remember } from './pausedRuns';
import { PAUSE_TIMING } from './pauseTiming';
import { resumeExecution } from './resumeExecution';
import { WAIT_PARAM } from './resumeUrl';
import { storedWait } from './storedWait';

/** How often n8n is asked to go on before that is left to the vendor's next call, and the pause between. */
const ASKS = 3;
const ASK_AGAIN = 300;
/** After so many calls without an answer n8n is taken for one that can't call itself. */
const UNANSWERED = 2;

/** What one process of this n8n asks the next: to let the execution go on with these items. */
export interface SelfCall {
	/** When it was sent, ms since the epoch: what n8n reads for it is no older. */
	at: number;
	/** The JSON of each item, in the items' order. */
	jsons: ItemJsons;
}

/** The request as it is sent: its JSON, and a MAC over it. */
export type SelfCallBody = { resume: string; mac: string };

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

/** The request as a body, signed with the secret of the wait. */
export function selfCallBody({ marker, secret = '' }: PausedRun, request: SelfCall): SelfCallBody {
	const resume = JSON.stringify(request);
	return { resume, mac: macOf(marker, secret, resume) };
}

/** Whether a body is a request to go on, whoever sent it. */
export function isSelfCall(body: unknown): body is SelfCallBody {
	return typeof (body as IDataObject | null | undefined)?.resume === 'string';
}

/** Reads a request; undefined when it was not signed with the secret of the wait. */
function readSelfCall(
	{ marker, secret = '' }: PausedRun,
	{ resume, mac }: SelfCallBody,
): SelfCall | undefined {
	const isSigned = secret !== '' && isSignature(mac, macOf(marker, secret, resume));
	return isSigned ? (JSON.parse(resume) as SelfCall) : undefined;
}

function macOf(marker: string, secret: string, text: string): string {
	return createHmac('sha256', secret).update(`${marker}\n${text}`).digest('hex');
}
