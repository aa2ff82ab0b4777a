import type { Given, Need, Reading } from './fileWindow';

/** Where the bytes of a medium come from. */
export interface ByteSource {
	/** Whether bytes can be read in any order; else from front to back only. */
	readonly canSeek: boolean;
	/** The size of the file in bytes, where it is known from the start. */
	readonly size?: number;
	read(need: Need): Promise<Given>;
	close(): void;
}

/** A stream of bytes that can be broken off. */
export interface ByteStream extends AsyncIterable<unknown> {
	destroy(): unknown;
}

/** More was asked for than a source is read to: whatever is not known by then stays unknown. */
export class TooFar extends Error {}

/**
 * Computes something over the bytes of a source, and closes it.
 *
 * @returns undefined where the source is read no further
 */
export async function readFrom<T>(source: ByteSource, reading: Reading<T>): Promise<T | undefined> {
	try {
		let step = reading.next();
		while (!step.done) step = reading.next(await source.read(step.value));
		return step.value;
	} catch (error) {
		if (error instanceof TooFar) return undefined;
		throw error;
	} finally {
		source.close();
	}
}

/** Reads a stream from front to back and holds no more of it than is asked for. */
export class StreamSource implements ByteSource {
	readonly canSeek = false;

	private bytes: Buffer = Buffer.alloc(0);

	private start = 0;

	private isOver = false;

	private readonly chunks: AsyncIterator<unknown>;

	/**
	 * @param size of the whole file in bytes, where it is known
	 * @param limit how many bytes are read at most
	 */
	constructor(
		private readonly stream: ByteStream,
		readonly size?: number,
		private readonly limit = Infinity,
	) {
		this.chunks = stream[Symbol.asyncIterator]();
	}

	async read({ start, length }: Need): Promise<Given> {
		while (!this.isOver && this.end < start + length) {
			if (this.end > this.limit) throw new TooFar();
			const { value, done } = await this.chunks.next();
			if (done) this.isOver = true;
			else this.append(value as Buffer, start);
		}
		const bytes = this.bytes.subarray(Math.max(0, start - this.start));
		return { bytes, size: this.isOver ? this.end : this.size };
	}

	/** How many bytes there are, which is known for certain at the end only. */
	async count(): Promise<number> {
		const { size } = await this.read({ start: this.limit, length: 1 });
		return size ?? this.end;
	}

	close(): void {
		this.stream.destroy();
	}

	private get end(): number {
		return this.start + this.bytes.length;
	}

	private append(chunk: Buffer, from: number): void {
		const kept = this.bytes.subarray(Math.max(0, Math.min(from - this.start, this.bytes.length)));
		this.start = this.end - kept.length;
		this.bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
	}
}
