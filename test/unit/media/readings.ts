import type { Need, Reading } from '../../../nodes/KlingLipSync/media/fileWindow';

/** What a reading came to, and what it asked for on the way. */
export interface Traced<T> {
	result: T;
	needs: Need[];
	/** Bytes that were handed over. */
	bytes: number;
}

/**
 * Runs a reading as a server with ranges serves it: each need is a request, answered with at least
 * `chunk` bytes.
 *
 * @param knowsSize whether the answers say how long the file is
 */
export function readRanges<T>(
	file: Buffer,
	reading: Reading<T>,
	chunk = 65_536,
	knowsSize = true,
): Traced<T> {
	const needs: Need[] = [];
	let bytes = 0;
	let step = reading.next();
	while (!step.done) {
		const { start, length } = step.value;
		needs.push(step.value);
		const given = file.subarray(start, start + Math.max(length, chunk));
		bytes += given.length;
		const isEnd = start + length > file.length;
		step = reading.next({ bytes: given, ...((knowsSize || isEnd) && { size: file.length }) });
	}
	return { result: step.value, needs, bytes };
}

/** Runs a reading as a stream serves it, which says its size only when it ends, and never goes back. */
export function readForwards<T>(file: Buffer, reading: Reading<T>, chunk: number): Traced<T> {
	let position = 0;
	return readRanges(
		file,
		(function* () {
			let step = reading.next();
			while (!step.done) {
				if (step.value.start < position) throw new Error(`Went back to ${step.value.start}`);
				position = step.value.start;
				step = reading.next(yield step.value);
			}
			return step.value;
		})(),
		chunk,
		false,
	);
}
