import type { IDataObject } from 'n8n-workflow';

import type { Outcome } from '../task/problem';
import { attempt, Problem } from '../task/problem';
import { callbackTaskId, readTask } from '../task/readTask';
import type { Task, TaskHint } from '../task/task';
import {
	createProblem,
	excerpt,
	queryProblem,
	statusOf,
	unanswered,
	unreachable,
} from './errorMessages';
import { networkReason, wasNeverSent } from './networkErrors';
import { RETRIES, retry } from './retries';
import type { Access } from './credential';
import type { Response, Sender } from './httpRequest';
import { send } from './httpRequest';
import { TIMEOUTS } from './timeouts';

/** A task with the vendor's answer that it was read from. */
export interface Answer {
	task: Task;
	raw: unknown;
}

/** The body of a create, see the vendor's page; where to call back is added when it is sent. */
export type CreateBody = IDataObject & { model: string };

/**
 * Creates a task: sent once. Only a 429, which says that no work was begun, is repeated.
 *
 * @param callbackUrl where the vendor is to call back, if anywhere
 * @param signal ends the pauses between repetitions; never the request, whose answer holds the id
 * @returns a Problem of kind `unanswered` when a task may exist all the same
 */
export async function createTask(
	sender: Sender,
	access: Access,
	body: CreateBody,
	callbackUrl?: string,
	signal?: AbortSignal,
): Promise<Outcome<Answer>> {
	const sent = callbackUrl ? { ...body, callback_url: callbackUrl } : body;
	return await retry(async () => await createOnce(sender, access, sent), RETRIES.create, signal);
}

/**
 * Asks once for a task.
 *
 * @param timeoutMs how long to wait for the answer
 * @returns a Problem that names the task
 */
export async function queryTask(
	sender: Sender,
	access: Access,
	task: TaskHint & { taskId: string },
	signal?: AbortSignal,
	timeoutMs = TIMEOUTS.query,
): Promise<Outcome<Answer>> {
	const { taskId } = task;
	let response: Response;
	try {
		response = await send(sender, access, 'GET', {
			qs: { task_id: taskId },
			timeout: timeoutMs,
			abortSignal: signal,
		});
	} catch (error) {
		return unreachable(error, access, 'The task could not be queried', { taskId });
	}
	const status = statusOf(response);
	if (status !== 200) return queryProblem(status, response, taskId);
	return attempt(() => ({ task: readTask(response.body, task), raw: response.body }));
}

/** Asks for a task until there is an answer: what passes is repeated with growing pauses. */
export async function queryTaskPatiently(
	sender: Sender,
	access: Access,
	task: TaskHint & { taskId: string },
	signal?: AbortSignal,
): Promise<Outcome<Answer>> {
	return await retry(
		async () => await queryTask(sender, access, task, signal),
		RETRIES.query,
		signal,
	);
}

async function createOnce(
	sender: Sender,
	access: Access,
	body: CreateBody,
): Promise<Outcome<Answer>> {
	let response: Response;
	try {
		response = await send(sender, access, 'POST', { body, timeout: TIMEOUTS.create });
	} catch (error) {
		return wasNeverSent(error)
			? unreachable(error, access, 'The task was not created', {})
			: unanswered(`there was no response (${networkReason(error)})`, {});
	}
	const task = createdTask(response.body, body.model);
	if (task) return { task, raw: response.body };
	const status = statusOf(response);
	return status === 200
		? unanswered("the response can't be read", { answer: excerpt(response.body) })
		: createProblem(status, response);
}

/** Whatever else an answer says: a task that it names may be charged, and must not be lost. */
function createdTask(body: unknown, model: string): Task | undefined {
	const taskId = callbackTaskId(body);
	if (!taskId) return undefined;
	const task = attempt(() => readTask(body, { model }));
	return task instanceof Problem ? { taskId, state: 'pending', model } : task;
}
