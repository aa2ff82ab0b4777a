/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { aac, freeBox, m4a, mp3, video, wav } from '../media';
import { bigVideo } from './bigvideo';
import type { EmulatorSettings } from './settings';

/** A file that can be served; `size` in bytes. */
export interface ServedFile {
	type: string;
	size: number;
	/** Changes with the content. */
	etag: string;
	/** The bytes from `start` up to and without `end`. */
	read: (start: number, end: number) => AsyncIterable<Buffer>;
}

const FACE_PICTURES = 4;
const ZEROS = Buffer.alloc(64 * 1024);
const FOLDER = path.join(__dirname, 'files');
/** The media that are stored: {@link ./generateSamples.ts} makes them. */
const STORED = /^(?:video\.(?:mp4|mov)|voice(?:-2)?\.mp3|voice\.(?:wav|m4a|aac))$/;
const types: Record<string, string> = {
	'.aac': 'audio/aac',
	'.html': 'text/html; charset=utf-8',
	'.m4a': 'audio/mp4',
	'.mov': 'video/quicktime',
	'.mp3': 'audio/mpeg',
	'.mp4': 'video/mp4',
	'.png': 'image/png',
	'.wav': 'audio/wav',
};

/** A page, as links that were meant to be files often open. */
export const PAGE =
	'<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>';

const tagOf = (...parts: unknown[]) =>
	`"${createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16)}"`;

function storedFile(name: string): ServedFile {
	const file = path.join(FOLDER, name);
	const { size, mtimeMs } = fs.statSync(file);
	return {
		type: types[path.extname(name)],
		size,
		etag: tagOf(name, size, mtimeMs),
		read: (start, end) =>
			end > start ? fs.createReadStream(file, { start, end: end - 1 }) : Readable.from([]),
	};
}

/** What a generator yields, from `start` up to and without `end`. */
async function* piece(chunks: Iterable<Buffer>, start: number, end: number) {
	let at = 0;
	for (const chunk of chunks) {
		if (at >= end) return;
		const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
		at += chunk.length;
		if (wanted.length > 0) yield wanted;
	}
}

function* zerosAfter(head: Buffer, size: number): Generator<Buffer> {
	yield head;
	for (let left = size - head.length; left > 0; left -= ZEROS.length)
		yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}

function madeFile(
	extension: string,
	{ head, size = head.length }: { head: Buffer; size?: number },
): ServedFile {
	return {
		type: types[extension],
		size,
		etag: tagOf(extension, size, head.toString('latin1')),
		read: (start, end) => piece(zerosAfter(head, size), start, end),
	};
}

/** A file of any size that looks like an MP4 and holds nothing. */
function bigFile(size: number): ServedFile {
	return {
		type: types['.mp4'],
		size,
		etag: tagOf('big', size),
		read: (start, end) => piece(bigVideo(size), start, end),
	};
}

function blankVideo(container: 'mp4' | 'mov', query: URLSearchParams) {
	const number = (name: string, usual: number) => Number(query.get(name) ?? usual);
	const indexBehind = query.get('index') === 'behind';
	const [width, height] = [number('width', 1280), number('height', 720)];
	const file = video({ ms: number('ms', 3000), width, height, container, indexBehind });
	const size = number('bytes', file.length);
	return size < file.length + 8
		? { head: file }
		: { head: Buffer.concat([file, freeBox(size - file.length)]), size };
}

function generated(name: string, query: URLSearchParams): ServedFile | undefined {
	const ms = Number(query.get('ms') ?? 3000);
	const indexBehind = query.get('index') === 'behind';
	const makers: Record<string, () => { head: Buffer; size?: number }> = {
		'blank.mp4': () => blankVideo('mp4', query),
		'blank.mov': () => blankVideo('mov', query),
		'silence.wav': () => ({
			head: wav({ ms, sampleRate: Number(query.get('rate') ?? 8000) }),
		}),
		'silence.mp3': () => ({ head: mp3({ ms }) }),
		'silence.aac': () => ({ head: aac({ ms }) }),
		'silence.m4a': () => ({ head: m4a({ ms, indexBehind }) }),
		'page.html': () => ({ head: Buffer.from(PAGE) }),
	};
	return Object.hasOwn(makers, name) ? madeFile(path.extname(name), makers[name]()) : undefined;
}

/**
 * Finds a file by its path. Results and pictures of faces are there for every task id: they may be those of
 * another emulator's tasks. The samples: `video.mp4` (10 s, 1280×720), `video.mov`, `voice.mp3` (5 s),
 * `voice-2.mp3`, `voice.wav`, `voice.m4a`, `voice.aac`; `silence.wav`, `.mp3`, `.aac`, `.m4a` with `?ms`;
 * `blank.mp4`, `.mov` with `?ms`, `width`, `height`, `bytes`, `index=behind`; `page.html`.
 */
export function findFile(
	pathname: string,
	query: URLSearchParams,
	settings: EmulatorSettings,
): { taskId?: string; file?: ServedFile } {
	const [, taskId, picture] =
		/^\/files\/result\/([^/]+)\.mp4$/.exec(pathname) ??
		/^\/files\/face\/([^/]+)\/([1-9]\d*)\.png$/.exec(pathname) ??
		[];
	if (picture)
		return { taskId, file: storedFile(`face-${((Number(picture) - 1) % FACE_PICTURES) + 1}.png`) };
	if (taskId) {
		const { resultBytes } = settings;
		return { taskId, file: resultBytes === null ? storedFile('result.mp4') : bigFile(resultBytes) };
	}
	const sample = /^\/files\/sample\/([^/]+)$/.exec(pathname)?.[1] ?? '';
	return { file: STORED.test(sample) ? storedFile(sample) : generated(sample, query) };
}
