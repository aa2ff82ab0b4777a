import type {
	IDataObject,
	INodeExecutionData,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import { readAccess } from '../api/send';
import { clock } from '../clock';
import { failedItem, item } from '../run/outputItems';
import { failureOf } from '../task/failureAdvice';
import { callbackTaskId } from '../task/readTask';
import { problemJson, taskJson } from '../task/taskRecord';
import type { Confirmation } from './confirmFinished';
import type { KnownRun, PausedRun } from './pausedRuns';
import { keyOf, PAUSED_RUN_KEY, pausedRuns, remember } from './pausedRuns';
import { WAIT_PARAM } from './resumeUrl';

/** The vendor hangs up after 10 s and delivers again; until then the answer is due. */
const CONFIRM_WITHIN = 7_000;
/**
 * How long after a callback, in ms, others are taken to be on their way. The vendor repeats one that
 * was not answered in time after a second.
 */
const QUIET = 2_000;
const LOOK_AGAIN = 100;
/** How long n8n may take to let an execution go on, in ms. */
const RESUME_WITHIN = 15_000;
/**
 * How long after the first callback for a run that another process has suspended, in ms, n8n may
 * still be starting. Then it takes waiting executions for crashed ones and writes them anew; one that
 * goes on meanwhile ends as crashed.
 */
const START_UP = 6_000;

/** When that first callback came, by the clock. */
let firstFound: number | undefined;

/**
 * Takes a callback for a paused execution. What the callback says is not believed: state and
 * result come from an authenticated query. n8n stays waiting until `workflowData` is returned, and
 * keeps nothing of what is done before.
 *
 * @returns with `workflowData`, one item for each input item in order, once every task is finished
 */
export async function resume(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await takeCallback(this);
	} catch (error) {
		// n8n would go on with an empty item if this threw.
		this.logger.error(
			`Kling Lip Sync: a callback could not be taken: ${error instanceof Error ? error.message : ''}`,
		);
		return answerOnly(this, 500, 'The callback could not be taken');
	}
}

async function takeCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const taskId = callbackTaskId(context.getBodyData());
	if (!taskId) return answerOnly(context, 400, 'This is no callback of a task');
	const entry = find(context);
	if (!entry?.finished.has(taskId)) return answerOnly(context, 200, 'Not waiting for this task');

	const asker = {
		sender: context,
		access: async () => entry.access ?? (await readAccess(context)),
	};
	const done = new AbortController();
	const tooLate = clock.sleep(CONFIRM_WITHIN, done.signal).then((): Confirmation => 'unsure');
	const confirmation = await Promise.race([entry.finished.hear(taskId, asker), tooLate]);
	done.abort();
	if (confirmation === 'unsure') {
		// The key may have been changed since.
		entry.access = undefined;
		return answerOnly(context, 503, 'The task could not be confirmed yet');
	}

	const response = context.getResponseObject();
	// Whoever has hung up meanwhile will call again.
	if (!response.destroyed) entry.accepted.add(taskId);
	const goesOn = confirmation === 'all' && (await isLast(entry)) && mayResume(context, entry);
	if (!goesOn) return answerOnly(context, 200, 'Confirmed');

	// Who has hung up does not learn whether n8n can go on, so his next call has to try again.
	entry.resumingUntil = response.destroyed ? 0 : clock.now() + RESUME_WITHIN;
	response.once('close', () => {
		if (!response.writableFinished) entry.resumingUntil = 0;
	});
	response.once('finish', () => {
		// n8n could not go on: the vendor will deliver again, and that callback has to resume.
		if (response.statusCode >= 400) entry.resumingUntil = 0;
		else entry.paused.until = Date.now();
		entry.access = undefined;
	});
	return {
		workflowData: [itemsOf(context, entry)],
		webhookResponse: { message: 'Confirmed, the workflow goes on' },
	};
}

/**
 * Waits for the callbacks that are still on their way, of which the latest lets the execution go on.
 * Afterwards n8n answers them all with 409, and the vendor delivers them for half an hour.
 */
async function isLast(entry: KnownRun): Promise<boolean> {
	const turn = ++entry.turn;
	const until = clock.now() + QUIET;
	const notBefore = entry.isOwn ? 0 : (firstFound ??= clock.now()) + START_UP;
	const mustWait = (now: number) =>
		now < notBefore || (now < until && entry.accepted.size < entry.finished.size);
	while (mustWait(clock.now())) {
		await clock.sleep(LOOK_AGAIN);
		if (entry.turn !== turn) return false;
	}
	return true;
}

/** Whether the execution is not going on already, and not waiting for something else by now. */
function mayResume(
	context: IWebhookFunctions,
	{ paused, isOwn, resumingUntil }: KnownRun,
): boolean {
	return clock.now() >= resumingUntil && (isOwn || readWait(context)?.marker === paused.marker);
}

function find(context: IWebhookFunctions): KnownRun | undefined {
	const marker = String((context.getQueryData() as IDataObject)[WAIT_PARAM]);
	const executionId = context.getExecutionId();
	const known = pausedRuns.get(keyOf(executionId, marker));
	if (known) return known;
	const wait = readWait(context);
	return wait?.marker === marker ? remember(executionId, wait) : undefined;
}

/** The context of the node is out of a webhook's reach, but not out of an expression's. */
function readWait(context: IWebhookFunctions): PausedRun | undefined {
	const name = JSON.stringify(context.getNode().name).replace(/[{}]/g, (brace) =>
		brace === '{' ? '\\u007b' : '\\u007d',
	);
	const wait = context.evaluateExpression(`{{ $node[${name}].context["${PAUSED_RUN_KEY}"] }}`, 0);
	return typeof wait === 'string' ? (JSON.parse(wait) as PausedRun) : undefined;
}

function itemsOf(context: IWebhookFunctions, { paused, finished }: KnownRun): INodeExecutionData[] {
	const node = context.getNode();
	const hasErrorOutput = node.onError === 'continueErrorOutput';
	return paused.entries.map((entry, index) => {
		if ('json' in entry)
			return 'error' in entry.json ? failedItem(node, entry.json, index) : item(entry.json, index);
		const { task, order } = entry;
		const record = { ...finished.records.get(task.taskId)!, order };
		return record.task.state === 'failed' && hasErrorOutput
			? failedItem(node, problemJson(failureOf(record)), index)
			: item(taskJson(record, entry.includeRaw), index);
	});
}
