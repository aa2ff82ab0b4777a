import type { IExecuteFunctions } from 'n8n-workflow';

import { takesPosts } from '../api/probeListener';
import { optionsOf, textOf } from '../run/parameters';
import { referenceOf } from '../run/reference';
import type { Run } from '../run/run';
import { signedTriggerUrl } from '../task/signedCallbackUrl';
import type { Outcome } from '../task/problem';
import { attempt, attemptAsync, inputProblem, Problem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';
import { NOTHING_SPENT, ownListeningUrl } from './ownTrigger';
import { resumeCallbackUrl, resumeUrlOf } from './resumeUrl';
import type { WaitMode } from './waitMode';

/** What to do about a receiver outside of this n8n that can't be reached. */
const ADVICE = `Enter a URL in 'Callback URL' that is reachable from the internet. ${NOTHING_SPENT}`;

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
		const found =
			triggers.get(pasted) ??
			attemptAsync(async () =>
				pasted === '' ? await ownListeningUrl(run) : await pastedListeningUrl(run, pasted),
			);
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

/**
 * The URL of a trigger elsewhere. Only this n8n is asked whether something listens: what another
 * server says to such a question may mean anything.
 *
 * @throws Problem that tells apart why nothing would arrive
 */
async function pastedListeningUrl({ context, access }: Run, url: string): Promise<string> {
	const isOwn = isOfThisN8n(context, url);
	requireReachable(url, access.baseUrl, 'The callback URL', isOwn ? undefined : ADVICE);
	if (!isOwn || (await takesPosts(context, url)) !== false) return url;
	throw new URL(url).pathname.includes('/webhook-test/')
		? inputProblem(
				'The callback URL is the Test URL of a trigger that is not listening',
				`Paste the trigger's Production URL and publish its workflow. A Test URL works only for one result, within two minutes after 'Listen for test event' was pressed. ${NOTHING_SPENT}`,
			)
		: inputProblem(
				'No trigger receives results at the callback URL',
				`Publish the workflow of the trigger, and check that its Production URL was copied completely. ${NOTHING_SPENT}`,
			);
}

function isOfThisN8n(context: IExecuteFunctions, url: string): boolean {
	const resumeUrl = attempt(() => resumeUrlOf(context));
	if (resumeUrl instanceof Problem || !URL.canParse(url)) return false;
	return new URL(url).origin === new URL(resumeUrl).origin;
}
