/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The reverse proxy that production has in front of n8n's webhook processors. */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from '../server/processes';

/** A request that came through: which processor answered what. */
export interface Passed {
	url: string;
	/** The number of the processor, from 0; none when the proxy itself has answered. */
	processor?: number;
	status: number;
	durationMs: number;
}

type Answer = Pick<Passed, 'processor' | 'status'> & {
	headers: http.IncomingHttpHeaders;
	body: Buffer;
};

const BAD_GATEWAY: Answer = { status: 502, headers: {}, body: Buffer.from('Bad Gateway') };

/** Hands requests to the processors in turn. */
export class Proxy {
	/** How many requests each processor has answered, and at the end the proxy itself. */
	readonly answered: number[];
	private readonly server: http.Server;
	private readonly timesSeen = new Map<string, number>();
	private readonly underWay: number[];
	private turn = 0;
	private isBroken = false;

	private constructor(
		private readonly ports: number[],
		private readonly onPassed: (passed: Passed) => void,
	) {
		this.underWay = ports.map(() => 0);
		this.answered = [...this.underWay, 0];
		this.server = http.createServer((request, response) => {
			void this.serve(request, response);
		});
	}

	/**
	 * @param ports those of the processors
	 * @param onPassed called with each request that has been answered
	 */
	static async start(ports: number[], onPassed: (passed: Passed) => void): Promise<Proxy> {
		const proxy = new Proxy(ports, onPassed);
		proxy.server.listen(0, HOST);
		await once(proxy.server, 'listening');
		return proxy;
	}

	get url() {
		return `http://${HOST}:${(this.server.address() as AddressInfo).port}`;
	}

	/** Whether a processor is at work on a request. */
	isWaitingFor(processor: number) {
		return (this.underWay[processor] ?? 0) > 0;
	}

	/** Answers everything with 502 itself, from the next request on and for so long. */
	async answerBadGateway(ms: number) {
		this.isBroken = true;
		await new Promise<void>((resolve) => this.server.once('request', () => resolve()));
		await sleep(ms);
		this.isBroken = false;
	}

	async close() {
		this.server.close();
		this.server.closeAllConnections();
		await once(this.server, 'close');
	}

	private async serve(request: http.IncomingMessage, response: http.ServerResponse) {
		const at = Date.now();
		const url = request.url!;
		const body = await buffer(request);
		const answer = this.isBroken ? BAD_GATEWAY : await this.pass(request, body);
		const { processor, status } = answer;
		this.answered[processor ?? this.ports.length]++;
		this.onPassed({ url, processor, status, durationMs: Date.now() - at });
		response.writeHead(status, answer.headers).end(answer.body);
	}

	/** In turn, but never the same request twice in a row to the same processor. */
	private processorFor(url: string, body: Buffer) {
		const request = `${url}\n${body.toString()}`;
		const seen = this.timesSeen.get(request);
		const first = seen ?? this.turn++;
		this.timesSeen.set(request, first + 1);
		return first % this.ports.length;
	}

	private async pass(request: http.IncomingMessage, body: Buffer): Promise<Answer> {
		const preferred = this.processorFor(request.url!, body);
		for (const offset of this.ports.keys()) {
			const processor = (preferred + offset) % this.ports.length;
			this.underWay[processor]++;
			try {
				return await this.ask(processor, request, body);
			} catch (error) {
				// As nginx does: to another one only what has not reached the first.
				if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break;
			} finally {
				this.underWay[processor]--;
			}
		}
		return BAD_GATEWAY;
	}

	private async ask(processor: number, request: http.IncomingMessage, body: Buffer) {
		const { url: path, method, headers } = request;
		const options = { host: HOST, port: this.ports[processor], path, method, headers };
		const forwarded = http.request({ ...options, agent: false });
		forwarded.end(body);
		const [answer] = (await once(forwarded, 'response')) as [http.IncomingMessage];
		// The body is sent in one piece.
		delete answer.headers['transfer-encoding'];
		const { statusCode, headers: answered } = answer;
		return { processor, status: statusCode!, headers: answered, body: await buffer(answer) };
	}
}
