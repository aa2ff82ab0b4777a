/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */

import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { failureAnswer, send, type Answer } from './answers';
import { bigVideo } from './bigvideo';
import { outcomeOf, type FaultQueue } from './faults';
import type { Lifetime } from './lifetime';
import type { FileEntry } from './requests';
import type { EmulatorSettings } from './settings';

/** A file that can be served; `size` in bytes. */
interface ServedFile {
	type: string;
	size: number;
	open: () => Readable | Iterable<Buffer>;
}

const FACE_PICTURES = 4;
const types: Record<string, string> = {
	'.mp4': 'video/mp4',
	'.mp3': 'audio/mpeg',
	'.png': 'image/png',
};

function fixture(name: string): ServedFile {
	const file = path.join(__dirname, 'files', name);
	return {
		type: types[path.extname(name)],
		size: fs.statSync(file).size,
		open: () => fs.createReadStream(file),
	};
}

function locate(
	pathname: string,
	settings: EmulatorSettings,
): { taskId?: string; file?: ServedFile } {
	const [, taskId, picture] =
		/^\/files\/result\/([^/]+)\.mp4$/.exec(pathname) ??
		/^\/files\/face\/([^/]+)\/([1-9]\d*)\.png$/.exec(pathname) ??
		[];
	if (picture)
		return { taskId, file: fixture(`face-${((Number(picture) - 1) % FACE_PICTURES) + 1}.png`) };
	if (taskId && settings.resultBytes !== null) {
		const size = settings.resultBytes;
		return { taskId, file: { type: types['.mp4'], size, open: () => bigVideo(size) } };
	}
	if (taskId) return { taskId, file: fixture('result.mp4') };
	const sample = /^\/files\/sample\/(video\.mp4|voice\.mp3)$/.exec(pathname)?.[1];
	return { file: sample ? fixture(sample) : undefined };
}

async function* firstBytes(source: AsyncIterable<Buffer> | Iterable<Buffer>, count: number) {
	let left = count;
	for await (const chunk of source) {
		if (left <= 0) return;
		yield chunk.length > left ? chunk.subarray(0, left) : chunk;
		left -= chunk.length;
	}
}

async function serve(req: Request, res: Response, file: ServedFile, cutAt?: number) {
	res.writeHead(200, { 'content-type': file.type, 'content-length': file.size });
	if (req.method === 'HEAD') return void res.end();
	const isWhole = cutAt === undefined;
	try {
		await pipeline(firstBytes(file.open(), cutAt ?? file.size), res, { end: isWhole });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
		return; // A client may go away whenever it likes.
	}
	// Unlike destroy(), this lets the bytes written so far arrive.
	if (!isWhole) res.socket?.destroySoon();
}

/**
 * Makes the handler of everything under `/files/`. No key is asked for, as with the links that the real
 * service hands out, and any task id will do: the files may be those of another emulator's tasks.
 * `files` is the log, with whose entries `onRequest` is called.
 */
export function createFileHandler({
	settings,
	lifetime,
	faults,
	files,
	onRequest,
}: {
	settings: EmulatorSettings;
	lifetime: Lifetime;
	faults: FaultQueue;
	files: FileEntry[];
	onRequest: (entry: FileEntry) => void;
}) {
	return async (...[req, res]: Parameters<RequestHandler>): Promise<void> => {
		const { taskId, file } = locate(req.path, settings);
		const fault = faults.take({ method: 'FILE', taskId });
		const isCut = fault?.kind === 'truncate';
		let answer: Answer | null = null;
		if (fault && !isCut) answer = outcomeOf(fault);
		else if (!['GET', 'HEAD'].includes(req.method)) answer = failureAnswer(405);
		else if (!file) answer = failureAnswer(404, 'file not found');

		const entry: FileEntry = {
			at: Date.now(),
			method: req.method,
			path: req.path,
			headers: { ...req.headers },
			status: answer?.status ?? 200,
		};
		if (fault) entry.fault = fault.kind;
		files.push(entry);
		onRequest(entry);
		if (answer) send(res, answer, lifetime);
		else if (file)
			await serve(req, res, file, isCut ? (fault.bytes ?? Math.floor(file.size / 2)) : undefined);
	};
}
