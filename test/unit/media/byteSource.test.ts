import { sleep as later } from 'n8n-workflow';

import { clock } from '../../../nodes/KlingLipSync/clock';
import { readFrom, StreamSource } from '../../../nodes/KlingLipSync/media/byteSource';
import type { Reading } from '../../../nodes/KlingLipSync/media/fileWindow';

const LEAST_READ = 64 * 1024;
const PIECE = 10_000;
const FILE = Buffer.from(Array.from({ length: 250_000 }, (_, n) => (n * 7) % 251));

/** A stream that gives the file in pieces, and counts them; with `stallsAt` it falls silent there. */
function streamOf(file = FILE, stallsAt = Infinity) {
	const stream = {
		given: 0,
		isDestroyed: false,
		destroy: () => (stream.isDestroyed = true),
		async *[Symbol.asyncIterator]() {
			for (let at = 0; at < file.length; at += PIECE) {
				if (at >= stallsAt) await new Promise(() => {});
				stream.given = Math.min(file.length, at + PIECE);
				yield file.subarray(at, at + PIECE);
			}
		},
	};
	return stream;
}

const source = (told?: number, limit?: number, file = FILE) => {
	const stream = streamOf(file);
	return { stream, bytes: new StreamSource(stream, told, limit) };
};

it('is read no further than is asked for, but in large pieces', async () => {
	const { stream, bytes } = source();
	expect(bytes.canSeek).toBe(false);
	expect(stream.given).toBe(0);
	await bytes.read({ start: 0, length: 10 });
	expect(stream.given).toBe(Math.ceil(LEAST_READ / PIECE) * PIECE);
	await bytes.read({ start: 10, length: stream.given - 10 });
	expect(stream.given).toBe(70_000);
	await bytes.read({ start: 10, length: 70_000 - 9 });
	expect(stream.given).toBe(80_000);
	await bytes.read({ start: 100_000, length: 100_000 });
	expect(stream.given).toBe(200_000);
	bytes.close();
});

it('gives what was asked for and what it has read behind it', async () => {
	const { bytes } = source();
	const first = await bytes.read({ start: 5, length: 100 });
	expect(first.bytes.equals(FILE.subarray(5, 70_000))).toBe(true);
	const second = await bytes.read({ start: 69_990, length: 20 });
	expect(second.bytes.equals(FILE.subarray(69_990, 140_000))).toBe(true);
	const third = await bytes.read({ start: 139_999, length: 1 });
	expect(third.bytes.equals(FILE.subarray(139_999, 140_000))).toBe(true);
	bytes.close();
});

it('knows its size from the beginning where it is told, else at its end', async () => {
	const told = source(FILE.length);
	expect(told.bytes.size).toBe(FILE.length);
	expect(await told.bytes.read({ start: 0, length: 10 })).toMatchObject({ size: FILE.length });
	told.bytes.close();
	const untold = source();
	expect(untold.bytes.size).toBeUndefined();
	expect(await untold.bytes.read({ start: 0, length: 10 })).toMatchObject({ size: undefined });
	const { bytes, size } = await untold.bytes.read({ start: FILE.length - 5, length: 10 });
	expect([bytes.length, size]).toEqual([5, FILE.length]);
	untold.bytes.close();
});

it('is as long as it was when it ends before the size that was told', async () => {
	const { bytes } = source(FILE.length + 1);
	expect(await bytes.read({ start: 0, length: FILE.length + 1 })).toMatchObject({
		size: FILE.length,
	});
	expect(bytes.size).toBe(FILE.length);
	bytes.close();
});

it('is read to a limit, behind which nothing is known', async () => {
	const { stream, bytes } = source(FILE.length, 100_000);
	const given = await bytes.read({ start: 0, length: 150_000 });
	expect([given.bytes.length, given.size, stream.given]).toEqual([100_000, undefined, 100_000]);
	expect(await bytes.read({ start: 90_000, length: 10_000 })).toMatchObject({ size: FILE.length });
	expect(await bytes.skipToEnd()).toBe(100_000);
	bytes.close();
});

it('is skipped to its end, however little of it was read', async () => {
	const { bytes } = source();
	await bytes.read({ start: 0, length: 10 });
	expect(await bytes.skipToEnd()).toBe(FILE.length);
	expect(bytes.size).toBe(FILE.length);
	bytes.close();
});

it('may be empty', async () => {
	const { bytes } = source(undefined, undefined, Buffer.alloc(0));
	expect(await bytes.read({ start: 0, length: 10 })).toEqual({ bytes: Buffer.alloc(0), size: 0 });
	bytes.close();
});

it('is given up when it was silent for as long as is waited, and not while it goes on', async () => {
	const sleep = jest.spyOn(clock, 'sleep');
	let timeIsUp = () => {};
	sleep.mockImplementation(async () => await new Promise<void>((end) => (timeIsUp = end)));
	const wait = async () => {
		await later(1);
		timeIsUp();
		await later(1);
	};
	const bytes = new StreamSource(streamOf(FILE, 100_000));
	await bytes.read({ start: 0, length: 10 });
	await wait();
	let end: unknown;
	const reading = bytes.read({ start: 100_000, length: 10 }).catch((error) => (end = error));
	await wait();
	expect(end).toBeUndefined();
	await wait();
	sleep.mockRestore();
	expect(end).toMatchObject({ kind: 'unavailable', message: 'no response in time' });
	await reading;
	bytes.close();
});

it('is destroyed when it is closed', () => {
	const { stream, bytes } = source();
	bytes.close();
	expect(stream.isDestroyed).toBe(true);
});

it('answers all that a reading asks for', async () => {
	const { bytes } = source();
	function* reading(): Reading<number[]> {
		const first = yield { start: 0, length: 1 };
		const second = yield { start: 1000, length: 1 };
		return [first.bytes[0], second.bytes[0]];
	}
	expect(await readFrom(bytes, reading())).toEqual([FILE[0], FILE[1000]]);
	bytes.close();
});
