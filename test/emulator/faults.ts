import { failureAnswer, type Answer } from './answers';

/**
 * What is to go wrong. Which fields count depends on the kind: `status` and `retryAfter` (s) for `status`,
 * `ms` for `hang`, `bytes` for `truncate` …
 */
export interface Fault {
	kind: string;
	/**
	 * Any request of the API when left out; `FILE` is an opening of a file by a client, `FETCH` one by the
	 * emulator itself.
	 */
	method?: 'POST' | 'GET' | 'FILE' | 'FETCH';
	/** Requests it hits, default 1. */
	times?: number;
	/** Matching requests that pass before the first hit. */
	after?: number;
	model?: string;
	taskId?: string;
	/** Only requests whose path has this in it. */
	path?: string;
	status?: number;
	retryAfter?: number | string;
	body?: object | string;
	contentType?: string;
	code?: number;
	msg?: string;
	location?: string;
	ms?: number;
	bytes?: number;
}

const AFTER_WORK = new Set(['status-after', 'reset-after', 'hang-after']);
const KINDS = {
	API: new Set([
		'status',
		'reset',
		'hang',
		'garbage',
		'envelope',
		'body',
		'redirect',
		...AFTER_WORK,
	]),
	FILE: new Set(['status', 'reset', 'hang', 'truncate', 'redirect', 'html']),
};
const FILE_METHODS: unknown[] = ['FILE', 'FETCH'];
const HTML = '<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>';

function statusAnswer({ status = 500, retryAfter, body, contentType }: Fault): Answer {
	return {
		status,
		headers: {
			...(typeof body === 'string' ? { 'content-type': contentType ?? 'text/html' } : {}),
			...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
		},
		body: body ?? failureAnswer(status).body,
	};
}

const page = (body: object | string, contentType: string): Answer => ({
	status: 200,
	headers: { 'content-type': contentType },
	body,
});

const outcomes: Record<string, (fault: Fault) => Answer> = {
	status: statusAnswer,
	'status-after': statusAnswer,
	reset: () => ({ status: 'reset' }),
	'reset-after': () => ({ status: 'reset' }),
	hang: ({ ms }) => ({ status: 'hang', ms }),
	'hang-after': ({ ms }) => ({ status: 'hang', ms }),
	garbage: ({ body = HTML, contentType = 'text/html' }) => page(body, contentType),
	envelope: ({ code, msg }) => ({ status: 200, body: { code, msg } }),
	body: ({ body }) => ({ status: 200, body }),
	redirect: ({ location = '/', status = 302 }) => ({ status, headers: { location }, body: '' }),
	html: ({ body = HTML }) => page(body, 'text/html'),
};

interface FaultTarget {
	method: string;
	path: string;
	model?: string;
	taskId?: string;
}

/** Faults that wait for a request, first in, first out. */
export class FaultQueue {
	private readonly faults: Array<Fault & { times: number; after: number }> = [];

	/** Queues a fault. Throws for a kind that this sort of request does not know. */
	add(fault: Fault) {
		const kinds = FILE_METHODS.includes(fault.method) ? KINDS.FILE : KINDS.API;
		if (!kinds.has(fault.kind))
			throw new Error(`Unknown fault kind "${fault.kind}" for ${fault.method ?? 'the API'}`);
		this.faults.push({ ...fault, times: Number(fault.times ?? 1), after: fault.after ?? 0 });
	}

	/** Uses up one hit of the first fault that fits a request, and returns that fault. */
	take(request: FaultTarget): Fault | undefined {
		for (const fault of this.faults) {
			if (!fits(fault, request)) continue;
			if (fault.after > 0) {
				fault.after--;
				continue;
			}
			if (--fault.times <= 0) this.faults.splice(this.faults.indexOf(fault), 1);
			return fault;
		}
		return undefined;
	}

	/** Forgets all faults. */
	clear() {
		this.faults.length = 0;
	}
}

function fits(fault: Fault, { method, path, model, taskId }: FaultTarget): boolean {
	const isMethod = fault.method ? fault.method === method : !FILE_METHODS.includes(method);
	return (
		isMethod &&
		path.includes(fault.path ?? '') &&
		[
			[fault.model, model],
			[fault.taskId, taskId],
		].every(([want, is]) => want === undefined || want === is)
	);
}

/** Whether the request does its work before the fault strikes. */
export const strikesAfterWork = (fault: Fault): boolean => AFTER_WORK.has(fault.kind);

/** What a request gets that a fault struck; of any kind but `truncate`, which only the file routes can play. */
export const outcomeOf = (fault: Fault): Answer => outcomes[fault.kind](fault);
