import { inputProblem } from './problem';
import type { Face } from './task';
import { toNumber } from './parseInput';

/** When and how loud a face speaks, as the API names it: times in ms, volumes 0–2 with 1 = as it is. */
export interface Timing {
	sound_start_time?: number;
	sound_end_time?: number;
	sound_insert_time?: number;
	sound_volume?: number;
	original_audio_volume?: number;
}

/** The timing fields in the order in which people think of them, with the option that sets each. */
export const TIMING_FIELDS = [
	{ field: 'sound_insert_time', option: 'soundInsertTime', label: 'Start Speaking At (ms)' },
	{ field: 'sound_start_time', option: 'soundStartTime', label: 'Trim Audio From (ms)' },
	{ field: 'sound_end_time', option: 'soundEndTime', label: 'Trim Audio To (ms)' },
	{ field: 'sound_volume', option: 'soundVolume', label: 'Voice Volume' },
	{ field: 'original_audio_volume', option: 'originalAudioVolume', label: 'Original Audio Volume' },
] as const;

/** Shortest part of an audio that Kling takes, and shortest overlap with the face's interval, in ms. */
const SHORTEST_PART = 2000;
/** How far the end stays before the limit that binds, in ms: Kling refuses an end that is just past it. */
const MARGIN = 50;
const LOUDEST = 2;
/** A face has to be on screen for 2 s: an interval that ends below this can only be in seconds. */
const LONGEST_IN_SECONDS = 120;

/** Part of a video, in ms. */
export interface Interval {
	startMs: number;
	endMs: number;
}

/** What is known of the media when the times are worked out, in ms. */
export interface MediaLengths {
	audioMs?: number;
	/** When the face can be driven. */
	interval?: Interval;
	videoMs?: number;
}

/** The three times as they are sent, in ms. */
export interface AudioTimes {
	sound_start_time: number;
	sound_end_time: number;
	sound_insert_time: number;
}

/**
 * Timing from the node's options.
 *
 * @param options values by option name; empty ones are left out
 * @throws Problem for a value that is no number
 */
export function timingFromOptions(options: Record<string, unknown>): Timing {
	return readTiming(
		(field) => options[field.option],
		(label) => `'${label}'`,
	);
}

/**
 * Reads timing as a user wrote it: numbers or text, times rounded to whole ms, since the API takes
 * integers only.
 *
 * @param valueOf the value of a field
 * @param name how a field is called in messages, from its label
 * @throws Problem for a value that is no number or out of range
 */
export function readTiming(
	valueOf: (field: (typeof TIMING_FIELDS)[number]) => unknown,
	name: (label: string) => string,
): Timing {
	const timing: Timing = {};
	for (const timingField of TIMING_FIELDS) {
		const { field, label } = timingField;
		const isVolume = field === 'sound_volume' || field === 'original_audio_volume';
		const what = name(label.replace(' (ms)', ''));
		const value = toNumber(valueOf(timingField), what);
		if (value === undefined) continue;
		if (value < 0 || (isVolume && value > LOUDEST)) {
			throw inputProblem(
				isVolume
					? `${what} must be between 0 and 2. It is ${value}.`
					: `${what} must be 0 or more. It is ${value}.`,
				isVolume
					? 'Volumes go from 0 (silent) to 2 (twice as loud). 1 leaves the sound as it is.'
					: 'Enter the time in milliseconds.',
			);
		}
		timing[field] = isVolume ? value : Math.round(value);
	}
	// 0 is how n8n's number field says "nothing": no part of an audio ends there.
	if (timing.sound_end_time === 0) delete timing.sound_end_time;
	return timing;
}

/**
 * When a face can be driven.
 *
 * @returns undefined where the vendor does not say
 */
export function intervalOf({ startTime, endTime }: Face): Interval | undefined {
	const [start, end] = [Number(startTime ?? 0), Number(endTime ?? NaN)];
	if (!Number.isFinite(start) || !Number.isFinite(end) || end <= 0 || start >= end)
		return undefined;
	const unit = end <= LONGEST_IN_SECONDS ? 1000 : 1;
	return { startMs: start * unit, endMs: end * unit };
}

/**
 * The three times that Kling requires, without a default, by the rules of its reference: the end is
 * not later than the audio's length, the inserted audio does not run past the video, and at least
 * 2 s of it fall into the face's interval. What the user gave is never changed.
 *
 * @param given the times that the user set
 * @param known the lengths, as far as they are known
 * @param who whose audio it is, for messages
 * @returns the times, and how many ms of the audio's end did not fit
 * @throws Problem with the numbers when it can't hold
 */
