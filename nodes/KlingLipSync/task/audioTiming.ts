import { inputProblem } from './problem';
import { toNumber } from './userInput';

/** When and how loud a face speaks. */
export interface Timing {
	sound_start_time?: number;
	sound_end_time?: number;
	sound_insert_time?: number;
	sound_volume?: number;
	original_audio_volume?: number;
}

/** The timing fields in the order in which people think of them, with the option that sets each. */
export const TIMING_FIELDS = [
	{ field: 'sound_insert_time', option: 'soundInsertTime', label: 'speaks from (ms)' },
	{ field: 'sound_start_time', option: 'soundStartTime', label: 'audio used from (ms)' },
	{ field: 'sound_end_time', option: 'soundEndTime', label: 'audio used until (ms)' },
	{ field: 'sound_volume', option: 'soundVolume', label: 'audio volume (0–2)' },
	{
		field: 'original_audio_volume',
		option: 'originalAudioVolume',
		label: 'original volume (0–2)',
	},
] as const;

/** The API wants the used part of the audio to be at least this long, in ms. */
const SHORTEST_PART = 2000;
const LOUDEST = 2;

/**
 * Timing from the node's options.
 *
 * @param options values by option name; empty ones are left out
 * @throws Problem for a value that is no number
 */
export function timingFromOptions(options: Record<string, unknown>): Timing {
	const timing: Timing = {};
	for (const { field, option, label } of TIMING_FIELDS) {
		const value = toNumber(options[option], `The option for "${label}"`);
		if (value !== undefined) timing[field] = value;
	}
	return timing;
}

/**
 * Refuses timing that is certain to be refused by the API.
 *
 * @param of whose timing it is, for the message
 * @throws Problem naming the field
 */
export function checkTiming(entry: Timing, of: string): void {
	for (const { field } of TIMING_FIELDS) {
		const value: unknown = entry[field];
		if (value === undefined) continue;
		if (typeof value !== 'number' || !Number.isFinite(value)) {
			throw inputProblem(
				`"${field}" ${of} has to be a number`,
				'Write it without quotes and units.',
			);
		}
		const isVolume = field === 'sound_volume' || field === 'original_audio_volume';
		if (value < 0 || (isVolume && value > LOUDEST)) {
			throw inputProblem(
				`"${field}" ${of} is out of range: ${value}`,
				isVolume
					? 'Volumes go from 0 (silent) to 2 (twice as loud); 1 leaves the audio as it is.'
					: 'Times are milliseconds, 0 or more.',
			);
		}
	}
	const { sound_start_time: start = 0, sound_end_time: end } = entry;
	if (end !== undefined && end - start < SHORTEST_PART) {
		throw inputProblem(
			`The part of the audio ${of} is too short: it ends at ${end} ms and starts at ${start} ms`,
			`The end has to be at least ${SHORTEST_PART} ms after the start.`,
		);
	}
}
