import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { takesPosts } from '../api';
import { requireReachable, ownTriggerUrl, signedTriggerUrl } from '../task/callbackUrl';
import type { Outcome } from '../task/problem';
import { attemptAsync, inputProblem, Problem } from '../task/problem';
import { isTerminal } from '../task/task';
import { isTool, optionsOf, runOptionsOf } from './context';
import type { Followed } from './items';
import { failedItem, item, nodeError, problemJson, taskJson } from './items';
import { download } from './media';
import type { Run } from './run';
import { forEachItem, forEachValue, stopAtProblem, stopIfCancelled } from './run';
import type { TaskRequest } from './submit';
import { submitAll } from './submit';
import { canSuspend, resumeCallbackUrl, resumeUrlOf, suspend } from './suspend';
import { failuresAsProblems, watchAll } from './watch';

export type WaitMode = 'poll' | 'callback' | 'trigger' | 'none';

/** Until when a wait goes on unless the user says otherwise, in minutes. */
export const DEFAULT_TIMEOUT = { poll: 30, callback: 60 };
const MINUTE = 60_000;

/** How a run waits for its tasks. */
export interface WaitPlan {
	waitMode: WaitMode;
	timeoutMs: number;
	/** Where the vendor is to call back for each item, if anywhere. */
	urls: Array<Outcome<string | undefined>>;
}

/**
 * Works out how to wait, to be called before anything is spent.
 *
 * @param mayPause whether the items can be built without the node, which n8n does not run again
 * @throws NodeOperationError for a time-out that is none
 */
export async function planWait(run: Run, mayPause: boolean): Promise<WaitPlan> {
	const waitMode = waitModeOf(run, mayPause);
	const timeoutMs = timeoutOf(run, waitMode === 'callback' ? 'callback' : 'poll');
	let own: Promise<Outcome<string>> | undefined;
	const ownTrigger = async () => await (own ??= attemptAsync(async () => await listeningUrl(run)));
	const urls = await forEachItem(
		run,
		async (index) => await callbackUrlOf(run, index, waitMode, ownTrigger),
	);
	return { waitMode, timeoutMs, urls };
}

/**
 * From requests to items: creates the tasks and waits as the user chose.
 *
 * @param toItems builds the output of one finished task, downloads included
 */
export async function createAndWait(
	run: Run,
	step: string,
	requests: Array<Outcome<TaskRequest>>,
	{ waitMode, timeoutMs, urls }: WaitPlan,
	toItems: (followed: Followed, itemIndex: number) => Promise<Outcome<INodeExecutionData[]>>,
): Promise<INodeExecutionData[][]> {
	const { context } = run;
	const ready = requests.map((request, index) => usable(request, urls[index]));
	stopAtProblem(run, ready);

	const submitted = await submitAll(
		run,
		step,
		ready,
		urls.map((url) => (url instanceof Problem ? undefined : url)),
	);
	stopAtProblem(run, submitted);
	if (waitMode === 'none' || waitMode === 'trigger') return await output(run, submitted, toItems);

	const unfinished = submitted.filter(
		(outcome): outcome is Followed => !(outcome instanceof Problem) && !isTerminal(outcome.task),
	);
	if (
		waitMode === 'callback' &&
		unfinished.length > 0 &&
		!unfinished.some((outcome) => outcome.callsElsewhere)
	) {
		const includeRaw = submitted.map(
			(outcome, index) =>
				!(outcome instanceof Problem) && optionsOf(context, index).includeRaw === true,
		);
		return [await suspend(run, submitted, timeoutMs, includeRaw)];
	}
	return await output(run, await waitHere(run, submitted, timeoutMs), toItems);
}

/** Watches tasks in the node; failed ones come back as problems. */
export async function waitHere(
	run: Run,
	outcomes: Array<Outcome<Followed>>,
	timeoutMs: number,
): Promise<Array<Outcome<Followed>>> {
	const stops = !run.context.continueOnFail();
	const endsAll = (outcome: Outcome<Followed>) =>
		stops && (outcome instanceof Problem || outcome.task.state === 'failed');
	const watched = failuresAsProblems(await watchAll(run, outcomes, timeoutMs, endsAll));
	stopAtProblem(run, watched);
	return watched;
}

