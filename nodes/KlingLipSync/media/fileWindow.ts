/** Bytes that a reader asks for. `start` never lies before what it asked for last, unless it may seek. */
export interface Need {
	start: number;
	length: number;
}

/**
 * The answer to a need: the bytes from `start` on, at least `length` of them; fewer only where the
 * file ends, and then with the size of the file, or without it where the file is read no further.
 * More bytes or an earlier size are welcome.
 */
export interface Given {
	bytes: Buffer;
	size?: number;
}

/** A computation over a file that says which bytes it needs, and does no input of its own. */
export type Reading<T> = Generator<Need, T, Given>;

const NOTHING: Buffer = Buffer.alloc(0);

/** What a reader sees of a file: the last bytes that were given, and further ones on demand. */
export class FileWindow {
	/** In bytes, as soon as it is known. */
	size?: number;

	/** Whether bytes were asked for that are not read. */
	isUnread = false;

	/** How often bytes were asked for. */
	reads = 0;

	private bytes: Buffer = NOTHING;

	private start = 0;

	/** @param canSeek whether bytes may be asked for in any order, at the price of a request each */
	constructor(readonly canSeek: boolean) {}

	/** The bytes from `start` on: `length` of them, fewer only where the file ends. */
	*at(start: number, length: number): Reading<Buffer> {
		if (!this.holds(start, length)) {
			if (this.size !== undefined && start >= this.size) return NOTHING;
			const given = yield { start, length };
			this.bytes = given.bytes;
			this.start = start;
			this.size = given.size ?? this.size;
			this.isUnread ||= given.bytes.length < length && given.size === undefined;
			this.reads++;
		}
		return this.bytes.subarray(start - this.start, start - this.start + length);
	}

	/** Whether the file reaches up to `end`, in bytes; asks for the last one where that is not known. */
	*reaches(end: number): Reading<boolean> {
		if (this.size !== undefined) return end <= this.size;
		return (yield* this.at(end - 1, 1)).length === 1;
	}

	private holds(start: number, length: number): boolean {
		const end = this.start + this.bytes.length;
		if (start < this.start || start > end) return false;
		return start + length <= end || end === this.size;
	}
}

/** Runs a reading over a file that lies in memory as a whole. */
export function readAll<T>(file: Buffer, reading: Reading<T>): T {
	let step = reading.next();
	while (!step.done) {
		step = reading.next({ bytes: file.subarray(step.value.start), size: file.length });
	}
	return step.value;
}
