import type {
	BinaryHelperFunctions,
	IDataObject,
	IHttpRequestMethods,
	IHttpRequestOptions,
} from 'n8n-workflow';

import { clock } from './run/clock';
import type { Outcome, ProblemDetails, ProblemKind } from './task/problem';
import { attempt, attemptAsync, Problem } from './task/problem';
import type { Task, TaskHint } from './task/task';
import { callbackTaskId, readTask } from './task/task';
import { retryAfterMs, retryPause } from './task/wait';

/** The credential type of every node of this package. */
export const CREDENTIAL = 'klingLipSyncApi';

const TASKS_PATH = '/api/v1/audio/generations';

/** ms without an answer after which a request counts as failed. */
export const TIMEOUTS = { create: 60_000, query: 20_000, download: 300_000, probe: 3_000 };

/** How often a refused create, a failed query and a broken download are tried again. */
const CREATE_REPEATS = 5;
const QUERY_REPEATS = 5;
/** The longest pause that the API may ask for before a request is repeated, in ms. */
const LONGEST_RETRY_AFTER = 120_000;

const NETWORK_REASONS: Record<string, string> = {
	ECONNABORTED: 'no answer in time',
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'connection closed',
	EAI_AGAIN: 'host name not found',
	ENOTFOUND: 'host name not found',
	EPIPE: 'connection closed',
	EPROTO: 'no secure connection',
	ERR_INVALID_URL: 'not a valid address',
	ETIMEDOUT: 'no answer in time',
};

/** The key, and where it goes. */
export interface Access {
	apiKey: string;
	baseUrl: string;
}

/** Any n8n context that can read the credential. */
interface CredentialReader {
	getCredentials<T extends object>(type: string): Promise<T>;
}

/** Any n8n context that can send requests. */
export interface Sender {
	helpers: { httpRequest(options: IHttpRequestOptions): Promise<unknown> };
}

/** A task with the vendor's answer that it was read from. */
export interface Answer {
	task: Task;
	raw: unknown;
}

type Stream = Exclude<Parameters<BinaryHelperFunctions['prepareBinaryData']>[0], Buffer>;

/** A file on its way. */
export interface OpenFile {
	stream: Stream;
	contentType: string;
}

/** The body of a create, see the vendor's page; `callback_url` is optional. */
export type CreateBody = IDataObject & { model: string; callback_url?: string };

/** What n8n's helper gives back with `returnFullResponse`. */
interface Response {
	statusCode: number;
	headers: IDataObject;
	body: unknown;
}

/** Reads the credential once; outside an execution every read costs n8n an expression engine. */
export async function readAccess(context: CredentialReader): Promise<Access> {
	const { apiKey, baseUrl } = await context.getCredentials<{ apiKey: string; baseUrl: string }>(
		CREDENTIAL,
	);
	return { apiKey: String(apiKey).trim(), baseUrl: String(baseUrl).trim().replace(/\/+$/, '') };
}

/**
 * Creates a task: sent once. Only a 429, which says that no work was begun, is repeated.
 *
 * @param signal ends the pauses between repetitions; never the request, whose answer holds the id
 * @returns a Problem of kind `unanswered` when a task may exist all the same
 */
export async function createTask(
	sender: Sender,
	access: Access,
	body: CreateBody,
	signal?: AbortSignal,
): Promise<Outcome<Answer>> {
	return await repeat(
		async () => await createOnce(sender, access, body),
		(problem) => problem.kind === 'rateLimited',
		CREATE_REPEATS,
		signal,
	);
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
		return unreachable(error, access, `Task ${taskId} could not be asked for`, { taskId });
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
	return await repeat(
		async () => await queryTask(sender, access, task, signal),
		isPassing,
		QUERY_REPEATS,
		signal,
	);
}

/** Whether asking again later may help. */
export function isPassing(problem: Problem): boolean {
	return ['rateLimited', 'unavailable', 'malformed'].includes(problem.kind);
}

/**
 * Opens a file of the vendor. The key is not sent: result files may lie on any host.
 *
 * @returns the body as a stream, and its content type; a Problem of kind `download`
 */
