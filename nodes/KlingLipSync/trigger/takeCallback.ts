import type {
	IDataObject,
	IHookFunctions,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Access, Answer } from '../api';
import { queryTask, readAccess } from '../api';
import { taskJson } from '../run/items';
import {
	isSignature,
	requireReachable,
	SIGNATURE_PARAM,
	workflowSignature,
} from '../task/callbackUrl';
import { attempt, attemptAsync, Problem } from '../task/problem';
import { callbackTaskId, isTerminal, kindOf, readCallback } from '../task/task';
import { Delivered } from './delivered';

/** The vendor hangs up after 10 s; a query that takes longer is of no use. */
const QUERY_TIMEOUT = 8_000;

const delivered = new Delivered();
const reading = new Map<string, Promise<Access>>();

/**
 * Takes a callback at the trigger's URL: 200 and the workflow starts once; 200 and nothing starts
 * for what is filtered or known; 400 for what is no callback; 401 without the signature, where only
 * that is trusted; 404 for a task that the API does not know; 503 when the API could not confirm it
 * yet, so that the vendor delivers again.
 */
export async function takeCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const body = context.getBodyData();
	const taskId = callbackTaskId(body);
	if (!taskId) return answer(context, 400, 'This is no callback of a task');

	const {
		verify = true,
		deduplicate = true,
		includeRaw = false,
	} = context.getNodeParameter('options', {}) as IDataObject;
	const place = `${context.getWorkflow().id} ${context.getNode().id}`;
	// Asking again about what was delivered would cost as much as the delivery.
	if (deduplicate && verify && delivered.has(context, place, taskId))
		return answer(context, 200, 'Already delivered');

	const access = await attemptAsync(async () => await sharedAccess(context, place));
	if (access instanceof Problem)
		return answer(context, 503, 'The credential of the trigger could not be read');
	if (!verify && !isSigned(context, access))
		return answer(context, 401, 'The signature is missing or wrong');

	const found = verify
		? await queryTask(context, access, { taskId }, undefined, QUERY_TIMEOUT)
		: attempt((): Answer => ({ task: readCallback(body), raw: body }));
	if (found instanceof Problem)
		return verify ? refuse(context, found) : answer(context, 400, found.message);
	const { task } = found;
	if (!isTerminal(task)) return answer(context, 503, 'The task is not finished at the API');
	if (!isWanted(context, 'events', task.state) || !isWanted(context, 'models', kindOf(task))) {
		return answer(context, 200, 'Filtered by the trigger');
	}
	if (deduplicate && !delivered.add(context, place, taskId))
		return answer(context, 200, 'Already delivered');
	return {
		workflowData: [[{ json: taskJson(found, includeRaw === true) }]],
		webhookResponse: { message: 'Workflow started' },
	};
}

/**
 * Refuses to listen at a URL that the vendor could not reach.
 *
 * @throws NodeOperationError naming n8n's setting
 */
export async function requirePublicUrl(context: IHookFunctions): Promise<void> {
	const { baseUrl } = await readAccess(context);
	const url = context.getNodeWebhookUrl('default') ?? '';
	const problem = attempt(() => requireReachable(url, baseUrl, 'The URL of this trigger'));
	if (problem instanceof Problem) {
		throw new NodeOperationError(context.getNode(), problem.message, { description: problem.hint });
	}
}

/** Callbacks that come together share one read of the credential; nothing is kept afterwards. */
async function sharedAccess(context: IWebhookFunctions, place: string): Promise<Access> {
	let access = reading.get(place);
	if (!access) {
		access = readAccess(context).finally(() => reading.delete(place));
		reading.set(place, access);
	}
	return await access;
}

function refuse(context: IWebhookFunctions, problem: Problem): IWebhookResponseData {
	if (problem.kind === 'unknownTask')
		return answer(context, 404, 'The API does not know this task');
	context.logger.warn(
		`Kling Lip Sync Trigger: a callback could not be confirmed: ${problem.message}`,
	);
	return answer(context, 503, 'The task could not be confirmed yet');
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

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message });
	return { noWebhookResponse: true };
}
