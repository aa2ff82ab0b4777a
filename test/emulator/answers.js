'use strict';

const { STATUS_CODES } = require('node:http');

const documented = {
	400: 'missing or invalid parameters',
	401: 'invalid API key',
	402: 'insufficient credits',
	404: 'task not found',
	500: 'internal error',
};

/**
 * @param {object} data
 * @returns {{ status: 200, body: { code: 200, msg: string, data: object } }}
 */
function successAnswer(data) {
	return { status: 200, body: { code: 200, msg: 'success', data } };
}

/**
 * @param {number} status
 * @param {string} [msg] the usual text of that status when left out
 * @returns {{ status: number, body: { code: number, msg: string } }}
 */
function failureAnswer(
	status,
	msg = documented[status] ?? (STATUS_CODES[status] ?? 'error').toLowerCase(),
) {
	return { status, body: { code: status, msg } };
}

/**
 * Puts an answer on the wire, or withholds it: `reset` closes the connection without a word, `hang` leaves
 * the client waiting, with `ms` only for so long before the connection is closed.
 *
 * @param {import('express').Response} res
 * @param {{ status: number | 'reset' | 'hang', headers?: object, body?: object | string, ms?: number }} answer
 * @param {import('./lifetime').Lifetime} lifetime
 */
function send(res, answer, lifetime) {
	if (answer.status === 'reset') {
		res.destroy();
	} else if (answer.status === 'hang') {
		if (answer.ms !== undefined) lifetime.after(answer.ms, () => res.destroy());
	} else {
		const isText = typeof answer.body === 'string';
		const payload = isText ? answer.body : JSON.stringify(answer.body);
		res.writeHead(answer.status, {
			'content-type': isText ? 'text/plain' : 'application/json',
			'content-length': Buffer.byteLength(payload),
			...answer.headers,
		});
		res.end(payload);
	}
}

module.exports = { successAnswer, failureAnswer, send };
