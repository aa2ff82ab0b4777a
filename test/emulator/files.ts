/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */

import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { failureAnswer, send, type Answer } from './answers';
import { outcomeOf, type Fault, type FaultQueue } from './faults';
import type { Lifetime } from './lifetime';
import { SERVICE_AGENT } from './media';
import type { FileEntry } from './requests';
import { findFile, PAGE, type ServedFile } from './samples';
import type { EmulatorSettings } from './settings';

const STEPS_PER_SECOND = 10;

/** Bytes of a file, the end not among them. */
interface Span {
	start: number;
	end: number;
}

/** The bytes that a request asks for: null for all, undefined where there are no such bytes. */
function askedSpan(header: string | undefined, size: number): Span | null | undefined {
	const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
	if (first === '' && last === '') return null;
	const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
	const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
	return start < end ? { start, end } : undefined;
}

/**
 * How a file is served when its URL says so: `status=404`, `redirects=2` (hops), `page` (a page in its place),
 * `type=text/plain`, `ranges=no`, `cut=1000` (the file ends there), `delayMs=500`, `bytesPerSecond=50000`.
 */
function mannerOf(query: URLSearchParams) {
	const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
	return {
		status: number('status'),
		redirects: number('redirects') ?? 0,
		isPage: query.has('page'),
		type: query.get('type') ?? undefined,
		hasRanges: query.get('ranges') !== 'no',
		cut: number('cut'),
		delayMs: number('delayMs') ?? 0,
		bytesPerSecond: number('bytesPerSecond'),
	};
}

type Manner = ReturnType<typeof mannerOf>;

const sizeOf = (file: ServedFile, { cut = Infinity }: Manner) => Math.min(file.size, cut);

const spanOf = (req: Request, manner: Manner, file: ServedFile) =>
	manner.hasRanges ? askedSpan(req.headers.range, sizeOf(file, manner)) : null;

function nextHop(req: Request, query: URLSearchParams, { redirects }: Manner): Answer {
	const next = new URLSearchParams(query);
	next.set('redirects', String(redirects - 1));
	return { status: 302, headers: { location: `${req.path}?${next}` }, body: '' };
}

/** The answer that takes the place of a file, where there is one. */
function answerInstead(
	req: Request,
	query: URLSearchParams,
	manner: Manner,
	file: ServedFile | undefined,
	span: Span | null | undefined,
): Answer | null {
	if (!['GET', 'HEAD'].includes(req.method)) return failureAnswer(405);
	if (manner.redirects > 0) return nextHop(req, query, manner);
	if (manner.status !== undefined) return failureAnswer(manner.status);
	if (manner.isPage) return { status: 200, headers: { 'content-type': 'text/html' }, body: PAGE };
	if (!file) return failureAnswer(404, 'file not found');
	if (req.headers['if-none-match'] === file.etag) {
		return { status: 304, headers: { etag: file.etag }, body: '' };
	}
	return span === undefined ? failureAnswer(416) : null;
}

/** Serves everything under `/files/`. */
export class FileServer {
	private readonly settings: EmulatorSettings;

	private readonly lifetime: Lifetime;

	private readonly faults: FaultQueue;

	private readonly onRequest: (entry: FileEntry) => void;

	/**
	 * `onRequest` is called with each opening, as soon as its status is known. Those by emulators are not told:
	 * they tell them themselves.
	 */
	constructor(parts: {
		settings: EmulatorSettings;
		lifetime: Lifetime;
		faults: FaultQueue;
		onRequest: (entry: FileEntry) => void;
	}) {
		this.settings = parts.settings;
		this.lifetime = parts.lifetime;
		this.faults = parts.faults;
		this.onRequest = parts.onRequest;
	}

	/** Answers a request. No key is asked for, as with the links that the real service hands out. */
	async answer(req: Request, res: Response): Promise<void> {
		const query = new URL(req.url, 'http://localhost').searchParams;
		const manner = mannerOf(query);
		const { taskId, file } = findFile(req.path, query, this.settings);
		const isByService = req.headers['user-agent'] === SERVICE_AGENT;
		const method = isByService ? 'FETCH' : 'FILE';
		const fault = this.faults.take({ method, path: req.path, taskId });
		const struck = fault && fault.kind !== 'truncate' ? outcomeOf(fault) : null;
		const span = file && spanOf(req, manner, file);
		const answer = struck ?? answerInstead(req, query, manner, file, span);

		const entry: FileEntry = {
			at: Date.now(),
			method: req.method,
			path: req.path,
			query: Object.fromEntries(query),
			headers: { ...req.headers },
			status: answer?.status ?? (span ? 206 : 200),
			bytes: 0,
			...(fault ? { fault: fault.kind } : {}),
		};
		if (!isByService) this.onRequest(entry);
		if (manner.delayMs > 0) await this.lifetime.sleep(manner.delayMs);
		if (answer || !file) send(res, answer ?? failureAnswer(404), this.lifetime);
		else await this.serve(res, { req, file, span: span ?? null, manner, fault, entry });
	}

	private async serve(
		res: Response,
		{
			req,
			file,
			span,
			manner,
			fault,
			entry,
		}: {
			req: Request;
			file: ServedFile;
			span: Span | null;
			manner: Manner;
			fault: Fault | undefined;
			entry: FileEntry;
		},
	) {
		const size = sizeOf(file, manner);
		const { start, end } = span ?? { start: 0, end: size };
		res.writeHead(span ? 206 : 200, {
			'content-type': manner.type ?? file.type,
			'content-length': end - start,
			etag: file.etag,
			...(manner.hasRanges ? { 'accept-ranges': 'bytes' } : {}),
			...(span ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
		});
		if (req.method === 'HEAD') return void res.end();
		const brokenOffAt = fault && start + (fault.bytes ?? Math.floor((end - start) / 2));
		const until = Math.min(end, brokenOffAt ?? end);
		const isWhole = until === end;
		const source = this.paced(file.read(start, until), manner, entry);
		try {
			await pipeline(source, res, { end: isWhole });
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
			return; // A client may go away whenever it likes.
		}
		// Unlike destroy(), this lets the bytes written so far arrive.
		if (!isWhole) res.socket?.destroySoon();
	}

	private async *paced(
		source: AsyncIterable<Buffer>,
		{ bytesPerSecond }: Manner,
		entry: FileEntry,
	) {
		for await (const chunk of source) {
			const step = bytesPerSecond ? Math.ceil(bytesPerSecond / STEPS_PER_SECOND) : chunk.length;
			for (let at = 0; at < chunk.length; at += step) {
				if (bytesPerSecond) await this.lifetime.sleep(1000 / STEPS_PER_SECOND);
				const part = chunk.subarray(at, at + step);
				entry.bytes += part.length;
				yield part;
			}
		}
	}
}
