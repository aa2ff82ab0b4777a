import { createHmac } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isSignature } from '../task/signedCallbackUrl';
import type { PausedRun } from './pausedRuns';

/** What one process of this n8n asks the next: to let the execution go on with these items. */
export interface ResumeCall {
	/** When it was sent, ms since the epoch: what n8n reads for it is no older. */
	at: number;
	/** The JSON of each item, in the items' order. */
	jsons: Array<Record<string, unknown>>;
}

/** The request as it is sent: its JSON, and a MAC over it. */
export type ResumeCallBody = { resume: string; mac: string };

/** The request as a body, signed with the secret of the wait. */
export function resumeCallBody(
	{ marker, secret = '' }: PausedRun,
	request: ResumeCall,
): ResumeCallBody {
	const resume = JSON.stringify(request);
	return { resume, mac: macOf(marker, secret, resume) };
}

/** Whether a body is a request to go on, whoever sent it. */
export function isResumeCall(body: unknown): body is ResumeCallBody {
	return typeof (body as IDataObject | null | undefined)?.resume === 'string';
}

/** Reads a request; undefined when it was not signed with the secret of the wait. */
export function readResumeCall(
	{ marker, secret = '' }: PausedRun,
	{ resume, mac }: ResumeCallBody,
): ResumeCall | undefined {
	const isSigned = secret !== '' && isSignature(mac, macOf(marker, secret, resume));
	return isSigned ? (JSON.parse(resume) as ResumeCall) : undefined;
}

function macOf(marker: string, secret: string, text: string): string {
	return createHmac('sha256', secret).update(`${marker}\n${text}`).digest('hex');
}
