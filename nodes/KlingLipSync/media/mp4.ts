import type { FileWindow, Reading } from './fileWindow';
import { boxIn, contentOf } from './mp4Boxes';
import { fragmentsLength } from './mp4Fragments';
import type { Movie } from './mp4Tracks';
import { playedMs, readMovie } from './mp4Tracks';

/** What was found out about a file of the MP4 family. */
export interface Mp4 {
	isQuickTime: boolean;
	/** Nothing is known about tracks where the index can't be read. */
	hasVideo?: boolean;
	hasAudio?: boolean;
	/** Of the video, else of the audio: four characters such as `avc1` or `mp4a`. */
	codec?: string;
	/** Of the video, else of the audio. */
	durationMs?: number;
	/** In pixels, as shown. */
	width?: number;
	height?: number;
	/** `incomplete`: the file ends too early; `noIndex`: the part is missing that lists the rest. */
	defect?: 'incomplete' | 'noIndex';
}

/** Boxes without which the file can't be played. */
const NEEDED = ['moov', 'moof', 'mdat'];

/**
 * Reads an MP4, M4A or QuickTime file by the headers of its boxes, front to back. Only the index is
 * read as a whole, wherever it is.
 *
 * ISO/IEC 14496-12; QuickTime File Format, which knows files without `ftyp`.
 */
export function* readMp4(file: FileWindow): Reading<Mp4> {
	let isQuickTime = true;
	let hasData = false;
	let movie: Movie | undefined;
	let box = yield* boxIn(file, 0);
	for (; box; box = yield* boxIn(file, box.end)) {
		if (box.type === 'ftyp') {
			const brand = yield* file.at(box.at + box.headerLength, 4);
			isQuickTime = brand.toString('latin1') === 'qt  ';
		}
		if (box.type === 'moov' && !box.isCut) {
			const content = yield* contentOf(file, box);
			if (!content) return { isQuickTime };
			movie ??= readMovie(content);
		}
		hasData ||= box.type === 'mdat';
		if (box.isCut || (movie && (hasData || movie.isFragmented))) break;
	}
	const isCut = box?.isCut === true && NEEDED.includes(box.type);
	if (!movie) return { isQuickTime, defect: isCut ? 'incomplete' : 'noIndex' };
	const { tracks, isFragmented, timescale } = movie;
	const video = tracks.find(({ kind }) => kind === 'video');
	const track = video ?? tracks.at(0);
	const found: Mp4 = {
		isQuickTime,
		hasVideo: video !== undefined,
		hasAudio: tracks.some(({ kind }) => kind === 'audio'),
		...(track && { codec: track.codec }),
		...(video && { width: video.width, height: video.height }),
	};
	if (!track) return found;
	if (isCut || (!hasData && !isFragmented)) return { ...found, defect: 'incomplete' };
	const samples =
		isFragmented && box ? yield* fragmentsLength(file, box.end, track) : track.samples;
	if (samples === 'incomplete') return { ...found, defect: samples };
	return { ...found, durationMs: samples && playedMs(track, samples, timescale) };
}
