/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { Readable } from 'node:stream';

import { mostBytes } from '../../../nodes/KlingLipSync/media/klingLimits';
import { openingAdvice, openLink } from '../../../nodes/KlingLipSync/media/openLink';
import type { ByteSource } from '../../../nodes/KlingLipSync/media/byteSource';
import { attemptAsync, Problem } from '../../../nodes/KlingLipSync/task/problem';

/** What is asked for at once, in bytes. */
const PIECE = 131_072;
const FILE = Buffer.from(Array.from({ length: 400_000 }, (_, n) => (n * 7) % 251));

interface Answer {
	status: number;
	headers?: Record<string, string>;
	body?: Buffer;
}

const whole = (headers: Record<string, string> = {}): Answer => ({
	status: 200,
	headers,
	body: FILE,
});
/** A part of the file, whose size is told unless `total` is `*`. */
const part = (start: number, end: number, total: number | string = FILE.length): Answer => ({
	status: 206,
	headers: { 'content-range': `bytes ${start}-${end - 1}/${total}` },
	body: FILE.subarray(start, end),
});

/** Opens a link at a server that gives these answers in turn. */
async function opened(kind: 'video' | 'audio', ...answers: Answer[]) {
	const ranges: Array<string | undefined> = [];
	const streams: Readable[] = [];
	const httpRequest = async ({ headers }: { headers: Record<string, string> }) => {
		ranges.push(headers.Range);
		const { status, headers: told = {}, body = Buffer.alloc(0) } = answers[ranges.length - 1];
		const pieces = Array.from({ length: Math.ceil(body.length / 10_000) }, (_, n) =>
			body.subarray(n * 10_000, (n + 1) * 10_000),
		);
		streams.push(Readable.from(pieces));
		return { statusCode: status, headers: told, body: streams.at(-1) };
	};
	const link = await openLink({ helpers: { httpRequest } } as never, 'https://a.example/v', kind);
	return { link, ranges, streams };
}

async function source(kind: 'video' | 'audio', ...answers: Answer[]) {
	const { link, ...rest } = await opened(kind, ...answers);
	if (link instanceof Problem) throw link;
	return { link, ...rest };
}

const read = async (link: ByteSource, start: number, length: number) => {
	const { bytes, size } = await link.read({ start, length });
	return { isRight: bytes.subarray(0, length).equals(FILE.subarray(start, start + length)), size };
};

describe('where a server takes ranges', () => {
	it('a video is read in pieces, in any order', async () => {
		const { link, ranges } = await source(
			'video',
			part(0, PIECE),
			part(300_000, 400_000),
			part(200_000, 200_000 + PIECE),
		);
		expect([link.canSeek, link.size]).toEqual([true, FILE.length]);
		expect(await read(link, 0, 1000)).toEqual({ isRight: true, size: FILE.length });
		expect(await read(link, 100_000, PIECE - 100_000)).toEqual({
			isRight: true,
			size: FILE.length,
		});
		expect(await read(link, 300_000, 10)).toEqual({ isRight: true, size: FILE.length });
		expect(await read(link, 200_000, 10)).toEqual({ isRight: true, size: FILE.length });
		expect(ranges).toEqual(['bytes=0-131071', 'bytes=300000-399999', 'bytes=200000-331071']);
	});

	it('what lies behind the end is empty, and not asked for', async () => {
		const { link, ranges } = await source('video', part(0, PIECE));
		const { bytes, size } = await link.read({ start: FILE.length, length: 10 });
		expect([bytes.length, size, ranges.length]).toEqual([0, FILE.length, 1]);
	});

	it('a piece that begins earlier, or goes on, is cut', async () => {
		const { link } = await source('video', part(0, PIECE), whole());
		const { bytes } = await link.read({ start: 250_000, length: 10 });
		expect(bytes.equals(FILE.subarray(250_000, 250_000 + PIECE))).toBe(true);
	});

	it('a piece that begins later holds nothing of what was asked for', async () => {
		const { link } = await source('video', part(0, PIECE), part(250_001, 260_000));
		expect(await link.read({ start: 250_000, length: 10 })).toEqual({
			bytes: Buffer.alloc(0),
			size: undefined,
		});
	});

	it('a piece that is shorter than asked for is not the end of the file', async () => {
		const { link } = await source('video', part(0, PIECE), part(250_000, 250_005));
		const { bytes, size } = await link.read({ start: 250_000, length: 10 });
		expect([bytes.length, size]).toEqual([5, undefined]);
	});

	it('a piece that is refused says why, and is closed', async () => {
		const { link, streams } = await source('video', part(0, PIECE), { status: 403 });
		const problem = await attemptAsync(async () => await link.read({ start: 300_000, length: 9 }));
		expect(problem).toMatchObject({ kind: 'download', message: 'HTTP 403' });
		expect(streams[1].destroyed).toBe(true);
	});

	it('the connection is closed behind each piece', async () => {
		const { link, streams } = await source('video', part(0, PIECE), whole());
		await link.read({ start: 200_000, length: 10 });
		expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
		link.close();
	});
});

