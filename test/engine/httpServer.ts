/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { once } from 'node:events';
import type { IncomingHttpHeaders, Server } from 'node:http';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import express from 'express';

/** A request as n8n's first middleware leaves it. */
export type N8nRequest = Request & { rawBody?: Buffer; contentType?: string };

/** Answers a request. */
export type Handler = (req: N8nRequest, res: Response) => Promise<void>;

/** A request to n8n, as whoever calls makes it. A body that is no text and no Buffer is sent as JSON. */
export interface Call {
	method: string;
	url: string;
	headers?: IncomingHttpHeaders;
	body?: unknown;
	/** Lets the caller hang up. */
	signal?: AbortSignal;
}

/** What a caller gets. */
export interface Received {
	status: number;
	body: unknown;
}

const bytesOf = (body: unknown): Buffer | undefined => {
	if (body === undefined || Buffer.isBuffer(body)) return body;
	return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
};

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of stream) chunks.push(chunk);
	return Buffer.concat(chunks);
}

function contentOf(bytes: Buffer): unknown {
	if (!bytes.length) return undefined;
	const text = bytes.toString();
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

const readBody: RequestHandler = (req: N8nRequest, _, next) => {
	req.contentType = req.headers['content-type']?.split(';')[0];
	readAll(req).then((bytes) => {
		req.rawBody = bytes;
		next();
	}, next);
};

/**
 * The HTTP server in front of an n8n. Requests and responses are real ones, so that a node sees what it sees on a
 * server when its caller hangs up.
 */
export class HttpServer {
	private server?: Promise<Server>;

	private readonly expected = new Map<number, Handler>();

	/** @param route answers what comes from outside */
	constructor(private readonly route: Handler) {}

	/** Where it listens, without a slash at the end. */
	async url(): Promise<string> {
		this.server ??= this.listen();
		return `http://127.0.0.1:${((await this.server).address() as AddressInfo).port}`;
	}

	private async listen(): Promise<Server> {
		const app = express();
		app.disable('x-powered-by');
		app.use(readBody, (req: N8nRequest, res) => {
			const handler = this.expected.get(req.socket.remotePort!) ?? this.route;
			return handler(req, res);
		});
		const server = http.createServer(app).listen(0, '127.0.0.1');
		await once(server, 'listening');
		return server;
	}

	/**
	 * Sends a request whose answer is `handler`'s, wherever its URL leads to.
	 *
	 * @returns what the caller gets; rejects when he hangs up, or the server does
	 */
	async call({ method, url, headers, body, signal }: Call, handler: Handler): Promise<Received> {
		const { pathname, search, host } = new URL(url);
		const content = bytesOf(body);
		const request = http.request(await this.url(), {
			method,
			path: pathname + search,
			signal,
			agent: false,
			headers: {
				host,
				...(content && { 'content-type': 'application/json', 'content-length': content.length }),
				...headers,
			},
		});
		const [socket] = (await once(request, 'socket')) as [Socket];
		if (socket.connecting) await once(socket, 'connect');
		const port = socket.localPort!;
		this.expected.set(port, handler);
		try {
			request.end(content);
			const [response] = (await once(request, 'response')) as [http.IncomingMessage];
			return { status: response.statusCode!, body: contentOf(await readAll(response)) };
		} finally {
			this.expected.delete(port);
		}
	}

	async close(): Promise<void> {
		const server = await this.server;
		if (!server) return;
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
}
