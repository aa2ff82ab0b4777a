'use strict';

/** What a request handler of express sees of a request and a response. */
function createExchange({ method, url, headers = {}, body }) {
	const rawBody =
		body === undefined
			? undefined
			: Buffer.isBuffer(body) || typeof body === 'string'
				? Buffer.from(body)
				: Buffer.from(JSON.stringify(body));
	const { pathname, search, searchParams, host } = new URL(url);
	const req = {
		method,
		url: pathname + search,
		originalUrl: pathname + search,
		path: pathname,
		params: {},
		query: Object.fromEntries(searchParams),
		headers: { host, ...(rawBody && { 'content-type': 'application/json', 'content-length': String(rawBody.length) }) },
		rawBody,
		get: (name) => req.headers[name.toLowerCase()],
		readRawBody: async () => {},
	};
	for (const [name, value] of Object.entries(headers)) req.headers[name.toLowerCase()] = value;
	req.header = req.get;
	req.contentType = req.headers['content-type']?.split(';')[0];
	const listeners = [];
	const res = {
		statusCode: 200,
		headersSent: false,
		headers: {},
		locals: {},
		status: (code) => Object.assign(res, { statusCode: code }),
		setHeader: (name, value) => Object.assign(res, { headers: { ...res.headers, [name.toLowerCase()]: value } }),
		getHeader: (name) => res.headers[name.toLowerCase()],
		send: (content) => Object.assign(res, { body: content, headersSent: true, writableEnded: true }),
		once(event, listener) {
			if (event === 'finish') listeners.push(listener);
			return res;
		},
		on: () => res,
		/** Called once the answer is on its way. */
		finish(status) {
			res.statusCode = status;
			for (const listener of listeners.splice(0)) listener();
		},
	};
	Object.assign(res, {
		json: res.send,
		end: res.send,
		set: res.setHeader,
		header: res.setHeader,
		sendStatus: (code) => res.status(code).send(String(code)),
	});
	return { req, res };
}

/** An answer that n8n gives without asking a node. */
class HttpError extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

/** Reads a body the way n8n does before it calls webhook(): an empty one stays undefined. */
function parseBody(req) {
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

module.exports = { HttpError, createExchange, parseBody };
