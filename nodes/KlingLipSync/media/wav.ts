import type { FileWindow, Reading } from './fileWindow';

/** What was found out about a WAV file. */
export interface Wav {
	durationMs?: number;
	/** It ends before any sound, or does not say how the sound is written. */
	isBroken?: boolean;
}

/** What the chunk `fmt ` says. */
interface WaveFormat {
	sampleRate: number;
	/** In bytes: one sample of all channels, or one block of compressed ones. */
	blockAlign: number;
	/** 0 where the number is written nowhere. */
	samplesPerBlock: number;
}

const CHUNK_HEADER = 8;
const FIRST_CHUNK = 12;
const LONGEST_FMT = 64;
/** A size that stands for "not known" in a stream, and for "see chunk ds64" in RF64. */
const NO_SIZE = 0xffffffff;

/** Format tags, RFC 2361. */
const PLAIN_TAGS = [0x0001, 0x0003, 0x0006, 0x0007];
const BLOCK_TAGS = [0x0002, 0x0011];
const EXTENSIBLE_TAG = 0xfffe;

/**
 * Reads the chunks of a WAV file up to its sound. The length is that of the bytes which are there:
 * whoever streams a file writes a size that is no size (0, 0xFFFFFFFF, 0x7FFFF000 …).
 *
 * Multimedia Programming Interface and Data Specifications 1.0 (RIFF, `fmt `, `data`; chunks begin
 * at even positions), EBU Tech 3306 (RF64, `ds64`).
 */
export function* readWav(file: FileWindow): Reading<Wav> {
	let at = FIRST_CHUNK;
	let format: WaveFormat | undefined;
	let longSize: number | undefined;
	for (;;) {
		const chunk = yield* file.at(at, CHUNK_HEADER + LONGEST_FMT);
		if (chunk.length < CHUNK_HEADER) return { isBroken: true };
		const id = chunk.toString('latin1', 0, 4);
		const size = chunk.readUInt32LE(4);
		const content = chunk.subarray(CHUNK_HEADER);
		if (id === 'data') {
			return format
				? yield* lengthOf(file, at + CHUNK_HEADER, size === NO_SIZE ? longSize : size, format)
				: { isBroken: true };
		}
		if (id === 'fmt ') format = waveFormat(content);
		if (id === 'ds64' && content.length >= 16) longSize = Number(content.readBigUInt64LE(8));
		at += CHUNK_HEADER + size + (size % 2);
	}
}

function* lengthOf(
	file: FileWindow,
	start: number,
	size: number | undefined,
	{ sampleRate, blockAlign, samplesPerBlock }: WaveFormat,
): Reading<Wav> {
	if (sampleRate === 0 || blockAlign === 0) return { isBroken: true };
	const end = size ? start + size : Number.MAX_SAFE_INTEGER;
	const isWhole = yield* file.reaches(end);
	if (!isWhole && file.size === undefined) return {};
	const bytes = (isWhole ? end : (file.size ?? start)) - start;
	const blocks = Math.floor(Math.max(0, bytes) / blockAlign);
	if (samplesPerBlock === 0) return {};
	return { durationMs: Math.floor((blocks * samplesPerBlock * 1000) / sampleRate) };
}

/** WAVEFORMATEX; the samples in a block stand behind it for the two common kinds of ADPCM. */
function waveFormat(bytes: Buffer): WaveFormat | undefined {
	if (bytes.length < 16) return undefined;
	const tag = bytes.readUInt16LE(0);
	const isExtensible = tag === EXTENSIBLE_TAG && bytes.length >= 26;
	const actualTag = isExtensible ? bytes.readUInt16LE(24) : tag;
	const isBlocks = BLOCK_TAGS.includes(actualTag) && bytes.length >= 20;
	return {
		sampleRate: bytes.readUInt32LE(4),
		blockAlign: bytes.readUInt16LE(12),
		samplesPerBlock: PLAIN_TAGS.includes(actualTag) ? 1 : isBlocks ? bytes.readUInt16LE(18) : 0,
	};
}
