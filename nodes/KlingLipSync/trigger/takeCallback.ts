import type {
	IDataObject,
	IHookFunctions,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import type { Access } from '../api/credential';
import { CREDENTIAL } from '../api/credential';
import type { Answer } from '../api/tasks';
import { readSignedQuery, SIGNATURE_PARAM } from '../task/signedCallbackUrl';
import { attempt, attemptAsync, Problem } from '../task/problem';
import { callbackTaskId, readCallback } from '../task/readTask';
import { isTerminal, kindOf } from '../task/task';
import type { Order } from '../task/itemJson';
import { taskJson } from '../task/itemJson';
import { confirmTask, isUnknown } from './confirmTask';
import type { Obstacle } from './deliveredTasks';
import { DeliveredTasks } from './deliveredTasks';
import { accessAnew, accessOf } from './triggerCredential';

/** The longest task id that is believed to be one, in characters. */
const LONGEST_ID = 200;

const delivered = new DeliveredTasks();

/**
 * Takes a callback at the trigger's URL: 200 and the workflow starts once; 200 and nothing starts
 * for what is filtered or known; 400 for what is no callback; 401 without the signature, where only
 * that is trusted; 404 for a task that the API does not know; 503 when it can't be said yet, so that
 * the vendor delivers again.
 */
export async function takeCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const body = context.getBodyData();
	const taskId = callbackTaskId(body);
	if (!taskId || taskId.length > LONGEST_ID)
		return answerOnly(context, 400, 'This is no callback of a task');

	const {
		verify = true,
		deduplicate = true,
		includeRaw = false,
	} = context.getNodeParameter('options', {}) as IDataObject;
	const place = placeOf(context, context.getMode() === 'manual');
	if (verify) {
		// Asking again would cost as much as the first time.
		const known = deduplicate && (await delivered.find(context, place, taskId));
		if (known) return answerKnown(context, known);
		if (isUnknown(place, taskId)) return answerUnknown(context);
	}

	const sender = await attemptAsync(async () => await readSender(context, place));
	if (sender instanceof Problem)
		return answerOnly(context, 503, 'The credential of the trigger could not be read');
	const { access, signed } = sender;
	if (!verify && !signed) return answerOnly(context, 401, 'The signature is missing or wrong');

	const told = attempt((): Answer => ({ task: readCallback(body), raw: body }));
	const found = verify
		? await attemptAsync(async () => await confirmTask(context, access, place, taskId))
		: told;
	if (found instanceof Problem)
		return verify ? refuse(context, found) : answerOnly(context, 400, found.message);
	const { task } = found;
	if (!isTerminal(task)) return answerOnly(context, 503, 'The task is not finished at the API');
	if (!isWanted(context, 'events', task.state) || !isWanted(context, 'models', kindOf(task))) {
		return answerOnly(context, 200, 'Filtered by the trigger');
	}
	const obstacle = deduplicate ? await delivered.take(context, place, task) : undefined;
	if (obstacle) return answerKnown(context, obstacle);
	// The query's answer may lack the length of the video.
	const videoDuration = told instanceof Problem ? undefined : told.task.videoDuration;
	const order: Order = { ...signed, ...(videoDuration !== undefined && { videoDuration }) };
	return {
		workflowData: [[{ json: taskJson({ ...found, order }, includeRaw === true) as IDataObject }]],
		webhookResponse: { message: 'Workflow started' },
	};
}

/** Lets a test that begins know nothing of those before it. */
export function forgetTests(context: IHookFunctions): void {
	delivered.forget(placeOf(context, true));
}

/** What is remembered holds for one trigger and one account; tests leave no trace in production. */
function placeOf(context: IWebhookFunctions | IHookFunctions, isTest: boolean): string {
	const { id, credentials } = context.getNode();
	const kind = isTest ? 'test' : 'production';
	return `${kind} ${context.getWorkflow().id} ${id} ${credentials?.[CREDENTIAL]?.id}`;
}

/** The trigger's key, and what of the URL is signed with it. */
async function readSender(
	context: IWebhookFunctions,
	place: string,
): Promise<{ access: Access; signed?: { reference?: string } }> {
	const query = context.getQueryData() as IDataObject;
	const read = (access: Access) => ({
		access,
		signed: readSignedQuery(query, String(context.getWorkflow().id), access.apiKey),
	});
	const sender = read(await accessOf(context, place));
	if (sender.signed || query[SIGNATURE_PARAM] === undefined) return sender;
	// The user may have changed the key.
	return read(await accessAnew(context, place));
}

function answerKnown(context: IWebhookFunctions, obstacle: Obstacle): IWebhookResponseData {
	return obstacle === 'started'
		? answerOnly(context, 200, 'Already delivered')
		: answerOnly(context, 503, 'An earlier delivery may be starting the workflow');
}

function answerUnknown(context: IWebhookFunctions): IWebhookResponseData {
	return answerOnly(context, 404, 'The API does not know this task');
}

function refuse(context: IWebhookFunctions, problem: Problem): IWebhookResponseData {
	if (problem.kind === 'unknownTask') return answerUnknown(context);
	context.logger.warn(
		`Kling Lip Sync Trigger: a callback could not be confirmed: ${problem.message}`,
	);
	return answerOnly(context, 503, 'The task could not be confirmed yet');
}

function isWanted(
	context: IWebhookFunctions,
	parameter: 'events' | 'models',
	value: string,
): boolean {
	return (context.getNodeParameter(parameter, []) as string[]).includes(value);
}
