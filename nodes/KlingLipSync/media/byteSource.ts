import { TIMEOUTS } from '../api/timeouts';
import { clock } from '../clock';
import { Problem } from '../task/problem';
import type { Given, Need, Reading } from './fileWindow';

/** Where the bytes of a medium come from. */
export interface ByteSource {
	/** Whether bytes can be read in any order; else from front to back only. */
	readonly canSeek: boolean;
	/** The size of the file in bytes, where it is known. */
	readonly size?: number;
	/** As `Given` says; fewer bytes without a size where the source is read no further. */
	read(need: Need): Promise<Given>;
	close(): void;
}

/** A stream of bytes that can be broken off. */
export interface ByteStream extends AsyncIterable<unknown> {
	destroy(): unknown;
}

/** How much is read at least before it is looked at, in bytes: networks give it in small pieces. */
const LEAST_READ = 64 * 1024;

/** Computes something over the bytes of a source. */
export async function readFrom<T>(source: ByteSource, reading: Reading<T>): Promise<T> {
	let step = reading.next();
	while (!step.done) step = reading.next(await source.read(step.value));
	return step.value;
}

/** Reads a stream from front to back and holds no more of it than is asked for. */
export class StreamSource implements ByteSource {
	readonly canSeek = false;

	/** What is held, and where it begins and ends. */
	private pieces: Buffer[] = [];

	private begin = 0;

	private end = 0;

	private isOver = false;

	private readonly closing = new AbortController();

	private readonly chunks: AsyncIterator<unknown>;

	/** Ends the wait for the next piece: a stream that waits can't be destroyed in every n8n. */
	private giveUp?: (problem: Problem) => void;

	/**
	 * @param told the size of the whole file in bytes, where somebody told it
	 * @param limit how many bytes are read at most, but for the rest of a piece
	 */
	constructor(
		private readonly stream: ByteStream,
		private readonly told?: number,
		private readonly limit = Infinity,
	) {
		this.chunks = stream[Symbol.asyncIterator]();
		void this.giveUpInSilence();
	}

	get size(): number | undefined {
		return this.isOver ? this.end : this.told;
	}

	async read({ start, length }: Need): Promise<Given> {
		const isHeld = this.end >= start + length;
		const wanted = isHeld ? 0 : start + Math.max(length, LEAST_READ);
		while (!this.isOver && this.end < wanted && this.end < this.limit) await this.readOn(start);
		const bytes = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces);
		this.pieces = [bytes];
		const given = bytes.subarray(Math.max(0, start - this.begin));
		const isCut = given.length < length && !this.isOver;
		return { bytes: given, size: isCut ? undefined : this.size };
	}

	/** Reads on to the end or the limit, without holding anything. @returns how far that was, in bytes */
	async skipToEnd(): Promise<number> {
		while (!this.isOver && this.end < this.limit) await this.readOn(Infinity);
		return this.end;
	}

	close(): void {
		this.closing.abort();
		this.stream.destroy();
	}

	private async readOn(from: number): Promise<void> {
		const step = await new Promise<IteratorResult<unknown>>((resolve, reject) => {
			this.giveUp = reject;
			this.chunks.next().then(resolve, reject);
		});
		if (step.done) {
			this.isOver = true;
			return;
		}
		const piece = step.value as Buffer;
		this.pieces.push(piece);
		this.end += piece.length;
		while (this.pieces.length > 0 && this.begin + this.pieces[0].length <= from) {
			this.begin += (this.pieces.shift() as Buffer).length;
		}
	}

	/** n8n's own time limit for a request is over when its headers are there. */
	private async giveUpInSilence(): Promise<void> {
		const { signal } = this.closing;
		for (let seen = -1; seen !== this.end; ) {
			seen = this.end;
			await clock.sleep(TIMEOUTS.silence, signal);
		}
		this.giveUp?.(new Problem('unavailable', 'no response in time'));
	}
}
