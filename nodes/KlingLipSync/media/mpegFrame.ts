/** What the header of an MPEG audio frame says. */
export interface MpegFrame {
	/** 1, 2, or 2.5, which extends the standard to lower rates. */
	version: number;
	layer: number;
	isMono: boolean;
	sampleRate: number;
	/** For each channel. */
	samples: number;
	/** In bytes, with the header; 0 in the free format, where it is written nowhere. */
	length: number;
}

/** In bytes: layer II with 384 kbit/s at 32 kHz. */
export const LONGEST_FRAME = 1729;

/** By the two bits of the header that name them; 0 is reserved. */
const VERSIONS = [2.5, 0, 2, 1];
const LAYERS = [0, 3, 2, 1];
const SAMPLE_RATES: Record<number, number[]> = {
	1: [44100, 48000, 32000],
	2: [22050, 24000, 16000],
	2.5: [11025, 12000, 8000],
};
/** kbit/s by index from 1 on; index 0 is the free format, 15 is forbidden. */
const BITRATES: Record<number, number[][]> = {
	1: [
		[32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
		[32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
		[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
	],
	2: [
		[32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
		[8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
		[8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
	],
};

/** Whether the four bytes at `at` can be the header of a frame. */
export function isMpegHeader(bytes: Buffer, at: number): boolean {
	return (
		at + 4 <= bytes.length &&
		bytes[at] === 0xff &&
		bytes[at + 1] >= 0xe0 &&
		VERSIONS[(bytes[at + 1] >> 3) & 3] !== 0 &&
		LAYERS[(bytes[at + 1] >> 1) & 3] !== 0 &&
		bytes[at + 2] < 0xf0 &&
		(bytes[at + 2] & 0x0c) !== 0x0c &&
		(bytes[at + 3] & 3) !== 2
	);
}

/**
 * The frame that begins at `at`; undefined when none does.
 *
 * ISO/IEC 11172-3, 2.4.1.3 and 2.4.3.1, and ISO/IEC 13818-3, 2.4.2.3.
 */
export function mpegFrame(bytes: Buffer, at = 0): MpegFrame | undefined {
	if (!isMpegHeader(bytes, at)) return undefined;
	const version = VERSIONS[(bytes[at + 1] >> 3) & 3];
	const layer = LAYERS[(bytes[at + 1] >> 1) & 3];
	const sampleRate = SAMPLE_RATES[version][(bytes[at + 2] >> 2) & 3];
	const samples = layer === 1 ? 384 : layer === 3 && version !== 1 ? 576 : 1152;
	const bitrateIndex = bytes[at + 2] >> 4;
	const bitrate = 1000 * BITRATES[version === 1 ? 1 : 2][layer - 1][bitrateIndex - 1];
	// A slot is what a frame's length is counted in: 4 bytes in layer I, else 1.
	const slot = layer === 1 ? 4 : 1;
	const padding = (bytes[at + 2] >> 1) & 1;
	const slots = Math.floor((samples * bitrate) / (8 * slot * sampleRate)) + padding;
	return {
		version,
		layer,
		isMono: bytes[at + 3] >> 6 === 3,
		sampleRate,
		samples,
		length: bitrateIndex === 0 ? 0 : slots * slot,
	};
}

/** How far it is from the beginning of `bytes` to the next header behind it, or to their end. */
export function distanceToHeader(bytes: Buffer): number {
	for (let at = bytes.indexOf(0xff, 1); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
		// A header that is cut by the end of these bytes is looked at again with more of them.
		if (isMpegHeader(bytes, at) || at + 4 > bytes.length) return at;
	}
	return bytes.length;
}
