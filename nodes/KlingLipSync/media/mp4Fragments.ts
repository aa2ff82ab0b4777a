import type { FileWindow, Reading } from './fileWindow';
import { boxIn, child, children, contentOf, flagsOf, Numbers } from './mp4Boxes';
import type { Samples, Track } from './mp4Tracks';

/** How often bytes of fragments are asked for where that costs a request each time. */
const MOST_READS = 40;
/** In bytes: a file below this is not worth a look at its end. */
const WORTH_SEEKING = 1_000_000;
const MFRO_LENGTH = 16;

/** A part of a track. */
interface TrackPart extends Samples {
	/** Where it begins, in units of the track's time scale; not given by every file. */
	start?: number;
}

/**
 * Measures a track of a file whose samples come in fragments.
 *
 * @param start where the boxes behind the file's index begin
 * @returns undefined when that would take too many reads
 */
export function* fragmentsLength(
	file: FileWindow,
	start: number,
	track: Track,
): Reading<Samples | 'incomplete' | undefined> {
	let first = track.samples.length > 0 ? 0 : undefined;
	let { length: end, shift } = track.samples;
	let isFirst = true;
	const add = (part: TrackPart | undefined) => {
		if (!part) return;
		const begin = part.start ?? end;
		if (first === undefined) [first, shift] = [begin, part.shift];
		end = Math.max(end, begin + part.length);
	};
	for (let box = yield* boxIn(file, start); box; ) {
		if (box.isCut && ['moof', 'mdat', 'sidx'].includes(box.type)) return 'incomplete';
		let next = box.end;
		if (box.type === 'moof' || box.type === 'sidx') {
			const content = yield* contentOf(file, box);
			if (!content || (file.canSeek && file.reads > MOST_READS)) return undefined;
			if (box.type === 'moof') {
				const part = fragmentPart(content, track);
				add(part);
				if (isFirst && part?.start !== undefined) {
					next = Math.max(next, (yield* lastFragment(file, track)) ?? next);
				}
				isFirst = false;
			} else {
				const part = indexedPart(content, track);
				add(part);
				next += part?.bytes ?? 0;
				if (file.size !== undefined && next > file.size) return 'incomplete';
			}
		}
		box = yield* boxIn(file, next);
	}
	return { length: end - (first ?? 0), shift };
}

/**
 * What the content of a fragment's `moof` says about a track, ISO/IEC 14496-12, section 8.8.
 *
 * @returns undefined when the fragment has nothing of that track
 */
function fragmentPart(moof: Buffer, track: Track): TrackPart | undefined {
	const parts = children(moof, 'traf').filter(
		(traf) => new Numbers(child(traf, 'tfhd')).skip(4).next(4) === track.id,
	);
	if (parts.length === 0) return undefined;
	const tfdt = child(parts[0], 'tfdt');
	const runs = parts.flatMap((traf) => runsOf(traf, track.sampleLength));
	return {
		...(tfdt.length > 0 && { start: new Numbers(tfdt).skip(4).next(tfdt[0] === 1 ? 8 : 4) }),
		length: runs.reduce((sum, run) => sum + run.length, 0),
		shift: runs[0]?.shift ?? 0,
	};
}

/** `tfhd`: optional fields by flag; 1 is an offset of 8 bytes, 2 a description, 8 the length. */
function runsOf(traf: Buffer, trackDefaultLength: number): Samples[] {
	const tfhd = child(traf, 'tfhd');
	const flags = flagsOf(tfhd);
	const fields = new Numbers(tfhd).skip(8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0));
	const sampleLength = flags & 8 ? fields.next(4) : trackDefaultLength;
	return children(traf, 'trun').map((trun) => runOf(trun, sampleLength));
}

/**
 * `trun`: optional fields by flag; 1 is an offset, 4 the flags of the first sample, then of each
 * sample 0x100 its length, 0x200 its size, 0x400 its flags, 0x800 its shift.
 */
function runOf(trun: Buffer, sampleLength: number): Samples {
	const flags = flagsOf(trun);
	const widthOf = (bits: number[]) => bits.filter((bit) => flags & bit).length * 4;
	const samples = new Numbers(trun).skip(4);
	const count = samples.next(4);
	samples.skip(widthOf([1, 4]));
	const first = new Numbers(trun).skip(8 + widthOf([1, 4, 0x100, 0x200, 0x400]));
	const shift = flags & 0x800 ? first.nextSigned(4) : 0;
	if (!(flags & 0x100)) return { length: count * sampleLength, shift };
	let length = 0;
	for (let index = 0; index < count && !samples.isAtEnd; index++) {
		length += samples.next(4);
		samples.skip(widthOf([0x200, 0x400, 0x800]));
	}
	return { length, shift };
}

/**
 * Reads a segment index (`sidx`, section 8.16.3), which spares a walk through the fragments.
 *
 * @returns the part of the track that it lists, and how many bytes behind the index this part ends;
 * undefined when it is about another track
 */
function indexedPart(
	sidx: Buffer,
	track: Track,
): (Required<TrackPart> & { bytes: number }) | undefined {
	const numbers = new Numbers(sidx).skip(4);
	const [id, timescale] = [numbers.next(4), numbers.next(4)];
	if (id !== track.id || timescale === 0) return undefined;
	const size = sidx[0] === 0 ? 4 : 8;
	const [start, offset] = [numbers.next(size), numbers.next(size)];
	const count = numbers.skip(2).next(2);
	let [length, bytes] = [0, offset];
	for (let index = 0; index < count && !numbers.isAtEnd; index++) {
		bytes += numbers.next(4) % 2 ** 31;
		length += numbers.next(4);
		numbers.skip(4);
	}
	const scale = track.timescale / timescale;
	// The times are those of the presentation, in which an edit has taken the shift of a video away.
	const shift = track.kind === 'video' ? Math.max(0, track.edits[0]?.start ?? 0) : 0;
	return { start: start * scale, length: length * scale, shift, bytes };
}

/**
 * Where the last fragment begins in which the track can be entered, by the list that some files have
 * at their end (`mfra`, section 8.8.9).
 *
 * @returns undefined when there is no such list, or it is no shortcut
 */
function* lastFragment(file: FileWindow, track: Track): Reading<number | undefined> {
	if (!file.canSeek || !file.size || file.size < WORTH_SEEKING) return undefined;
	const mfro = yield* file.at(file.size - MFRO_LENGTH, MFRO_LENGTH);
	if (mfro.toString('latin1', 4, 8) !== 'mfro') return undefined;
	const mfra = yield* boxIn(file, file.size - mfro.readUInt32BE(12));
	if (mfra?.type !== 'mfra') return undefined;
	return lastEntry((yield* contentOf(file, mfra)) ?? mfro, track);
}

function lastEntry(mfra: Buffer, track: Track): number | undefined {
	const tfra = children(mfra, 'tfra').find(
		(entry) => new Numbers(entry).skip(4).next(4) === track.id,
	);
	if (!tfra || tfra.length < 16) return undefined;
	const size = tfra[0] === 1 ? 8 : 4;
	// The sizes of three further numbers of an entry: two bits each, less one.
	const others = ((tfra[11] >> 4) & 3) + ((tfra[11] >> 2) & 3) + (tfra[11] & 3) + 3;
	const last = tfra.length - 2 * size - others;
	return last < 16 ? undefined : new Numbers(tfra).skip(last + size).next(size);
}
