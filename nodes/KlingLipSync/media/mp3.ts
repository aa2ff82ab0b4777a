import type { FileWindow, Reading } from './fileWindow';
import type { MpegFrame } from './mpegFrame';
import { distanceToHeader, LONGEST_FRAME, mpegFrame } from './mpegFrame';
import { tagLength } from './tags';

/** What was found out about a stream of MPEG audio frames. */
export interface MpegAudio {
	layer: number;
	durationMs?: number;
}

/** What an encoder noted in the place of a first frame. */
interface EncoderNote {
	/** Samples that are no part of the sound, at the beginning. */
	delay: number;
	/** The same at the end. */
	padding: number;
	/** How many there are behind the note, as far as the encoder knew. */
	frames?: number;
}

/** How far into a file, behind its tags, the first frame is looked for, in bytes. */
const LONGEST_JUNK = 65_536;
const LONGEST_TAG_HEADER = 32;
/** Samples that every decoder of layer III adds to the encoder's delay. */
const DECODER_DELAY = 529;
/** How many times as many frames as noted there are in files that were joined. */
const JOINED_FROM = 17 / 16;
/** How much of a last frame that is cut may be missing in the answer, in ms. */
const MISSING_OF_CUT_FRAME = 50;

/**
 * Reads MPEG audio frame by frame: what an encoder noted about their number is wrong in every file
 * that was cut or joined.
 *
 * @param start where the frames begin, behind the tags
 * @returns undefined when these are no MPEG audio frames
 */
export function* readMpegAudio(file: FileWindow, start: number): Reading<MpegAudio | undefined> {
	const first = yield* firstFrame(file, start);
	if (!first) return undefined;
	const { layer, sampleRate } = first;
	if (first.length === 0) return { layer };
	const note = encoderNote(yield* file.at(first.at, first.length), first);
	let frame = note ? yield* nextFrame(file, first) : first;
	let [frames, ms] = [0, 0];
	while (frame) {
		const next: Found | undefined = yield* nextFrame(file, frame);
		const frameMs = (frame.samples * 1000) / frame.sampleRate;
		// Decoders differ about a frame that is cut, and about one with foreign bytes behind it.
		if (frame.isCut) ms += Math.max(0, frameMs - MISSING_OF_CUT_FRAME);
		else if (!next?.isBehindDamage) ms += frameMs;
		frames++;
		frame = next;
	}
	const silence = note ? (silentSamples(note, frames) * 1000) / sampleRate : 0;
	return { layer, durationMs: Math.max(0, Math.floor(ms - silence + 1e-6)) };
}

/** Samples at both ends that are no part of the sound. */
function silentSamples({ delay, padding, frames }: EncoderNote, found: number): number {
	const isWhole = frames !== undefined && found >= frames;
	// Files that were joined are played on where the first one's padding would be.
	const isJoined = frames !== undefined && found > frames * JOINED_FROM;
	return delay + (isWhole && !isJoined ? padding : 0);
}

type Found = MpegFrame & {
	at: number;
	/** Whether the file ends within it. */
	isCut?: boolean;
	/** Whether other things than zeros lie between the frame before and this one. */
	isBehindDamage?: boolean;
};

function* firstFrame(file: FileWindow, start: number): Reading<Found | undefined> {
	let at = start;
	while (at < start + LONGEST_JUNK) {
		const bytes = yield* file.at(at, 2 * LONGEST_FRAME);
		const frame = mpegFrame(bytes);
		// Behind junk, a header counts only with another one behind it.
		const isEnd = frame?.length === bytes.length && at > start;
		const isFrame = frame && !isEnd && isFollowed(bytes, frame);
		if (isFrame || (frame && at === start && isFreeFormat(bytes, frame))) return { ...frame, at };
		if (bytes.length < 4) return undefined;
		at += distanceToHeader(bytes);
	}
	return undefined;
}

