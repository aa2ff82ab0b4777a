'use strict';

const { failureAnswer } = require('./answers');

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
const HTML = '<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>';

const html = (status, body) => ({ status, headers: { 'content-type': 'text/html' }, body });

function statusAnswer({ status, retryAfter, body, contentType }) {
	const answer = failureAnswer(status);
	if (body !== undefined) answer.body = body;
	if (typeof body === 'string') answer.headers = { 'content-type': contentType ?? 'text/html' };
	if (retryAfter !== undefined)
		answer.headers = { ...answer.headers, 'retry-after': String(retryAfter) };
	return answer;
}

const outcomes = {
	status: statusAnswer,
	'status-after': statusAnswer,
	reset: () => ({ status: 'reset' }),
	'reset-after': () => ({ status: 'reset' }),
	hang: ({ ms }) => ({ status: 'hang', ms }),
	'hang-after': ({ ms }) => ({ status: 'hang', ms }),
	garbage: ({ body = HTML, contentType = 'text/html' }) => ({
		status: 200,
		headers: { 'content-type': contentType },
		body,
	}),
	envelope: ({ code, msg }) => ({ status: 200, body: { code, msg } }),
	body: ({ body }) => ({ status: 200, body }),
	redirect: ({ location, status = 302 }) => ({ status, headers: { location }, body: '' }),
	html: ({ body = HTML }) => html(200, body),
};

/** Faults that wait for a request, first in, first out. */
class FaultQueue {
	constructor() {
		this.faults = [];
	}

	/**
	 * @param {object} fault
	 * @param {string} fault.kind
	 * @param {'POST' | 'GET' | 'FILE'} [fault.method] any request of the API when left out
	 * @param {number} [fault.times] requests it hits, default 1
	 * @param {number} [fault.after] matching requests that pass before the first hit
	 * @param {string} [fault.model]
	 * @param {string} [fault.taskId]
	 */
	add(fault) {
		const kinds = fault.method === 'FILE' ? KINDS.FILE : KINDS.API;
		if (!kinds.has(fault.kind))
			throw new Error(`Unknown fault kind "${fault.kind}" for ${fault.method ?? 'the API'}`);
		this.faults.push({ ...fault, times: Number(fault.times ?? 1), after: fault.after ?? 0 });
	}

	/**
	 * Uses up one hit of the first fault that fits.
	 *
	 * @param {{ method: string, model?: string, taskId?: string }} request
	 * @returns {object | undefined} the fault
	 */
	take(request) {
		for (const fault of this.faults) {
			if (!this.fits(fault, request)) continue;
			if (fault.after > 0) {
				fault.after--;
				continue;
			}
			if (--fault.times <= 0) this.faults.splice(this.faults.indexOf(fault), 1);
			return fault;
		}
		return undefined;
	}

	fits(fault, { method, model, taskId }) {
		const isMethod = fault.method ? fault.method === method : method !== 'FILE';
		return (
			isMethod &&
			[
				[fault.model, model],
				[fault.taskId, taskId],
			].every(([want, is]) => want === undefined || want === is)
		);
	}

	/** Forgets all faults. */
	clear() {
		this.faults.length = 0;
	}
}

/**
 * @param {object} fault
 * @returns {boolean} whether the request does its work before the fault strikes
 */
const strikesAfterWork = (fault) => AFTER_WORK.has(fault.kind);

/**
 * @param {object} fault any kind but `truncate`, which only the file routes can play
 * @returns {{ status: number | 'reset' | 'hang', headers?: object, body?: *, ms?: number }}
 */
const outcomeOf = (fault) => outcomes[fault.kind](fault);

module.exports = { FaultQueue, strikesAfterWork, outcomeOf };
