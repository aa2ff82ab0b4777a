import { createHmac } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isSignature } from '../task/signedCallbackUrl';
import type { ItemJsons } from './pausedItems';
import type { PausedRun } from './pausedRuns';

/** What one process of this n8n asks the next: to let the execution go on with these items. */
export interface SelfCall {
	/** When it was sent, ms since the epoch: what n8n reads for it is no older. */
	at: number;
	/** The JSON of each item, in the items' order. */
	jsons: ItemJsons;
}

/** The request as it is sent: its JSON, and a MAC over it. */
export type SelfCallBody = { resume: string; mac: string };

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
export function readSelfCall(
	{ marker, secret = '' }: PausedRun,
	{ resume, mac }: SelfCallBody,
): SelfCall | undefined {
	const isSigned = secret !== '' && isSignature(mac, macOf(marker, secret, resume));
	return isSigned ? (JSON.parse(resume) as SelfCall) : undefined;
}

function macOf(marker: string, secret: string, text: string): string {
	return createHmac('sha256', secret).update(`${marker}\n${text}`).digest('hex');
}