describe('from front to back', () => {
	it('an audio is read, asked for without a range', async () => {
		const { link, ranges } = await source('audio', whole({ 'content-length': '400000' }));
		expect([link.canSeek, link.size, ranges]).toEqual([false, FILE.length, [undefined]]);
		expect(await read(link, 0, FILE.length)).toEqual({ isRight: true, size: FILE.length });
		link.close();
	});

	it('a video is read where ranges are ignored', async () => {
		const { link, ranges } = await source('video', whole());
		expect([link.canSeek, link.size]).toEqual([false, undefined]);
		expect(await read(link, 100_000, 1000)).toMatchObject({ isRight: true });
		expect(ranges).toHaveLength(1);
		link.close();
	});

	it('a video is read where its size is not told with a range', async () => {
		const { link, ranges, streams } = await source('video', part(0, PIECE, '*'), whole());
		expect([link.canSeek, link.size]).toEqual([false, undefined]);
		expect(ranges).toEqual(['bytes=0-131071', undefined]);
		expect(streams[0].destroyed).toBe(true);
		link.close();
	});

	it('an empty file has no range', async () => {
		const { link, ranges } = await source('video', { status: 416 }, { status: 200 });
		expect(await link.read({ start: 0, length: 10 })).toEqual({ bytes: Buffer.alloc(0), size: 0 });
		expect(ranges).toEqual(['bytes=0-131071', undefined]);
		link.close();
	});

	it.each([
		['is compressed on the way', { 'content-length': '5', 'content-encoding': 'gzip' }, undefined],
		['is not compressed', { 'content-length': '5', 'content-encoding': 'identity' }, 5],
		['says nothing that is a size', { 'content-length': 'many' }, undefined],
	])('the size is what is told, where the file %s', async (_, headers, size) => {
		const { link } = await source('audio', whole(headers as Record<string, string>));
		expect(link.size).toBe(size);
		link.close();
	});

	it.each(['video', 'audio'] as const)(
		'%s that is too large anyway is read as far as its format is told',
		async (kind) => {
			const most = mostBytes(kind);
			const reached = async (told: number) => {
				const { link } = await source(kind, whole({ 'content-length': String(told) }));
				const { bytes } = await link.read({ start: 0, length: FILE.length });
				link.close();
				return bytes.length;
			};
			expect(await reached(most + 1)).toBe(140_000);
			expect(await reached(most)).toBe(FILE.length);
		},
	);
});

describe('a link that does not open', () => {
	it.each([
		[404, 'download'],
		[206, 'download'],
		[416, 'download'],
		[429, 'unavailable'],
		[503, 'unavailable'],
	])('with %i tells the status, and is closed', async (status, kind) => {
		const { link, streams } = await opened('audio', { status, headers: { 'retry-after': '3' } });
		expect(link).toMatchObject({
			kind,
			message: `HTTP ${status}`,
			details: { httpCode: status },
			retryAfterMs: 3000,
		});
		expect(streams[0].destroyed).toBe(true);
	});

	it('is no file, also where its size was not told before', async () => {
		const { link } = await opened('video', part(0, PIECE, '*'), { status: 404 });
		expect(link).toMatchObject({ kind: 'download', message: 'HTTP 404' });
	});

	it('is tried later, or in a browser', () => {
		expect(openingAdvice(new Problem('unavailable', ''), 'video')).toBe(
			'The server may be busy: try again later.',
		);
		expect(openingAdvice(new Problem('download', ''), 'audio')).toBe(
			'Open the link in a private browser window: it must show the audio without a login.',
		);
	});
});
