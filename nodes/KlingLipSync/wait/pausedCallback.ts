import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import { readAccess } from '../api/credential';
import { clock } from '../clock';
import { callbackTaskId } from '../task/readTask';
import type { Asker } from './confirmFinished';
import { takeLastCallback } from './lastCallback';
import { isTimeUp, takeSelfCall } from './resumeExecution';
import { isSelfCall } from './selfCall';
import type { KnownRun } from './pausedRuns';
import { isOver, keyOf, pausedRuns, remember } from './pausedRuns';
import { PAUSE_TIMING } from './pauseTiming';
import { WAIT_PARAM } from './resumeUrl';
import { storedWait } from './storedWait';

/**
 * Takes a callback for a paused execution. What the callback says is not believed: state and
 * result come from an authenticated query. n8n stays waiting until `workflowData` is returned, and
 * keeps nothing of what is done before.
 *
 * @returns with `workflowData`, one item for each input item in order, once every task is finished
 */
export async function takePausedCallback(
	context: IWebhookFunctions,
): Promise<IWebhookResponseData> {
	const began = clock.now();
	try {
		const body = context.getBodyData() as unknown;
		return isSelfCall(body)
			? takeSelfCall(context, body)
			: await takeCallback(context, body, began);
	} catch (error) {
		// n8n would go on with an empty item if this threw.
		context.logger.error(
			`Kling Lip Sync: a callback could not be taken: ${error instanceof Error ? error.message : ''}`,
		);
		return answerOnly(context, 500, 'The callback could not be taken');
	}
}

async function takeCallback(
	context: IWebhookFunctions,
	body: unknown,
	began: number,
): Promise<IWebhookResponseData> {
	const taskId = callbackTaskId(body);
	if (!taskId) return answerOnly(context, 400, 'This is no callback of a task');
	const known = find(context);
	if (!known?.finished.has(taskId)) return answerOnly(context, 200, 'Not waiting for this task');
	if (isOver(known)) return answerOnly(context, 200, 'The workflow has gone on');
	if (isTimeUp(known.paused)) return answerOnly(context, 200, 'The time of the wait is up');

	const confirmation = await known.finished.hear(
		taskId,
		askerOf(context, known),
		PAUSE_TIMING.answerWithin,
	);
	if (confirmation === 'unsure')
		return answerOnly(context, 503, 'The task could not be confirmed yet');
	// Whoever has hung up meanwhile calls again, or has done so: nobody may count on this call.
	if (context.getResponseObject().destroyed)
		return answerOnly(context, 503, 'The caller has hung up');
	known.heard.add(taskId);
	return confirmation === 'all'
		? await takeLastCallback(context, known, began)
		: answerOnly(context, 200, 'Confirmed');
}

/** Reading the credential costs n8n more than all the rest, so it is read once, and again when it fails. */
function askerOf(context: IWebhookFunctions, known: KnownRun): Asker {
	let read: ReturnType<Asker['access']> | undefined;
	return {
		sender: context,
		access: async () => {
			if (known.access) return known.access;
			read ??= readAccess(context);
			return (known.access = await read);
		},
		onProblem: (problem) => {
			context.logger.warn(`Kling Lip Sync: ${problem.message}`, {
				executionId: context.getExecutionId(),
				taskId: problem.details.taskId,
			});
			if (problem.kind !== 'credential') return;
			known.access = undefined;
			read = undefined;
		},
	};
}

/** The wait that the URL names, as this process knows it, else as n8n has read it for this call. */
function find(context: IWebhookFunctions): KnownRun | undefined {
	const marker = String((context.getQueryData() as IDataObject)[WAIT_PARAM]);
	const executionId = context.getExecutionId();
	const known = pausedRuns.get(keyOf(executionId, marker));
	if (known) return known;
	const wait = storedWait(context);
	return wait?.marker === marker ? remember(executionId, wait) : undefined;
}
