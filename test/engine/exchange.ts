/* eslint-disable @n8n/community-nodes/require-node-api-error */
import type { Request, Response } from 'express';

/** A request to n8n, as whoever calls makes it. A body that is no text and no Buffer is sent as JSON. */
export interface Call {
	method: string;
	url: string;
	headers?: Record<string, string | string[] | undefined>;
	body?: unknown;
}

/** What the harness adds to a response, and reads of it. */
export interface Answered {
	body?: unknown;
	headersSent: boolean;
	statusCode: number;
	/** Called once the answer is on its way. */
	finish(status: number): void;
}

export interface Exchange {
	req: Request & { rawBody?: Buffer; contentType?: string };
	res: Response & Answered;
}

const bytesOf = (body: unknown): Buffer | undefined => {
	if (body === undefined) return undefined;
	if (Buffer.isBuffer(body)) return body;
	return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
};

/** What a request handler of express sees of a request and a response. */
export function createExchange({ method, url, headers = {}, body }: Call): Exchange {
	const rawBody = bytesOf(body);
	const { pathname, search, searchParams, host } = new URL(url);
	const ofBody = rawBody && {
		'content-type': 'application/json',
		'content-length': String(rawBody.length),
	};
	const received: Record<string, string | string[] | undefined> = { host, ...ofBody };
	for (const [name, value] of Object.entries(headers)) received[name.toLowerCase()] = value;
	const get = (name: string) => received[name.toLowerCase()];
	const req = {
		method,
		url: pathname + search,
		originalUrl: pathname + search,
		path: pathname,
		params: {},
		query: Object.fromEntries(searchParams),
		headers: received,
		rawBody,
		get,
		header: get,
		readRawBody: async () => {},
		contentType: String(received['content-type'] ?? '').split(';')[0] || undefined,
	};

	const listeners: Array<() => void> = [];
	const sent: Record<string, unknown> = {};
	const res = {
		statusCode: 200,
		headersSent: false,
		writableEnded: false,
		destroyed: false,
		body: undefined as unknown,
		locals: {},
		status: (code: number) => Object.assign(res, { statusCode: code }),
		setHeader(name: string, value: unknown) {
			sent[name.toLowerCase()] = value;
			return res;
		},
		getHeader: (name: string) => sent[name.toLowerCase()],
		send: (content?: unknown) =>
			Object.assign(res, { body: content, headersSent: true, writableEnded: true }),
		once(event: string, listener: () => void) {
			if (event === 'finish') listeners.push(listener);
			return res;
		},
		on: () => res,
		finish(status: number) {
			Object.assign(res, { statusCode: status, writableEnded: true });
			for (const listener of listeners.splice(0)) listener();
		},
	};
	Object.assign(res, {
		json: res.send,
		end: res.send,
		set: res.setHeader,
		header: res.setHeader,
		sendStatus: (code: number) => res.status(code).send(String(code)),
	});
	return { req, res } as unknown as Exchange;
}

/** An answer that n8n gives without asking a node. */
export class HttpError extends Error {
	constructor(
		readonly status: number,
		message?: string,
		readonly body?: object,
	) {
		super(message);
	}
}

/** Reads a body the way n8n does before it calls webhook(): an empty one stays undefined. */
export function parseBody(req: Exchange['req']): void {
	if (!req.rawBody?.length) return;
	const text = req.rawBody.toString();
	try {
		if (req.contentType === 'application/json') req.body = JSON.parse(text);
		if (req.contentType === 'text/plain') req.body = text;
		if (req.contentType === 'application/x-www-form-urlencoded')
			req.body = Object.fromEntries(new URLSearchParams(text));
	} catch {
		throw new HttpError(422, 'Failed to parse request body');
	}
}