export function audioTimes(
	given: Timing,
	known: MediaLengths,
	who: string,
): { times: AudioTimes; cutMs: number } {
	const { audioMs, interval, videoMs } = known;
	const start = given.sound_start_time ?? 0;
	const insert = given.sound_insert_time ?? defaultInsert(start, given.sound_end_time, known);
	const limits = [
		{ ms: audioMs, what: `the audio is ${seconds(audioMs)} long` },
		{
			ms: interval && start + interval.endMs - insert,
			what: `the face is on screen until ${seconds(interval?.endMs)}`,
		},
		{
			ms: videoMs === undefined ? undefined : start + videoMs - insert,
			what: `the video ends at ${seconds(videoMs)}`,
		},
	].filter((limit): limit is { ms: number; what: string } => limit.ms !== undefined);
	if (interval && interval.endMs - interval.startMs < SHORTEST_PART) {
		throw inputProblem(
			`${who} is on screen for only ${seconds(interval.endMs - interval.startMs)}`,
			'Kling needs a face for at least 2 seconds. Choose another face or another video.',
		);
	}

	const end = given.sound_end_time ?? latestEnd({ start, insert }, known, limits, who);
	if (given.sound_end_time !== undefined)
		refuseEnd(given.sound_end_time, { start, insert }, known, who);
	const overlap = overlapOf({ startMs: insert, endMs: insert + end - start }, interval);
	if (overlap < SHORTEST_PART) {
		throw inputProblem(
			`Only ${seconds(Math.max(0, overlap))} of the audio of ${who} would play while the face is on screen`,
			`The face is on screen from ${interval?.startMs} to ${interval?.endMs} ms, and the audio would play from ${insert} to ${insert + end - start} ms. At least 2000 ms must overlap: change 'Start Speaking At' or the trim.`,
		);
	}
	return {
		times: { sound_start_time: start, sound_end_time: end, sound_insert_time: insert },
		cutMs: given.sound_end_time === undefined ? cutOf(end, audioMs, limits) : 0,
	};
}

/** 0, but the interval's start where too little of the audio would fall into the interval. */
function defaultInsert(
	start: number,
	givenEnd: number | undefined,
	{ audioMs, interval, videoMs }: MediaLengths,
): number {
	if (!interval) return 0;
	const part = Math.floor(Math.min(givenEnd ?? Infinity, audioMs ?? Infinity)) - start;
	const endMs = Math.min(part, Math.floor(videoMs ?? Infinity));
	if (overlapOf({ startMs: 0, endMs }, interval) >= SHORTEST_PART) return 0;
	return Math.ceil(interval.startMs);
}

function latestEnd(
	{ start, insert }: { start: number; insert: number },
	{ audioMs, interval }: MediaLengths,
	limits: Array<{ ms: number; what: string }>,
	who: string,
): number {
	if (audioMs === undefined) {
		throw inputProblem(
			`The length of the audio of ${who} could not be determined`,
			"Set 'Trim Audio To' to the millisecond at which the audio ends: Kling requires it.",
		);
	}
	const limit = limits.reduce((least, other) => (other.ms < least.ms ? other : least));
	const latest = Math.floor(limit.ms);
	if (latest - start < SHORTEST_PART) {
		throw inputProblem(
			`Less than 2 seconds of the audio of ${who} can be used: ${limit.what}`,
			`The audio would be used from ${start} to ${latest} ms. Kling needs at least 2000 ms of it: use a longer audio, or change 'Start Speaking At' or 'Trim Audio From'.`,
		);
	}
	const untilSeen = Math.max(0, Math.ceil(interval?.startMs ?? 0) - insert);
	return Math.max(latest - MARGIN, Math.min(latest, start + untilSeen + SHORTEST_PART));
}

function refuseEnd(
	end: number,
	{ start, insert }: { start: number; insert: number },
	{ audioMs, videoMs }: MediaLengths,
	who: string,
): void {
	if (end - start < SHORTEST_PART) {
		throw inputProblem(
			`The part of the audio of ${who} is too short: it starts at ${start} ms and ends at ${end} ms`,
			"'Trim Audio To' must be at least 2000 ms after 'Trim Audio From'.",
		);
	}
	if (audioMs !== undefined && end > audioMs) {
		throw inputProblem(
			`'Trim Audio To' of ${who} is ${end} ms, but the audio ends at ${Math.floor(audioMs)} ms`,
			"Lower 'Trim Audio To', or leave it empty to use as much of the audio as fits.",
		);
	}
	if (videoMs !== undefined && insert + end - start > videoMs) {
		throw inputProblem(
			`The audio of ${who} would play until ${insert + end - start} ms, but the video ends at ${Math.floor(videoMs)} ms`,
			"Lower 'Trim Audio To' or 'Start Speaking At', or leave 'Trim Audio To' empty to use as much of the audio as fits.",
		);
	}
}

/** What of the audio does not fit; the margin before its own end is no cut. */
function cutOf(end: number, audioMs: number | undefined, limits: Array<{ ms: number }>): number {
	if (audioMs === undefined || limits.every(({ ms }) => ms >= audioMs)) return 0;
	return Math.max(0, Math.round(audioMs - end));
}

function overlapOf(part: Interval, interval: Interval | undefined): number {
	if (!interval) return part.endMs - part.startMs;
	return Math.min(part.endMs, interval.endMs) - Math.max(part.startMs, interval.startMs);
}

function seconds(ms: number | undefined): string {
	return `${Math.floor((ms ?? 0) / 10) / 100} s`;
}