export async function openFile(
	sender: Sender,
	url: string,
	signal?: AbortSignal,
): Promise<Outcome<OpenFile>> {
	let response: Response;
	try {
		response = (await sender.helpers.httpRequest({
			url,
			method: 'GET',
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: TIMEOUTS.download,
			abortSignal: signal,
		})) as Response;
	} catch (error) {
		return new Problem(
			'download',
			`the server of the file does not answer (${networkReason(error)})`,
		);
	}
	const stream = response.body as Stream;
	if (response.statusCode !== 200) {
		stream.destroy();
		return new Problem(
			'download',
			`the server of the file answered HTTP ${response.statusCode}`,
			'',
			{
				httpCode: response.statusCode,
			},
		);
	}
	return {
		stream,
		contentType: String(response.headers['content-type'] ?? '')
			.split(';')[0]
			.trim(),
	};
}

/**
 * Whether something of this n8n listens for POSTs at a URL. Asked as a browser would before it sends,
 * because that is answered without running anything and leaves nothing in n8n's log.
 *
 * @returns undefined when the answer says nothing about it, or none came
 */
export async function takesPosts(sender: Sender, url: string): Promise<boolean | undefined> {
	const response = await attemptAsync(
		async () =>
			(await sender.helpers.httpRequest({
				url,
				method: 'OPTIONS' as IHttpRequestMethods,
				headers: { Origin: new URL(url).origin },
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout: TIMEOUTS.probe,
			})) as Response,
	);
	if (response instanceof Problem) return undefined;
	const methods = response.headers?.['access-control-allow-methods'];
	return typeof methods === 'string' ? methods.toUpperCase().includes('POST') : undefined;
}

async function repeat(
	request: () => Promise<Outcome<Answer>>,
	mayPass: (problem: Problem) => boolean,
	times: number,
	signal?: AbortSignal,
): Promise<Outcome<Answer>> {
	for (let attempts = 0; ; attempts++) {
		const answer = await request();
		if (!(answer instanceof Problem) || !mayPass(answer) || attempts === times) return answer;
		await clock.sleep(retryPause(attempts, answer.retryAfterMs, LONGEST_RETRY_AFTER), signal);
		if (signal?.aborted) return answer;
	}
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
			: unanswered(`no answer came (${networkReason(error)})`, {});
	}
	const task = createdTask(response.body, body.model);
	if (task) return { task, raw: response.body };
	const status = statusOf(response);
	return status === 200
		? unanswered("the answer can't be read", { answer: excerpt(response.body) })
		: createProblem(status, response);
}

/** Whatever else an answer says: a task that it names may be charged, and must not be lost. */
function createdTask(body: unknown, model: string): Task | undefined {
	const taskId = callbackTaskId(body);
	if (!taskId) return undefined;
	const task = attempt(() => readTask(body, { model }));
	return task instanceof Problem ? { taskId, state: 'pending', model } : task;
}

/**
 * Sends with the key to the base URL's host only: redirects are not followed. n8n's own
 * authenticated request would send everything that is answered 401 a second time, creates too.
 */
async function send(
	sender: Sender,
	access: Access,
	method: IHttpRequestMethods,
	options: Partial<IHttpRequestOptions>,
): Promise<Response> {
	const response = (await sender.helpers.httpRequest({
		...options,
		method,
		url: `${access.baseUrl}${TASKS_PATH}`,
		headers: { Authorization: `Bearer ${access.apiKey}`, Accept: 'application/json' },
		json: true,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
	})) as Response;
	const { statusCode, headers, body } = response;
	return { statusCode, ...withoutSecret({ headers: { ...headers }, body }, access.apiKey) };
}

/** Anything shorter may as well be a part of an ID. */
const SHORTEST_SECRET = 6;

/** A vendor that quotes the key in a message must not bring it into an item or a log. */
function withoutSecret<T>(value: T, secret: string): T {
	if (secret.length < SHORTEST_SECRET) return value;
	if (typeof value === 'string') return value.split(secret).join('***') as T;
	if (Array.isArray(value)) return value.map((entry) => withoutSecret(entry, secret)) as T;
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map((field) => withoutSecret(field, secret)),
	) as T;
}

/** The HTTP status, or the envelope's code where that says more. */
function statusOf({ statusCode, body }: Response): number {
	const code = Number((body as IDataObject | null | undefined)?.code);
	return statusCode === 200 && Number.isInteger(code) && code !== 200 ? code : statusCode;
}

function createProblem(status: number, response: Response): Problem {
	const reason = vendorReason(response.body);
	const because = reason ? `: ${reason}` : '';
	const details: ProblemDetails = { httpCode: status, ...(reason && { vendorMessage: reason }) };
	if (status >= 500) return unanswered(`the API answered with HTTP ${status}${because}`, details);
	if (status < 300) return unanswered(`the API answered with code ${status}${because}`, details);
	return (
		commonProblem(status, response, details) ??
		new Problem(
			'refused',
			status === 400
				? `The API refused the request${because}`
				: `The API answered with code ${status}${because}`,
			status === 404
				? 'Check the Base URL in the credential. Nothing was charged.'
				: "Check this item's video, session, faces and audio. Nothing was created.",
			details,
		)
	);
}

