import type { IExecuteFunctions } from 'n8n-workflow';

import { takesPosts } from '../api/probeListener';
import { optionsOf, referenceOf } from '../run/parameters';
import type { Run } from '../run/run';
import { ownTriggerUrl, signedTriggerUrl } from '../task/callbackUrl';
import type { Outcome } from '../task/problem';
import { attemptAsync, inputProblem, Problem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';
import { resumeCallbackUrl, resumeUrlOf } from './resumeUrl';
import type { WaitMode } from './waitMode';

/**
 * Finds where the vendor is to call back for an item, if anywhere; checked before anything is spent.
 * The trigger of the workflow is looked for once a run.
 */
export function callbackTargets(
	run: Run,
	waitMode: WaitMode,
): (itemIndex: number) => Promise<Outcome<string | undefined>> {
	let own: Promise<Outcome<string>> | undefined;
	const ownTrigger = async () => await (own ??= attemptAsync(async () => await listeningUrl(run)));
	return async (itemIndex) => await callbackUrlOf(run, itemIndex, waitMode, ownTrigger);
}

async function callbackUrlOf(
	{ context, access }: Run,
	itemIndex: number,
	waitMode: WaitMode,
	ownTrigger: () => Promise<Outcome<string>>,
): Promise<Outcome<string | undefined>> {
	if (waitMode === 'poll') return undefined;
	if (waitMode === 'callback') {
		const url = resumeCallbackUrl(context);
		requireReachable(url, access.baseUrl, 'The URL at which n8n waits');
		return url;
	}
	const isTrigger = waitMode === 'trigger';
	const given = isTrigger
		? context.getNodeParameter('callbackUrl', itemIndex, '')
		: optionsOf(context, itemIndex).callbackUrl;
	const pasted = String(given ?? '').trim();
	const reference = referenceOf(context, itemIndex);
	const signed = (url: string) => signedTriggerUrl(url, access.apiKey, reference);
	if (pasted === '') {
		if (!isTrigger) return undefined;
		const own = await ownTrigger();
		return own instanceof Problem ? own : signed(own);
	}
	requireReachable(
		pasted,
		access.baseUrl,
		'The callback URL',
		"Enter an address in 'Callback URL' that anyone on the internet can open. Nothing was sent or charged.",
	);
	return isTrigger ? signed(pasted) : pasted;
}

/**
 * The URL of this workflow's trigger.
 *
 * @throws Problem when the vendor could not reach it, or nothing listens there
 */
async function listeningUrl({ context, access }: Run): Promise<string> {
	const url = ownTriggerUrl(resumeUrlOf(context), context.getWorkflow().id);
	requireReachable(url, access.baseUrl, 'The callback URL');
	if (await mayListen(context, url)) return url;
	throw inputProblem(
		'This workflow is not published, so its Kling Lip Sync Trigger does not listen',
		'Publish (activate) the workflow first, or choose another way to wait. Nothing was sent or charged.',
	);
}

/**
 * n8n calls a workflow inactive whenever a person runs it by hand or a worker runs it, so then it is
 * asked itself. Where it can't call itself, the user is believed.
 */
async function mayListen(context: IExecuteFunctions, url: string): Promise<boolean> {
	return context.getWorkflow().active || ((await takesPosts(context, url)) ?? true);
}
