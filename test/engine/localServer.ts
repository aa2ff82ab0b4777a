/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { RequestListener } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of the test's own, on 127.0.0.1. */
export interface LocalServer {
	url: string;
	port: number;
	close(): Promise<void>;
}

/** Starts a server that answers as `handler` does. */
export async function startServer(handler: RequestListener): Promise<LocalServer> {
	const server = http.createServer(handler);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		port,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
