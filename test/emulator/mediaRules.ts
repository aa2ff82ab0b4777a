import type { MediaFormat, MediaReport } from './mediaReport';
import type { FaceChoice } from './requests';
import type { Face } from './tasks';

const MB = 1024 * 1024;
/** The largest files that the service takes, in bytes. */
export const LARGEST = { audio: 5 * MB, video: 100 * MB };
/** The shortest part of an audio that can be used, and the shortest that must meet the face. */
export const SHORTEST_PART_MS = 2000;

const SHORTEST_MS = 2000;
const LONGEST_MS = 60_000;
const SHORTEST_SIDE = 512;
const LONGEST_SIDE = 2160;
const AUDIO_FORMATS: MediaFormat[] = ['mp3', 'wav', 'm4a', 'aac'];
const VIDEO_FORMATS: MediaFormat[] = ['mp4', 'mov'];
// What these two formats hold can be played as far as it goes.
const PLAYABLE_WHEN_CUT: Array<MediaReport['format']> = ['mp3', 'wav', 'aac'];

function findFileFault(
	{ format, formatName, ms, isTruncated }: MediaReport,
	formats: MediaFormat[],
): string | null {
	if (!formats.some((known) => known === format)) {
		return `is not ${formats.join(', ')} but ${formatName || 'of an unknown format'}`;
	}
	if (ms === undefined || (isTruncated && !PLAYABLE_WHEN_CUT.includes(format))) return 'is broken';
	if (ms < SHORTEST_MS || ms > LONGEST_MS) {
		return `is ${ms / 1000} s long, it must be ${SHORTEST_MS / 1000} to ${LONGEST_MS / 1000} s`;
	}
	return null;
}

/** Why an audio file can't be used, null when it can. */
export function findAudioFault(report: MediaReport): string | null {
	return findFileFault(report, AUDIO_FORMATS);
}

/** Why a video can't be used, null when it can. */
export function findVideoFault(report: MediaReport): string | null {
	const { width = 0, height = 0 } = report;
	const fault = findFileFault(report, VIDEO_FORMATS);
	if (fault) return fault;
	return Math.min(width, height) < SHORTEST_SIDE || Math.max(width, height) > LONGEST_SIDE
		? `has ${width}×${height} pixels, each side must be ${SHORTEST_SIDE} to ${LONGEST_SIDE}`
		: null;
}

/**
 * Why the times of a face's audio don't fit, null when they do. The choice has whole times, `audioMs` is the
 * audio's length where it is known.
 */
export function findTimingFault(
	choice: FaceChoice,
	{ audioMs = Infinity, videoMs, face }: { audioMs?: number; videoMs: number; face: Face },
): string | null {
	const { sound_start_time: start = 0, sound_end_time: end = 0 } = choice;
	const { sound_insert_time: insertedAt = 0 } = choice;
	if (end > audioMs) {
		return `sound_end_time (${end}) is later than the end of the audio (${audioMs} ms)`;
	}
	const until = insertedAt + end - start;
	if (until > videoMs) {
		return `the inserted audio ends at ${until} ms, after the end of the video (${videoMs} ms)`;
	}
	const overlap = Math.min(until, face.end_time) - Math.max(insertedAt, face.start_time);
	return overlap < SHORTEST_PART_MS
		? `the inserted audio overlaps the interval of the face (${face.start_time}–${face.end_time} ms) by ${Math.max(0, overlap)} ms, at least ${SHORTEST_PART_MS} are required`
		: null;
}