function queryProblem(status: number, response: Response, taskId: string): Problem {
	const reason = vendorReason(response.body);
	const details: ProblemDetails = {
		taskId,
		httpCode: status,
		...(reason && { vendorMessage: reason }),
	};
	if (status === 404) {
		return new Problem(
			'unknownTask',
			`Task ${taskId} is unknown to the API`,
			'Check the task ID, and that the credential belongs to the account that created the task.',
			details,
		);
	}
	const common = commonProblem(status, response, details);
	if (common)
		return new Problem(
			common.kind,
			`${common.message} (task ${taskId})`,
			common.hint,
			details,
			common.retryAfterMs,
		);
	const kind: ProblemKind = status >= 500 || status === 408 ? 'unavailable' : 'refused';
	return new Problem(
		kind,
		`The API could not answer for task ${taskId}: ${reason || `HTTP ${status}`}`,
		kind === 'unavailable'
			? 'The API has a problem at the moment. The task is not lost: ask for it later with the operation Get Task.'
			: 'Check the task ID.',
		details,
	);
}

/** Problems that mean the same whatever was asked. */
function commonProblem(
	status: number,
	response: Response,
	details: ProblemDetails,
): Problem | undefined {
	if (status === 401 || status === 403) {
		return new Problem(
			'credential',
			'The API does not accept the API key',
			"Open the credential, paste a valid API key of your account and press 'Test'.",
			details,
		);
	}
	if (status === 402) {
		return new Problem(
			'credits',
			'The account has no credits left',
			'Top up the account of this API key, then run the workflow again. Nothing was charged for this item.',
			details,
		);
	}
	if (status === 429) {
		return new Problem(
			'rateLimited',
			'The API takes no more requests at the moment (HTTP 429)',
			"Try again later, or lower the option 'Max Concurrency'. Nothing was created by this request.",
			details,
			retryAfterMs(response.headers?.['retry-after'], clock.now()),
		);
	}
	if (status >= 300 && status < 400) {
		return new Problem(
			'refused',
			`The Base URL redirects to ${String(response.headers?.location ?? 'another address').slice(0, 200)}`,
			'Enter the address that it redirects to as Base URL in the credential, if you trust it. The key is not sent along a redirect.',
			details,
		);
	}
	return undefined;
}

function unanswered(what: string, details: ProblemDetails): Problem {
	return new Problem(
		'unanswered',
		`A task may have been created and charged, but its ID is not known: ${what}`,
		"The request was not repeated, so that nothing is paid twice. Look into your account's task list before you run this item again.",
		details,
	);
}

function unreachable(
	error: unknown,
	access: Access,
	what: string,
	details: ProblemDetails,
): Problem {
	return new Problem(
		'unavailable',
		`${what}: ${access.baseUrl} does not answer (${networkReason(error)})`,
		'Check the Base URL in the credential and the network of this n8n, or try again later.',
		details,
	);
}

function vendorReason(body: unknown): string {
	if (typeof body !== 'object' || body === null) return '';
	const { msg, message } = body as IDataObject;
	const reason = msg ?? message;
	return typeof reason === 'string' ? reason.slice(0, 500) : '';
}

function codeOf(error: unknown): string {
	const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
	return String(code ?? cause?.code ?? '');
}

/** Failures before the first byte left; after any other one the API may have acted. */
function wasNeverSent(error: unknown): boolean {
	const { name, message } =
		error instanceof Error
			? { name: error.name + error.constructor.name, message: error.message }
			: { name: '', message: '' };
	return (
		/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_|CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(
			codeOf(error),
		) ||
		/^Unsupported protocol|wrong version number|handshake failure/.test(message) ||
		name.includes('SsrfBlocked')
	);
}

/** In words, and without the codes that n8n would replace a whole message for. */
function networkReason(error: unknown): string {
	const code = codeOf(error);
	return (
		NETWORK_REASONS[code] ??
		(error instanceof Error ? error.message.slice(0, 200).replace(/\bE[A-Z]{4,}\b/g, '') : code)
	);
}

function excerpt(body: unknown): string {
	return (typeof body === 'string' ? body : (JSON.stringify(body) ?? '')).slice(0, 500);
}
