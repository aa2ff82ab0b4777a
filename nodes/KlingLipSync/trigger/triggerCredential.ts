import type { IWebhookFunctions } from 'n8n-workflow';

import type { Access } from '../api/credential';
import { readAccess } from '../api/credential';
import { clock } from '../clock';

/** How long the credential is kept after it was read, in ms. */
const KEEP = 60_000;
/** How often it is read anew at most because it does not work, in ms: forgers can make it seem so. */
const READ_ANEW_EVERY = 5_000;

interface Remembered {
	access: Promise<Access>;
	readAt: number;
}

const remembered = new Map<string, Remembered>();
const readAnewAt = new Map<string, number>();

/**
 * The key of a trigger. Reading the credential costs n8n more than all the rest of a callback, and
 * callbacks come in bursts: what was read serves for a minute.
 */
export async function accessOf(context: IWebhookFunctions, place: string): Promise<Access> {
	const known = remembered.get(place);
	if (known && clock.now() - known.readAt < KEEP) return await known.access;
	return await read(context, place);
}

/** The key of a trigger once more, where the remembered one does not work. */
export async function accessAnew(context: IWebhookFunctions, place: string): Promise<Access> {
	const now = clock.now();
	if (now - (readAnewAt.get(place) ?? -Infinity) < READ_ANEW_EVERY)
		return await accessOf(context, place);
	readAnewAt.set(place, now);
	return await read(context, place);
}

async function read(context: IWebhookFunctions, place: string): Promise<Access> {
	const access = readAccess(context);
	remembered.set(place, { access, readAt: clock.now() });
	access.catch(() => remembered.delete(place));
	return await access;
}