/**
 * The items of the run, in order. n8n routes those with problems to the error output, if there is one.
 *
 * @throws NodeApiError or NodeOperationError for the first problem, unless the user chose to continue
 */
export async function output(
	run: Run,
	outcomes: Array<Outcome<Followed>>,
	toItems: (followed: Followed, itemIndex: number) => Promise<Outcome<INodeExecutionData[]>>,
): Promise<INodeExecutionData[][]> {
	const lists = await forEachValue(run, outcomes, toItems);
	stopIfCancelled(run);
	stopAtProblem(run, lists);
	// With a problem among the items n8n may run the node again, and has to find the tasks.
	if (!lists.some((list) => list instanceof Problem)) run.ledger.clear();
	return [
		lists.flatMap((list, index) =>
			list instanceof Problem
				? [failedItem(run.context.getNode(), problemJson(list), index)]
				: list,
		),
	];
}

/** An item of a task that needs nothing else. */
export function taskItem(run: Run, followed: Followed, itemIndex: number): INodeExecutionData {
	return item(taskJson(followed, optionsOf(run.context, itemIndex).includeRaw === true), itemIndex);
}

/**
 * A lip sync's item, with the video as a file if the user wants it.
 *
 * @returns a Problem that says that the video is paid for and where it is
 */
export async function videoItem(
	run: Run,
	followed: Followed,
	itemIndex: number,
): Promise<Outcome<INodeExecutionData[]>> {
	const { downloadVideo, binaryPropertyName = 'data' } = optionsOf(run.context, itemIndex);
	const built = taskItem(run, followed, itemIndex);
	const { taskId, videoUrl, state } = followed.task;
	if (!downloadVideo || !videoUrl) return [built];
	const property = String(binaryPropertyName).trim() || 'data';
	const file = await download(run, videoUrl, `${taskId}.mp4`, 'video');
	if (!(file instanceof Problem)) return [{ ...built, binary: { [property]: file } }];
	return new Problem(
		'download',
		`The video of task ${taskId} is finished and paid for, but could not be downloaded: ${file.message}`,
		`It is at ${videoUrl}. Download it from there, or run the operation Get Task with this task ID; do not create it again.`,
		{ ...file.details, taskId, state, videoUrl },
	);
}

/** The time-out of a wait in ms. */
export function timeoutOf(run: Run, waitMode: 'poll' | 'callback'): number {
	const { timeoutMinutes = DEFAULT_TIMEOUT[waitMode] } = runOptionsOf(run.context);
	const minutes = Number(timeoutMinutes);
	if (!Number.isFinite(minutes) || minutes <= 0) {
		throw nodeError(
			run.context.getNode(),
			inputProblem("'Timeout (Minutes)' has to be a number above 0"),
			0,
		);
	}
	return minutes * MINUTE;
}

function waitModeOf({ context }: Run, mayPause: boolean): WaitMode {
	if (isTool(context)) return 'poll';
	const chosen = context.getNodeParameter('waitMode', 0, 'poll') as WaitMode;
	return chosen === 'callback' && !(mayPause && canSuspend(context)) ? 'poll' : chosen;
}

/** Where the vendor is to call back for this item; checked before anything is spent. */
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
	if (pasted === '') return isTrigger ? await ownTrigger() : undefined;
	requireReachable(
		pasted,
		access.baseUrl,
		'The callback URL',
		"Enter an address in 'Callback URL' that anyone on the internet can open. Nothing was sent or charged.",
	);
	return isTrigger ? signedTriggerUrl(pasted, access.apiKey) : pasted;
}

/**
 * The signed URL of this workflow's trigger.
 *
 * @throws Problem when the vendor could not reach it, or nothing listens there
 */
async function listeningUrl({ context, access }: Run): Promise<string> {
	const url = ownTriggerUrl(resumeUrlOf(context), context.getWorkflow().id);
	requireReachable(url, access.baseUrl, 'The callback URL');
	if (await mayListen(context, url)) return signedTriggerUrl(url, access.apiKey);
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

/** What can go on: nothing is spent on an item whose callback could not arrive. */
export function usable<T>(outcome: Outcome<T>, url: Outcome<string | undefined>): Outcome<T> {
	return !(outcome instanceof Problem) && url instanceof Problem ? url : outcome;
}
