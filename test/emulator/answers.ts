/* eslint-disable @n8n/community-nodes/no-restricted-imports */

import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import type { Lifetime } from './lifetime';

/**
 * What a request gets: an HTTP answer, or none. `reset` closes the connection without a word, `hang` leaves the
 * client waiting, with `ms` only for so long before the connection is closed.
 */
export type Answer =
	| { status: number; headers?: Record<string, string>; body?: object | string }
	| { status: 'reset' }
	| { status: 'hang'; ms?: number };

const documented: Record<number, string> = {
	400: 'missing or invalid parameters',
	401: 'invalid API key',
	402: 'insufficient credits',
	404: 'task not found',
	500: 'internal error',
};

/** The envelope of an answer that says yes, around its `data`. */
export function successAnswer(data: object) {
	return { status: 200, body: { code: 200, msg: 'success', data } };
}

/** The envelope of an answer that says no, with the usual text of its status where `msg` is left out. */
export function failureAnswer(
	status: number,
	msg = documented[status] ?? (STATUS_CODES[status] ?? 'error').toLowerCase(),
) {
	return { status, body: { code: status, msg } };
}

/** Puts an answer on the wire, or withholds it. */
export function send(res: Response, answer: Answer, lifetime: Lifetime) {
	if (answer.status === 'reset') {
		res.destroy();
	} else if (answer.status === 'hang') {
		if (answer.ms !== undefined) lifetime.after(answer.ms, () => res.destroy());
	} else {
		const { body } = answer;
		const payload = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
		res.writeHead(answer.status, {
			'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
			'content-length': Buffer.byteLength(payload),
			...answer.headers,
		});
		res.end(payload);
	}
}
