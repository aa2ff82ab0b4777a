import { box, fullBox, movieFile, u16, u32 } from './boxes';

/** What a video is to be like. */
export interface VideoOptions {
	ms: number;
	/** Pixels, even. */
	width?: number;
	height?: number;
	container?: 'mp4' | 'mov';
	/** Whether the index stands behind the samples. */
	indexBehind?: boolean;
}

const FRAME_MS = 200;
const MACROBLOCK = 16;
/** Decodes up to 4096×2304. */
const LEVEL = 51;
const PROFILE_BASELINE = 66;

/** Writes H.264's bit strings. */
class Bits {
	private text = '';

	fixed(value: number, width: number): this {
		this.text += value.toString(2).padStart(width, '0');
		return this;
	}

	/** Exp-Golomb codes, for numbers of at least 0. */
	unsigned(...values: number[]): this {
		for (const value of values) {
			const binary = (value + 1).toString(2);
			this.text += '0'.repeat(binary.length - 1) + binary;
		}
		return this;
	}

	/** A network abstraction layer unit of this payload, with its length in front. */
	unit(header: number): Buffer {
		const stopped = `${this.text}1`;
		const bits = stopped.padEnd(Math.ceil(stopped.length / 8) * 8, '0');
		const payload = Buffer.from(bits.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []);
		const escaped = escape(payload);
		return Buffer.concat([u32(escaped.length + 1), Buffer.from([header]), escaped]);
	}
}

/** Keeps what looks like a start code out of a payload. */
function escape(payload: Buffer): Buffer {
	const bytes: number[] = [];
	let zeros = 0;
	for (const byte of payload) {
		if (zeros === 2 && byte <= 3) {
			bytes.push(3);
			zeros = 0;
		}
		bytes.push(byte);
		zeros = byte === 0 ? zeros + 1 : 0;
	}
	return Buffer.from(bytes);
}

function sequenceParameters(width: number, height: number): Buffer {
	const columns = Math.ceil(width / MACROBLOCK);
	const rows = Math.ceil(height / MACROBLOCK);
	return new Bits()
		.fixed(PROFILE_BASELINE, 8)
		.fixed(0xc0, 8)
		.fixed(LEVEL, 8)
		.unsigned(0, 0, 2, 1) // id, frame numbers of 4 bits, output in decoding order, one reference
		.fixed(0, 1)
		.unsigned(columns - 1, rows - 1)
		.fixed(0b11, 2) // frames only, direct 8×8 inference
		.fixed(1, 1) // cropped, counted in pairs of pixels
		.unsigned(0, (columns * MACROBLOCK - width) / 2, 0, (rows * MACROBLOCK - height) / 2)
		.fixed(0, 1)
		.unit(0x67);
}

function pictureParameters(): Buffer {
	return new Bits()
		.unsigned(0, 0)
		.fixed(0, 2) // CAVLC, no field order
		.unsigned(0, 0, 0)
		.fixed(0, 3)
		.unsigned(0, 0, 0) // quantizers as they are
		.fixed(0b100, 3) // the deblocking filter is controlled by each slice
		.unit(0x68);
}

/** A grey picture: every macroblock is predicted from nothing, and has no remainder. */
function keyFrame(macroblocks: number): Buffer {
	const bits = new Bits()
		.unsigned(0, 7, 0)
		.fixed(0, 4) // frame number
		.unsigned(0)
		.fixed(0, 2)
		.unsigned(0, 1); // quantizer as it is; no deblocking
	// Intra 16×16 by mean, chroma by mean, the same quantizer, no coefficients: 00100 1 1 1.
	for (let index = 0; index < macroblocks; index++) bits.fixed(0b00100111, 8);
	return bits.unit(0x65);
}

/** The picture before it once more. */
function repeatedFrame(frameNumber: number, macroblocks: number): Buffer {
	return new Bits()
		.unsigned(0, 5, 0)
		.fixed(frameNumber % 16, 4)
		.fixed(0, 3)
		.unsigned(0, 1)
		.unsigned(macroblocks)
		.unit(0x41);
}

function sampleEntry(width: number, height: number): Buffer {
	const parameters = [sequenceParameters(width, height), pictureParameters()].map((unit) =>
		Buffer.concat([u16(unit.length - 4), unit.subarray(4)]),
	);
	const [sequence, picture] = parameters;
	const configuration = Buffer.concat([
		Buffer.from([1, PROFILE_BASELINE, 0xc0, LEVEL, 0xff, 0xe1]),
		sequence,
		Buffer.from([1]),
		picture,
	]);
	return box(
		'avc1',
		Buffer.alloc(6),
		u16(1),
		Buffer.alloc(16),
		u16(width, height),
		u32(0x480000, 0x480000, 0),
		u16(1),
		Buffer.alloc(32),
		u16(24, 0xffff),
		box('avcC', configuration),
	);
}

/** A silent, grey H.264 video that players play: five frames a second, as long as asked for to the ms. */
export function video({
	ms,
	width = 1280,
	height = 720,
	container = 'mp4',
	indexBehind,
}: VideoOptions): Buffer {
	const macroblocks = Math.ceil(width / MACROBLOCK) * Math.ceil(height / MACROBLOCK);
	const whole = Math.floor(ms / FRAME_MS);
	const rest = ms - whole * FRAME_MS;
	const durations: Array<[number, number]> = [];
	if (whole > 0) durations.push([whole, FRAME_MS]);
	if (rest > 0) durations.push([1, rest]);
	const count = whole + (rest > 0 ? 1 : 0);
	return movieFile({
		brand: container === 'mov' ? 'qt  ' : 'isom',
		timescale: 1000,
		handler: 'vide',
		mediaHeader: fullBox('vmhd', 1, u16(0, 0, 0, 0)),
		sampleEntry: sampleEntry(width, height),
		samples: Array.from({ length: count }, (_, index) =>
			index === 0 ? keyFrame(macroblocks) : repeatedFrame(index, macroblocks),
		),
		durations,
		width,
		height,
		onlyFirstIsKey: true,
		indexBehind,
	});
}

/** The head of a box of this size (bytes) that players skip: with it behind, a file may be of any size. */
export const freeBox = (size: number): Buffer =>
	Buffer.concat([u32(size), Buffer.from('free', 'latin1')]);
