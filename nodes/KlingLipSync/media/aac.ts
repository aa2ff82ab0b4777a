import type { FileWindow, Reading } from './fileWindow';
import { tagLength } from './tags';

/** A frame of AAC with the header that makes it readable by itself (ADTS). */
interface AdtsFrame {
	sampleRate: number;
	samples: number;
	/** In bytes, with the header. */
	length: number;
}

const HEADER = 7;
const LONGEST_FRAME = 8191;
const LONGEST_TAG_HEADER = 32;
/** ISO/IEC 14496-3, table 1.18; the last three indexes are reserved. */
const SAMPLE_RATES = [
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/**
 * Reads a stream of AAC frames, header by header.
 *
 * @param start where the frames begin, behind the tags
 * @returns undefined when these are no such frames
 */
export function* readAdts(
	file: FileWindow,
	start: number,
): Reading<{ durationMs: number } | undefined> {
	const head = yield* file.at(start, LONGEST_FRAME + LONGEST_TAG_HEADER);
	const first = adtsFrame(head);
	if (!first || !isFollowed(head, first)) return undefined;
	let [at, ms, isInStep] = [start, 0, true];
	for (;;) {
		const bytes = yield* file.at(at, LONGEST_FRAME + LONGEST_TAG_HEADER);
		if (bytes.length < HEADER) return { durationMs: Math.floor(ms + 1e-6) };
		const frame = adtsFrame(bytes);
		if (frame && frame.length <= bytes.length && (isInStep || isFollowed(bytes, frame))) {
			ms += (frame.samples * 1000) / frame.sampleRate;
			at += frame.length;
			isInStep = true;
		} else {
			at += tagLength(bytes) || distanceToSync(bytes);
			isInStep = false;
		}
	}
}

/**
 * ISO/IEC 14496-3, 1.A.2.2: 12 bits of sync, then layer 0; a frame holds one to four blocks of 1024
 * samples.
 */
function adtsFrame(bytes: Buffer): AdtsFrame | undefined {
	if (bytes.length < HEADER || bytes[0] !== 0xff || (bytes[1] & 0xf6) !== 0xf0) return undefined;
	const sampleRate = SAMPLE_RATES[(bytes[2] >> 2) & 15];
	const length = ((bytes[3] & 3) << 11) | (bytes[4] << 3) | (bytes[5] >> 5);
	if (!sampleRate || length <= HEADER) return undefined;
	return { sampleRate, samples: 1024 * ((bytes[6] & 3) + 1), length };
}

/** Whether another frame of the same rate, a tag or the end of the file comes next. */
function isFollowed(bytes: Buffer, frame: AdtsFrame): boolean {
	if (frame.length > bytes.length) return false;
	const rest = bytes.subarray(frame.length);
	if (rest.length === 0 || tagLength(rest) > 0) return true;
	return adtsFrame(rest)?.sampleRate === frame.sampleRate;
}

function distanceToSync(bytes: Buffer): number {
	for (let at = bytes.indexOf(0xff, 1); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
		if (at + 1 === bytes.length || (bytes[at + 1] & 0xf6) === 0xf0) return at;
	}
	return bytes.length;
}
