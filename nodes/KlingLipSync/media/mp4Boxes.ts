import type { FileWindow, Reading } from './fileWindow';

/** A box of an MP4 file, called atom in QuickTime: ISO/IEC 14496-12, section 4.2. */
export interface Box {
	type: string;
	/** Of the box with its header, in bytes. */
	length: number;
	headerLength: number;
}

/** The longest header: size, type and a size of 64 bits. */
const BOX_HEADER = 16;

/**
 * The box that begins with these bytes; undefined when none does.
 *
 * @param bytes 16 of them, where the file has so many
 * @param rest how many bytes there are from here to the end; a size of 0 means all of them
 */
function boxAt(bytes: Buffer, rest: number): Box | undefined {
	if (bytes.length < 8) return undefined;
	const size = bytes.readUInt32BE(0);
	const type = bytes.toString('latin1', 4, 8);
	if (size === 0) return { type, length: rest, headerLength: 8 };
	if (size > 1) return size < 8 ? undefined : { type, length: size, headerLength: 8 };
	if (bytes.length < BOX_HEADER) return undefined;
	const length = Number(bytes.readBigUInt64BE(8));
	return length < BOX_HEADER ? undefined : { type, length, headerLength: BOX_HEADER };
}

/** A box of the outermost level. */
export interface PlacedBox extends Box {
	at: number;
	end: number;
	/** Whether the file ends before it, as far as the size of the file is known. */
	isCut: boolean;
}

/** An index or a fragment's header is believed up to this many bytes; real ones have a hundredth. */
const LONGEST_CONTENT = 8_000_000;

/** The box of the outermost level at `at`; undefined where none begins. */
export function* boxIn(file: FileWindow, at: number): Reading<PlacedBox | undefined> {
	if (!Number.isSafeInteger(at)) return undefined;
	const head = yield* file.at(at, BOX_HEADER);
	const box = boxAt(head, (file.size ?? Infinity) - at);
	if (!box) return undefined;
	const end = at + box.length;
	return { ...box, at, end, isCut: file.size !== undefined && end > file.size };
}

/** The content of a box; undefined when it is too long to be what it seems. */
export function* contentOf(file: FileWindow, box: PlacedBox): Reading<Buffer | undefined> {
	if (box.length > LONGEST_CONTENT) return undefined;
	return (yield* file.at(box.at, box.length)).subarray(box.headerLength);
}

/** The boxes of one type within the content of another one. Cut ones are given as far as they go. */
export function children(content: Buffer, type: string): Buffer[] {
	const found: Buffer[] = [];
	for (let at = 0; at < content.length; ) {
		const rest = content.subarray(at);
		const box = boxAt(rest, rest.length);
		if (!box) break;
		if (box.type === type) found.push(rest.subarray(box.headerLength, box.length));
		at += box.length;
	}
	return found;
}

/** The content of the first box along a path of types; empty when there is none. */
export function child(content: Buffer, ...path: string[]): Buffer {
	return path.reduce((parent, type) => children(parent, type)[0] ?? Buffer.alloc(0), content);
}

/** The flags of a full box: the 24 bits behind its version. */
export function flagsOf(box: Buffer): number {
	return box.length < 4 ? 0 : box.readUIntBE(1, 3);
}

/** Unsigned integers out of a box; 0 where it ends before. */
export class Numbers {
	private at = 0;

	constructor(private readonly bytes: Buffer) {}

	get isAtEnd(): boolean {
		return this.at >= this.bytes.length;
	}

	skip(length: number): this {
		this.at += length;
		return this;
	}

	next(length: 1 | 2 | 3 | 4 | 8): number {
		const at = this.at;
		this.at += length;
		if (this.at > this.bytes.length) return 0;
		return length === 8
			? Number(this.bytes.readBigUInt64BE(at))
			: this.bytes.readUIntBE(at, length);
	}

	/** As `next`, with a sign. */
	nextSigned(length: 4 | 8): number {
		const value = this.next(length);
		const limit = 2 ** (8 * length - 1);
		return value >= limit ? value - 2 * limit : value;
	}
}