/** The frame that follows on another one, or on what lies behind it; undefined at the end. */
function* nextFrame(file: FileWindow, last: Found): Reading<Found | undefined> {
	const start = last.at + last.length;
	let isBehindDamage = false;
	for (let at = start; ; ) {
		const bytes = yield* file.at(at, LONGEST_FRAME + LONGEST_TAG_HEADER);
		if (bytes.length < 4) return undefined;
		const frame = mpegFrame(bytes);
		if (frame && at === start && isSame(frame, last) && frame.length > 0) {
			return { ...frame, at, isCut: frame.length > bytes.length };
		}
		if (frame && isFollowed(bytes, frame)) return { ...frame, at, isBehindDamage };
		const foreign = tagLength(bytes) || distanceToHeader(bytes);
		isBehindDamage ||= bytes.subarray(0, foreign).some((byte) => byte !== 0);
		at += foreign;
	}
}

function isWhole(bytes: Buffer, frame: MpegFrame): boolean {
	return frame.length > 0 && frame.length <= bytes.length;
}

/** Whether another frame of the same kind, a tag or the end of the file comes next. */
function isFollowed(bytes: Buffer, frame: MpegFrame): boolean {
	if (!isWhole(bytes, frame)) return false;
	const rest = bytes.subarray(frame.length);
	const next = mpegFrame(rest);
	return rest.length === 0 || tagLength(rest) > 0 || (next !== undefined && isSame(next, frame));
}

/** Whether the same header, but for its padding, comes again twice at one distance. */
function isFreeFormat(bytes: Buffer, frame: MpegFrame): boolean {
	if (frame.length > 0) return false;
	const isHeaderAt = (at: number) => {
		const other = mpegFrame(bytes, at);
		return other !== undefined && other.length === 0 && isSame(other, frame);
	};
	for (let distance = 24; 2 * distance < bytes.length; distance++) {
		const again = [-4, -1, 0, 1, 4].map((padding) => 2 * distance + padding);
		if (isHeaderAt(distance) && again.some(isHeaderAt)) return true;
	}
	return false;
}

function isSame(frame: MpegFrame, other: MpegFrame): boolean {
	return (
		frame.version === other.version &&
		frame.layer === other.layer &&
		frame.sampleRate === other.sampleRate
	);
}

/**
 * Reads the frame in which an encoder notes how long the file is, and which is not played.
 *
 * Xing and Info: http://gabriel.mp3-tech.org/mp3infotag.html (the flags say which of frames, bytes,
 * table and quality are there; 21 bytes behind them begin 12 bits of delay and 12 of padding).
 * VBRI: 32 bytes behind the header, always.
 */
function encoderNote(bytes: Buffer, frame: MpegFrame): EncoderNote | undefined {
	if (frame.layer !== 3) return undefined;
	if (bytes.toString('latin1', 36, 40) === 'VBRI') return { delay: 0, padding: 0 };
	const sideInfo = frame.version === 1 ? (frame.isMono ? 17 : 32) : frame.isMono ? 9 : 17;
	const note = bytes.subarray(4 + sideInfo);
	if (note.length < 8 || !['Xing', 'Info'].includes(note.toString('latin1', 0, 4)))
		return undefined;
	const flags = note.readUInt32BE(4);
	const parts = [4, 4, 100, 4].map((length, bit) => (flags & (1 << bit) ? length : 0));
	const encoder = 8 + parts[0] + parts[1] + parts[2] + parts[3];
	const frames = flags & 1 && note.length >= 12 ? note.readUInt32BE(8) : undefined;
	if (
		note.length < encoder + 24 ||
		!/^[A-Z]/i.test(note.toString('latin1', encoder, encoder + 1))
	) {
		return { delay: 0, padding: 0, frames };
	}
	const [high, middle, low] = note.subarray(encoder + 21);
	return {
		delay: ((high << 4) | (middle >> 4)) + DECODER_DELAY,
		padding: Math.max(0, (((middle & 15) << 8) | low) - DECODER_DELAY),
		frames,
	};
}
