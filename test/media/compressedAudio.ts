import { box, fullBox, movieFile, u16, u32 } from './boxes';

const SAMPLE_RATE = 16_000;

// MPEG-2 layer III, mono, 16 kHz, 8 kbit/s: a frame is 36 ms and 36 bytes.
const MP3_FRAME_MS = 36;
const MP3_HEADER = [0xff, 0xf3, 0x18, 0xc4];
const MP3_FRAME_BYTES = 36;

/** Samples in a frame of AAC. */
const AAC_FRAME_SAMPLES = 1024;
const AAC_FRAME_MS = (AAC_FRAME_SAMPLES / SAMPLE_RATE) * 1000;
/** Silence in AAC-LC, one channel. */
const AAC_SILENCE = Buffer.from([0x00, 0xc8, 0x00, 0x80, 0x23, 0x80]);
const ADTS_HEADER_BYTES = 7;
/** AAC-LC, 16 kHz, one channel. */
const AUDIO_SPECIFIC_CONFIG = [0x14, 0x08];

/** How many frames come nearest to a length without being longer. */
const framesIn = (ms: number, frameMs: number) => Math.floor(ms / frameMs);

/** An MP3 file of silence, at most `ms` long: a multiple of 36 ms, without an ID3 tag or an index. */
export function mp3({ ms }: { ms: number }): Buffer {
	const frame = Buffer.alloc(MP3_FRAME_BYTES);
	frame.set(MP3_HEADER);
	return Buffer.concat(Array.from({ length: framesIn(ms, MP3_FRAME_MS) }, () => frame));
}

/** An AAC file (ADTS) of silence, at most `ms` long: a multiple of 64 ms. */
export function aac({ ms }: { ms: number }): Buffer {
	const bytes = ADTS_HEADER_BYTES + AAC_SILENCE.length;
	// Sync word, MPEG-4, no CRC; AAC-LC, 16 kHz, one channel; length; buffer fullness "variable".
	const header = Buffer.from([
		0xff,
		0xf1,
		0x60,
		0x40 | (bytes >> 11),
		(bytes >> 3) & 0xff,
		((bytes & 7) << 5) | 0x1f,
		0xfc,
	]);
	const frame = Buffer.concat([header, AAC_SILENCE]);
	return Buffer.concat(Array.from({ length: framesIn(ms, AAC_FRAME_MS) }, () => frame));
}

/** A descriptor of MPEG-4 systems: a tag, its length, its content. */
const descriptor = (tag: number, ...content: Array<Buffer | number[]>) => {
	const body = Buffer.concat(content.map((part) => Buffer.from(part)));
	return Buffer.concat([Buffer.from([tag, body.length]), body]);
};

function audioEntry(): Buffer {
	const decoder = descriptor(
		0x04,
		[0x40, 0x15, 0, 0, 0],
		u32(8000),
		u32(8000),
		descriptor(0x05, AUDIO_SPECIFIC_CONFIG),
	);
	const esds = fullBox('esds', 0, descriptor(0x03, [0, 1, 0], decoder, descriptor(0x06, [2])));
	const channels = 1;
	return box(
		'mp4a',
		Buffer.alloc(6),
		u16(1),
		Buffer.alloc(8),
		u16(channels),
		u16(16),
		Buffer.alloc(4),
		u32(SAMPLE_RATE * 0x10000),
		esds,
	);
}

/** An M4A file of silence, at most `ms` long: a multiple of 64 ms. */
export function m4a({ ms, indexBehind }: { ms: number; indexBehind?: boolean }): Buffer {
	const frames = framesIn(ms, AAC_FRAME_MS);
	return movieFile({
		brand: 'M4A ',
		timescale: SAMPLE_RATE,
		handler: 'soun',
		mediaHeader: fullBox('smhd', 0, u32(0)),
		sampleEntry: audioEntry(),
		samples: Array.from({ length: frames }, () => AAC_SILENCE),
		durations: [[frames, AAC_FRAME_SAMPLES]],
		indexBehind,
	});
}
