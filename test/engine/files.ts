/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import path from 'node:path';
import type { Response } from 'express';
import type * as Core from 'n8n-core';
import type { IBinaryData } from 'n8n-workflow';
import type { N8nRequest } from './httpServer';
import { core } from './n8n';
import type { Item } from './run';

/** The files of an engine. */
export function createFiles(binary: Core.BinaryDataService) {
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
	};
}

/** Answers a request for a file whose URL is signed. */
export async function sendSigned(
	binary: Core.BinaryDataService,
	req: N8nRequest,
	res: Response,
): Promise<void> {
	try {
		const id = binary.validateSignedToken(String(req.query.token));
		const { fileName, mimeType, fileSize } = await binary.getMetadata(id);
		res.setHeader('Content-Length', fileSize);
		if (mimeType) res.setHeader('Content-Type', mimeType);
		const name = fileName && `; filename="${encodeURIComponent(fileName)}"`;
		res.setHeader('Content-Disposition', `attachment${name ?? ''}`);
		if (req.method === 'HEAD') res.end();
		else (await binary.getAsStream(id)).pipe(res);
	} catch (error) {
		const status = error instanceof core.FileNotFoundError ? 404 : 400;
		res.status(status).send((error as Error).message);
	}
}
