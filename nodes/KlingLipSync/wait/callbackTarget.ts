import { optionsOf, textOf } from '../run/parameters';
import { referenceOf } from '../run/reference';
import type { Run } from '../run/run';
import { signedTriggerUrl } from '../task/signedCallbackUrl';
import type { Outcome } from '../task/problem';
import { attemptAsync, Problem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';
import { ADVICE, listeningUrl } from './findTrigger';
import { resumeCallbackUrl } from './resumeUrl';
import type { WaitMode } from './waitMode';

/** Gives the URL of a trigger that listens; `''` stands for the trigger of this workflow. */
type TriggerAt = (pasted: string) => Promise<Outcome<string>>;

/**
 * Finds where the vendor is to call back for an item, if anywhere; checked before anything is spent.
 * Whether a trigger listens is asked once a run.
 */
export function callbackTargets(
	run: Run,
	waitMode: WaitMode,
): (itemIndex: number) => Promise<Outcome<string | undefined>> {
	const triggers = new Map<string, Promise<Outcome<string>>>();
	const triggerAt: TriggerAt = async (pasted) => {
		const found = triggers.get(pasted) ?? attemptAsync(async () => await listeningUrl(run, pasted));
		triggers.set(pasted, found);
		return await found;
	};
	return async (itemIndex) => await callbackUrlOf(run, itemIndex, waitMode, triggerAt);
}

async function callbackUrlOf(
	{ context, access }: Run,
	itemIndex: number,
	waitMode: WaitMode,
	triggerAt: TriggerAt,
): Promise<Outcome<string | undefined>> {
	if (waitMode === 'poll') return undefined;
	if (waitMode === 'callback') {
		const url = resumeCallbackUrl(context);
		requireReachable(url, access.baseUrl, 'The URL at which n8n waits');
		return url;
	}
	if (waitMode === 'trigger') {
		const url = await triggerAt(textOf(context, 'callbackUrl', itemIndex));
		return url instanceof Problem
			? url
			: signedTriggerUrl(url, access.apiKey, referenceOf(context, itemIndex));
	}
	const own = String(optionsOf(context, itemIndex).callbackUrl ?? '').trim();
	if (own === '') return undefined;
	requireReachable(own, access.baseUrl, 'The callback URL', ADVICE);
	return own;
}
