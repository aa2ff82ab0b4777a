import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { answerOnly } from '../api/callbackAnswer';
import type { Access } from '../api/send';
import { CREDENTIAL, readAccess } from '../api/send';
import type { Answer } from '../api/tasks';
import { queryTask } from '../api/tasks';
import { isSignature, SIGNATURE_PARAM, workflowSignature } from '../task/callbackUrl';
import type { Outcome } from '../task/problem';
import { attempt, attemptAsync, Problem } from '../task/problem';
import { callbackTaskId, readCallback } from '../task/readTask';
import { isTerminal, kindOf } from '../task/task';
import { taskJson } from '../task/taskRecord';
import { DeliveredTasks } from './deliveredTasks';

/** The vendor hangs up after 10 s; a query that takes longer is of no use. */
const QUERY_TIMEOUT = 8_000;
/** How long the credential is kept after it was read, in ms. */
const KEEP_ACCESS = 60_000;

const delivered = new DeliveredTasks();
const accesses = new Map<string, { access: Promise<Access>; until: number }>();

/**
 * Takes a callback at the trigger's URL: 200 and the workflow starts once; 200 and nothing starts
 * for what is filtered or known; 400 for what is no callback; 401 without the signature, where only
 * that is trusted; 404 for a task that the API does not know; 503 when the API could not confirm it
 * yet, so that the vendor delivers again.
 */
export async function takeCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const body = context.getBodyData();
	const taskId = callbackTaskId(body);
	if (!taskId) return answerOnly(context, 400, 'This is no callback of a task');

	const {
		verify = true,
		deduplicate = true,
		includeRaw = false,
	} = context.getNodeParameter('options', {}) as IDataObject;
	const { id: nodeId, credentials } = context.getNode();
	const place = `${context.getWorkflow().id} ${nodeId} ${credentials?.[CREDENTIAL]?.id}`;
	// Asking again about what was delivered would cost as much as the delivery.
	if (deduplicate && verify && delivered.has(context, place, taskId))
		return answerOnly(context, 200, 'Already delivered');

	const access = await attemptAsync(async () => await sharedAccess(context, place));
	if (access instanceof Problem)
		return answerOnly(context, 503, 'The credential of the trigger could not be read');
	if (!verify && !isSigned(context, access))
		return answerOnly(context, 401, 'The signature is missing or wrong');

	const found = verify
		? await attemptAsync(async () => await confirm(context, access, place, taskId))
		: attempt((): Answer => ({ task: readCallback(body), raw: body }));
	if (found instanceof Problem)
		return verify ? refuse(context, found) : answerOnly(context, 400, found.message);
	const { task } = found;
	if (!isTerminal(task)) return answerOnly(context, 503, 'The task is not finished at the API');
	if (!isWanted(context, 'events', task.state) || !isWanted(context, 'models', kindOf(task))) {
		return answerOnly(context, 200, 'Filtered by the trigger');
	}
	if (deduplicate && !delivered.add(context, place, taskId))
		return answerOnly(context, 200, 'Already delivered');
	return {
		workflowData: [[{ json: taskJson(found, includeRaw === true) as IDataObject }]],
		webhookResponse: { message: 'Workflow started' },
	};
}

/**
 * Reading the credential costs n8n more than all the rest of a callback, and callbacks come in
 * bursts: what was read serves for a minute.
 */
async function sharedAccess(context: IWebhookFunctions, place: string): Promise<Access> {
	const known = accesses.get(place);
	if (known && Date.now() < known.until) return await known.access;
	const access = readAccess(context);
	accesses.set(place, { access, until: Date.now() + KEEP_ACCESS });
	access.catch(() => accesses.delete(place));
	return await access;
}

/** Asks the API; a key that is not accepted any more is read anew, for the user may have changed it. */
async function confirm(
	context: IWebhookFunctions,
	access: Access,
	place: string,
	taskId: string,
): Promise<Outcome<Answer>> {
	const answered = await queryTask(context, access, { taskId }, undefined, QUERY_TIMEOUT);
	if (!(answered instanceof Problem) || answered.kind !== 'credential') return answered;
	accesses.delete(place);
	const fresh = await sharedAccess(context, place);
	if (fresh.apiKey === access.apiKey && fresh.baseUrl === access.baseUrl) return answered;
	return await queryTask(context, fresh, { taskId }, undefined, QUERY_TIMEOUT);
}

function refuse(context: IWebhookFunctions, problem: Problem): IWebhookResponseData {
	if (problem.kind === 'unknownTask')
		return answerOnly(context, 404, 'The API does not know this task');
	context.logger.warn(
		`Kling Lip Sync Trigger: a callback could not be confirmed: ${problem.message}`,
	);
	return answerOnly(context, 503, 'The task could not be confirmed yet');
}

function isSigned(context: IWebhookFunctions, { apiKey }: Access): boolean {
	const given = (context.getQueryData() as IDataObject)[SIGNATURE_PARAM];
	return isSignature(given, workflowSignature(String(context.getWorkflow().id), apiKey));
}

function isWanted(
	context: IWebhookFunctions,
	parameter: 'events' | 'models',
	value: string,
): boolean {
	return (context.getNodeParameter(parameter, []) as string[]).includes(value);
}
