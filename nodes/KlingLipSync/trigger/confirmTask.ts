import type { IWebhookFunctions } from 'n8n-workflow';

import type { Access } from '../api/credential';
import type { Answer } from '../api/tasks';
import { queryTask } from '../api/tasks';
import { TIMEOUTS } from '../api/timeouts';
import { clock } from '../clock';
import { AT_ONCE, createLimit } from '../concurrency';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { accessAnew } from './triggerCredential';

/** How long a task that the API does not know is not asked for again, in ms, and for how many. */
const UNKNOWN_FOR = 5_000;
const MOST_UNKNOWN = 1_000;

const limit = createLimit(AT_ONCE.queries);
const asking = new Map<string, Promise<Outcome<Answer>>>();
/** Until when, in ms since the epoch. */
const unknownUntil = new Map<string, number>();

/** Whether the API has said a moment ago that it does not know the task. */
export function isUnknown(place: string, taskId: string): boolean {
	return clock.now() < (unknownUntil.get(keyOf(place, taskId)) ?? 0);
}

/**
 * Asks the API for a task, for all callbacks about it that come meanwhile. A key that is not accepted
 * is read anew, for the user may have changed it.
 */
export async function confirmTask(
	context: IWebhookFunctions,
	access: Access,
	place: string,
	taskId: string,
): Promise<Outcome<Answer>> {
	const key = keyOf(place, taskId);
	const until = clock.now() + TIMEOUTS.confirm;
	const ask = async () =>
		await limit(async () => await query(context, access, place, taskId, until));
	const answer = asking.get(key) ?? ask().finally(() => asking.delete(key));
	asking.set(key, answer);
	const answered = await answer;
	if (answered instanceof Problem && answered.kind === 'unknownTask') {
		unknownUntil.delete(key);
		unknownUntil.set(key, clock.now() + UNKNOWN_FOR);
		if (unknownUntil.size > MOST_UNKNOWN)
			unknownUntil.delete(unknownUntil.keys().next().value as string);
	}
	return answered;
}

async function query(
	context: IWebhookFunctions,
	access: Access,
	place: string,
	taskId: string,
	until: number,
): Promise<Outcome<Answer>> {
	const ask = async (key: Access) => {
		const left = until - clock.now();
		return left > 0
			? await queryTask(context, key, { taskId }, undefined, left)
			: new Problem('unavailable', 'Too many callbacks have come at once');
	};
	const answered = await ask(access);
	if (!(answered instanceof Problem) || answered.kind !== 'credential') return answered;
	const read = await accessAnew(context, place);
	return JSON.stringify(read) === JSON.stringify(access) ? answered : await ask(read);
}

function keyOf(place: string, taskId: string): string {
	return `${place} ${taskId}`;
}
