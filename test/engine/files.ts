/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { IBinaryData } from 'n8n-workflow';
import type { Host } from './host';
import { core } from './n8n';
import type { Item } from './run';
import type { Waiting } from './waiting';

/** The files of an engine, and the two doors of n8n that a vendor uses. */
export function createFiles({ binary, state }: Host, { deliver }: Waiting) {
	let server: Server | undefined;

	async function serve(base: string, req: IncomingMessage, res: ServerResponse) {
		const url = new URL(req.url!, base);
		if (url.pathname === '/rest/binary-data/signed') {
			const id = binary.validateSignedToken(url.searchParams.get('token')!);
			const { fileName, mimeType, fileSize } = await binary.getMetadata(id);
			res.setHeader('Content-Length', fileSize);
			if (mimeType) res.setHeader('Content-Type', mimeType);
			const name = fileName && `; filename="${encodeURIComponent(fileName)}"`;
			res.setHeader('Content-Disposition', `attachment${name ?? ''}`);
			if (req.method === 'HEAD') return res.end();
			return (await binary.getAsStream(id)).pipe(res);
		}
		const chunks: Buffer[] = [];
		for await (const chunk of req) chunks.push(chunk as Buffer);
		const answer = await deliver(url.href, {
			method: req.method,
			headers: req.headers,
			body: chunks.length ? Buffer.concat(chunks) : undefined,
			settle: false,
		});
		return res
			.writeHead(answer.status, { 'Content-Type': 'application/json' })
			.end(JSON.stringify(answer.body));
	}

	return {
		/** The content of an item's file. */
		binary: async (item: Pick<Item, 'binary'>, name = 'data'): Promise<Buffer> =>
			await binary.getAsBuffer(item.binary[name]),

		/** A file as an earlier node would have left it in an item. */
		storeBinary: async (
			content: string | Buffer,
			{
				fileName = 'file.bin',
				mimeType = 'application/octet-stream',
			}: { fileName?: string; mimeType?: string } = {},
		): Promise<IBinaryData> =>
			await binary.store(
				core.FileLocation.ofExecution('workflow-0', 'execution-0'),
				Buffer.from(content as string),
				{ data: '', fileName, fileExtension: path.extname(fileName).slice(1), mimeType },
			),

		/**
		 * Opens the two doors of n8n that a vendor uses: signed files and waiting executions. From then on the URLs that
		 * nodes hand out lead here. Returns the base URL.
		 */
		serveBinary: async (): Promise<string> => {
			let base = '';
			server = http.createServer((req, res) => {
				serve(base, req, res).catch((error: Error) =>
					res.writeHead(error instanceof core.FileNotFoundError ? 404 : 400).end(error.message),
				);
			});
			await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
			base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
			Object.assign(state, {
				restApiUrl: `${base}/rest`,
				webhookWaitingBaseUrl: `${base}/webhook-waiting`,
				webhookBaseUrl: `${base}/webhook`,
			});
			return base;
		},

		closeDoors: async (): Promise<void> => {
			server?.closeAllConnections();
			await new Promise<void>((resolve) => {
				if (server) server.close(() => resolve());
				else resolve();
			});
		},
	};
}
