import { createHmac } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isSignature } from '../task/callbackUrl';
import type { PausedRun } from './pausedRuns';

/** What one process of this n8n asks the next: to let the execution go on with these items. */
export interface GoOnRequest {
	/** When it was sent, ms since the epoch: what n8n reads for it is no older. */
	at: number;
	/** The JSON of each item, in the items' order. */
	jsons: Array<Record<string, unknown>>;
}

/** The request as it is sent: its JSON, and a MAC over it. */
export type GoOnBody = { goOn: string; mac: string };

/** The request as a body, signed with the secret of the wait. */
export function goOnBody({ marker, secret = '' }: PausedRun, request: GoOnRequest): GoOnBody {
	const goOn = JSON.stringify(request);
	return { goOn, mac: macOf(marker, secret, goOn) };
}

/** Whether a body is a request to go on, whoever sent it. */
export function isGoOnBody(body: unknown): body is GoOnBody {
	return typeof (body as IDataObject | null | undefined)?.goOn === 'string';
}

/** Reads a request; undefined when it was not signed with the secret of the wait. */
export function readGoOn(
	{ marker, secret = '' }: PausedRun,
	{ goOn, mac }: GoOnBody,
): GoOnRequest | undefined {
	const isSigned = secret !== '' && isSignature(mac, macOf(marker, secret, goOn));
	return isSigned ? (JSON.parse(goOn) as GoOnRequest) : undefined;
}

function macOf(marker: string, secret: string, text: string): string {
	return createHmac('sha256', secret).update(`${marker}\n${text}`).digest('hex');
}
