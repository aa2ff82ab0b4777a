import { child, children, Numbers } from './mp4Boxes';

/** Samples of a track, in units of its time scale. */
export interface Samples {
	/** In the order of decoding, from the first one's begin to the last one's end. */
	length: number;
	/** How much later than decoded the first one is shown, so that others can be shown before. */
	shift: number;
}

/** A track of an MP4 or QuickTime file. */
export interface Track {
	id: number;
	kind: 'video' | 'audio';
	/** The four characters that name the coding, such as `avc1` or `mp4a`. */
	codec: string;
	/** In units a second. */
	timescale: number;
	/** Those that the index lists; those in fragments come on top. */
	samples: Samples;
	edits: Edit[];
	/** As shown, turned by the track's matrix. */
	width?: number;
	height?: number;
	/** The length of a sample in a fragment that gives none. */
	sampleLength: number;
}

/** A part of a track that is played. */
interface Edit {
	/** In units of the movie's time scale; 0 in a fragmented file, which means all. */
	length: number;
	/** In units of the track's time scale. */
	start: number;
}

/** What the index of the file (`moov`) says. */
export interface Movie {
	/** In units a second. */
	timescale: number;
	tracks: Track[];
	/** Whether samples may follow in fragments. */
	isFragmented: boolean;
	/** What a fragmented file announces as its length, in units of the movie's time scale. */
	announcedLength: number;
}

/** Reads the content of `moov`, ISO/IEC 14496-12, section 8. */
export function readMovie(moov: Buffer): Movie {
	const mvex = child(moov, 'mvex');
	const mehd = child(mvex, 'mehd');
	const sampleLengths = new Map(children(mvex, 'trex').map(trackDefault));
	const traks = children(moov, 'trak');
	const tracks = traks.map((trak) => readTrack(trak, sampleLengths));
	const chapterIds = new Set(traks.flatMap(chapterTracksOf));
	return {
		timescale: timescaleOf(child(moov, 'mvhd')),
		tracks: tracks.filter((track) => track !== undefined).filter(({ id }) => !chapterIds.has(id)),
		isFragmented: children(moov, 'mvex').length > 0,
		announcedLength: new Numbers(mehd).skip(4).next(mehd[0] === 1 ? 8 : 4),
	};
}

/**
 * How long a track plays, in ms.
 *
 * An edit list (section 8.6.6) leaves out what an encoder put in front and behind. Pauses in it
 * (start -1) are not counted: players differ about them, and without them nothing is too long.
 *
 * @param samples all of the track
 */
export function playedMs(
	{ timescale, edits }: Track,
	{ length, shift }: Samples,
	movieTimescale: number,
): number | undefined {
	if (timescale === 0 || length <= 0) return undefined;
	const parts = edits.filter(({ start }) => start >= 0);
	if (parts.length === 0) return Math.floor((length * 1000) / timescale);
	const seconds = parts.map((part) => {
		const rest = Math.max(0, length + shift - part.start) / timescale;
		const isAll = part.length === 0 || movieTimescale === 0;
		return isAll ? rest : Math.min(rest, part.length / movieTimescale);
	});
	return Math.floor(seconds.reduce((sum, part) => sum + part, 0) * 1000 + 1e-6);
}

function readTrack(trak: Buffer, sampleLengths: Map<number, number>): Track | undefined {
	const mdia = child(trak, 'mdia');
	const handler = child(mdia, 'hdlr').toString('latin1', 8, 12);
	const stsd = child(mdia, 'minf', 'stbl', 'stsd');
	const codec = stsd.toString('latin1', 12, 16);
	const isVideo = handler === 'vide';
	if (!isVideo && handler !== 'soun') return undefined;
	const tkhd = child(trak, 'tkhd');
	const id = new Numbers(tkhd).skip(tkhd[0] === 1 ? 20 : 12).next(4);
	return {
		id,
		kind: isVideo ? 'video' : 'audio',
		codec,
		timescale: timescaleOf(child(mdia, 'mdhd')),
		samples: samplesOf(child(mdia, 'minf', 'stbl')),
		edits: editsOf(child(trak, 'edts', 'elst')),
		sampleLength: sampleLengths.get(id) ?? 0,
		...(isVideo && sidesOf(tkhd, stsd)),
	};
}

/** `mvhd` and `mdhd` both: version and flags, two dates, then the time scale. */
function timescaleOf(header: Buffer): number {
	return new Numbers(header).skip(header[0] === 1 ? 20 : 12).next(4);
}

/** `tref`/`chap`: the tracks with names and pictures of chapters, which are no content. */
function chapterTracksOf(trak: Buffer): number[] {
	const ids = new Numbers(child(trak, 'tref', 'chap'));
	const found: number[] = [];
	while (!ids.isAtEnd) found.push(ids.next(4));
	return found;
}

/** `stts`: runs of samples of one length; `ctts`: runs of samples of one shift. */
function samplesOf(stbl: Buffer): Samples {
	const runs = new Numbers(child(stbl, 'stts').subarray(8));
	let length = 0;
	while (!runs.isAtEnd) length += runs.next(4) * runs.next(4);
	return { length, shift: new Numbers(child(stbl, 'ctts')).skip(12).nextSigned(4) };
}

function editsOf(elst: Buffer): Edit[] {
	const size = elst[0] === 1 ? 8 : 4;
	const numbers = new Numbers(elst.subarray(8));
	const edits: Edit[] = [];
	while (!numbers.isAtEnd) {
		edits.push({ length: numbers.next(size), start: numbers.nextSigned(size) });
		numbers.skip(4);
	}
	return edits;
}

/**
 * The sides in pixels, of the coded picture (`stsd`, a visual sample entry), else those of the track
 * header; swapped where its matrix turns the picture by a quarter: there a and d are 0.
 */
function sidesOf(tkhd: Buffer, stsd: Buffer): { width?: number; height?: number } {
	const header = new Numbers(tkhd).skip(tkhd[0] === 1 ? 52 : 40);
	const [a, , , , d] = [4, 4, 4, 4, 4].map((length) => header.next(length as 4));
	header.skip(16);
	const shown = [header.next(4) >>> 16, header.next(4) >>> 16];
	const entry = new Numbers(stsd).skip(8 + 8 + 8 + 16);
	const coded = [entry.next(2), entry.next(2)];
	const [width, height] = coded[0] > 0 && coded[1] > 0 ? coded : shown;
	if (width === 0 || height === 0) return {};
	return a === 0 && d === 0 ? { width: height, height: width } : { width, height };
}

/** `trex`: the track, and after the index of a description the length of its samples. */
function trackDefault(trex: Buffer): [number, number] {
	const numbers = new Numbers(trex).skip(4);
	return [numbers.next(4), numbers.skip(4).next(4)];
}
