import type { IDataObject } from 'n8n-workflow';

import { clock } from '../clock';
import type { ProblemDetails, ProblemKind } from '../task/problem';
import { Problem } from '../task/problem';
import { mayPass, networkReason } from './networkErrors';
import { retryAfterMs } from './retries';
import type { Access } from './credential';
import type { Response } from './httpRequest';

/** The HTTP status, or the envelope's code where that says more. */
export function statusOf({ statusCode, body }: Response): number {
	const code = Number((body as IDataObject | null | undefined)?.code);
	return statusCode === 200 && Number.isInteger(code) && code !== 200 ? code : statusCode;
}

/** What an answer means that refuses a create, or leaves open whether a task was created. */
export function createProblem(status: number, response: Response): Problem {
	const reason = vendorReason(response.body);
	const because = reason ? `: ${reason}` : '';
	const details: ProblemDetails = { httpCode: status, ...(reason && { vendorMessage: reason }) };
	if (status >= 500) return unanswered(`the API responded with HTTP ${status}${because}`, details);
	if (status < 300) return unanswered(`the API responded with code ${status}${because}`, details);
	return (
		commonProblem(status, response, details) ??
		new Problem(
			'refused',
			status === 400
				? `The API refused the request${because}`
				: `The API responded with code ${status}${because}`,
			status === 404
				? 'Check the Base URL in the credential. Nothing was charged.'
				: "Check this item's video, session, faces and audio. Nothing was created.",
			details,
		)
	);
}

/** What an answer to a query means that shows no task. */
export function queryProblem(status: number, response: Response, taskId: string): Problem {
	const reason = vendorReason(response.body);
	const details: ProblemDetails = {
		taskId,
		httpCode: status,
		...(reason && { vendorMessage: reason }),
	};
	if (status === 404) {
		return new Problem(
			'unknownTask',
			`The API does not know task ${taskId}`,
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
	const kind: ProblemKind = mayPass(status) ? 'unavailable' : 'refused';
	return new Problem(
		kind,
		`The task could not be queried: ${reason || `HTTP ${status}`} (task ${taskId})`,
		kind === 'unavailable'
			? 'The API has a problem at the moment. The task is not lost: retrieve it later with Get Task.'
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
			'Open the credential, paste a valid API key of your account and save it.',
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
			'The API is receiving too many requests (HTTP 429)',
			"Try again later, or lower the option 'Max Concurrency'. Nothing was created.",
			details,
			retryAfterMs(response.headers['retry-after'], clock.now()),
		);
	}
	if (status >= 300 && status < 400) {
		return new Problem(
			'refused',
			`The Base URL redirects to ${String(response.headers.location ?? 'another address').slice(0, 200)}`,
			'If you trust that address, enter it as the Base URL in the credential. The key is not sent along a redirect.',
			details,
		);
	}
	return undefined;
}

/** A create after which a task may exist. */
export function unanswered(what: string, details: ProblemDetails): Problem {
	return new Problem(
		'unanswered',
		`A task may have been created and charged, but its ID is unknown: ${what}`,
		"The request was not repeated, so that you don't pay twice. Check your account before you run this item again.",
		details,
	);
}

/** A request that did not reach the API. */
export function unreachable(
	error: unknown,
	access: Access,
	what: string,
	details: ProblemDetails,
): Problem {
	const of = details.taskId ? ` (task ${details.taskId})` : '';
	return new Problem(
		'unavailable',
		`${what}: ${access.baseUrl} does not respond (${networkReason(error)})${of}`,
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

/** The beginning of an answer that can't be read, for the details of its problem. */
export function excerpt(body: unknown): string {
	return (typeof body === 'string' ? body : (JSON.stringify(body) ?? '')).slice(0, 500);
}
