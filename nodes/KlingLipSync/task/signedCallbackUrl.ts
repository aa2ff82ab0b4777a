import { createHmac, timingSafeEqual } from 'crypto';
import { attempt, Problem } from './problem';

/** Where a Kling Lip Sync Trigger listens, behind `<n8n>/webhook/<workflow id>/`. */
export const TRIGGER_PATH = 'kling-lip-sync';

/** The query parameters that carry the signature, and what the user gave the order. */
export const SIGNATURE_PARAM = 'signature';
const REFERENCE_PARAM = 'reference';

/**
 * Adds the reference, and the signature that the trigger recomputes. URLs of other receivers are left
 * as they are.
 *
 * @param url the URL of a Kling Lip Sync Trigger, of this workflow or another one
 * @param reference what the trigger is to give back with the result
 */
export function signedTriggerUrl(url: string, apiKey: string, reference?: string): string {
	const parsed = new URL(url);
	const parts = parsed.pathname.split('/').filter((part) => part !== '');
	if (parts.length < 2 || parts[parts.length - 1] !== TRIGGER_PATH) return url;
	const part = parts[parts.length - 2];
	const decoded = attempt(() => decodeURIComponent(part));
	const workflowId = decoded instanceof Problem ? part : decoded;
	if (reference) parsed.searchParams.set(REFERENCE_PARAM, reference);
	else parsed.searchParams.delete(REFERENCE_PARAM);
	parsed.searchParams.set(SIGNATURE_PARAM, signatureOf(workflowId, apiKey, reference));
	return parsed.toString();
}

/**
 * Reads what a node has put on the URL at which a callback came.
 *
 * @returns undefined when the signature is missing or wrong: then nothing else there is believed
 */
export function readSignedQuery(
	query: Record<string, unknown>,
	workflowId: string,
	apiKey: string,
): { reference?: string } | undefined {
	const { [SIGNATURE_PARAM]: signature, [REFERENCE_PARAM]: reference = '' } = query;
	if (typeof reference !== 'string') return undefined;
	if (!isSignature(signature, signatureOf(workflowId, apiKey, reference))) return undefined;
	return reference ? { reference } : {};
}

/** HMAC-SHA256 over the workflow id and the reference, keyed by the API key, in hex. */
function signatureOf(workflowId: string, apiKey: string, reference = ''): string {
	const signed = JSON.stringify([TRIGGER_PATH, workflowId, reference]);
	return createHmac('sha256', apiKey).update(signed).digest('hex');
}

/** Compares in constant time, so that a signature can't be guessed byte by byte. */
export function isSignature(given: unknown, expected: string): boolean {
	if (typeof given !== 'string') return false;
	const [theirs, ours] = [Buffer.from(given), Buffer.from(expected)];
	return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}
