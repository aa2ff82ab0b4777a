import fc from 'fast-check';
import type { MediaLengths, Timing } from '../../nodes/KlingLipSync/task/audioTiming';
import {
	audioTimes,
	intervalOf,
	timingFromOptions,
} from '../../nodes/KlingLipSync/task/audioTiming';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import { problemOf } from './problemOf';

const times = (known: MediaLengths, given: Timing = {}) => audioTimes(given, known, 'Face 1');
const sent = (start: number, end: number, insert: number) => ({
	sound_start_time: start,
	sound_end_time: end,
	sound_insert_time: insert,
});

/** What Kling's reference demands of the three times. */
function faultOf(
	{
		sound_start_time: start,
		sound_end_time: end,
		sound_insert_time: insert,
	}: ReturnType<typeof sent>,
	{ audioMs, interval, videoMs }: MediaLengths,
): string | undefined {
	if (![start, end, insert].every((time) => Number.isInteger(time) && time >= 0)) return 'integers';
	if (end - start < 2000) return 'the part is too short';
	if (audioMs !== undefined && end > audioMs) return 'past the audio';
	if (videoMs !== undefined && insert + end - start > videoMs) return 'past the video';
	if (!interval) return undefined;
	const overlap =
		Math.min(insert + end - start, interval.endMs) - Math.max(insert, interval.startMs);
	return overlap < 2000 ? 'too little overlap' : undefined;
}

describe('the three times', () => {
	test('use the whole audio but for 50 ms, from the beginning of the video', () => {
		expect(times({ audioMs: 6400.7 })).toEqual({ times: sent(0, 6350, 0), cutMs: 0 });
	});

	test('end with the video, and say how much of the audio does not fit', () => {
		const lengths = { audioMs: 5300, videoMs: 5000, interval: { startMs: 0, endMs: 5000 } };
		expect(times(lengths)).toEqual({ times: sent(0, 4950, 0), cutMs: 350 });
	});

	test('end when the face leaves the screen', () => {
		const lengths = { audioMs: 9000, videoMs: 10_000, interval: { startMs: 0, endMs: 4000 } };
		expect(times(lengths)).toEqual({ times: sent(0, 3950, 0), cutMs: 5050 });
	});

	test('begin when the face comes, where too little of the audio would fall into its interval', () => {
		const interval = { startMs: 5000, endMs: 10_000 };
		expect(times({ audioMs: 6000, videoMs: 10_000, interval })).toEqual({
			times: sent(0, 4950, 5000),
			cutMs: 1050,
		});
		expect(times({ audioMs: 7000, videoMs: 10_000, interval }).times).toEqual(sent(0, 7000, 0));
	});

	test.each([
		[2000, 2000],
		[2020, 2000],
		[2050, 2000],
		[2051, 2001],
		[2100, 2050],
	])(
		'of an audio of %i ms end at %i: the margin gives way to the 2 s that Kling needs',
		(audioMs, end) => {
			expect(times({ audioMs }).times).toEqual(sent(0, end, 0));
		},
	);

	test('are what the user gave, unchanged', () => {
		const given = { sound_start_time: 500, sound_end_time: 3000, sound_insert_time: 1000 };
		const lengths = { audioMs: 3000, videoMs: 3500, interval: { startMs: 0, endMs: 3500 } };
		expect(times(lengths, given)).toEqual({ times: sent(500, 3000, 1000), cutMs: 0 });
	});

	test('count what the user trims from the front', () => {
		expect(times({ audioMs: 8000, videoMs: 5000 }, { sound_start_time: 1000 })).toEqual({
			times: sent(1000, 5950, 0),
			cutMs: 2050,
		});
	});

	test.each([
		['an end after the audio', { audioMs: 5000 }, { sound_end_time: 5001 }, /5001 ms.*5000 ms/],
		[
			'an end past the video',
			{ audioMs: 9000, videoMs: 5000 },
			{ sound_end_time: 5001 },
			/5001 ms.*5000 ms/,
		],
		[
			'a part under 2 s',
			{ audioMs: 9000 },
			{ sound_start_time: 8000 },
			/Less than 2 seconds.*9 s long/,
		],
		[
			'a part of 1999 ms',
			{},
			{ sound_start_time: 1, sound_end_time: 2000 },
			/too short.*1 ms.*2000 ms/,
		],
		['an audio under 2 s', { audioMs: 1999 }, {}, /Less than 2 seconds/],
		[
			'a face that leaves too soon',
			{ audioMs: 9000, interval: { startMs: 0, endMs: 1999 } },
			{},
			/on screen for only 1.99 s/,
		],
		[
			'an insert too late for the face',
			{ audioMs: 9000, interval: { startMs: 0, endMs: 5000 } },
			{ sound_insert_time: 3001 },
			/Less than 2 seconds.*until 5 s/,
		],
		[
			'an insert too early for the face',
			{ audioMs: 3000, interval: { startMs: 5000, endMs: 9000 } },
			{ sound_insert_time: 1000 },
			/Only .* while the face is on screen/,
		],
		['an audio of unknown length', {}, {}, /length of the audio of Face 1/],
	])('are refused with the numbers: %s', (_, known, given, message) => {
		const problem = problemOf(() => times(known as MediaLengths, given));
		expect(problem.kind).toBe('input');
		expect(`${problem.message} ${problem.hint}`).toMatch(message);
	});

	const onScreen = { startMs: 2000, endMs: 9000 };
	test.each<[MediaLengths, Timing, string, string]>([
		[
			{ audioMs: 5000.9 },
			{ sound_end_time: 5001 },
			"'Trim Audio To' of Face 1 is 5001 ms, but the audio ends at 5000 ms",
			"Lower 'Trim Audio To', or leave it empty to use as much of the audio as fits.",
		],
		[
			{ audioMs: 9000, videoMs: 5000.9 },
			{ sound_start_time: 500, sound_end_time: 5000, sound_insert_time: 1000 },
			'The audio of Face 1 would play until 5500 ms, but the video ends at 5000 ms',
			"Lower 'Trim Audio To' or 'Start Speaking At', or leave 'Trim Audio To' empty to use as much of the audio as fits.",
		],
		[
			{},
			{ sound_start_time: 1, sound_end_time: 2000 },
			'The part of the audio of Face 1 is too short: it starts at 1 ms and ends at 2000 ms',
			"'Trim Audio To' must be at least 2000 ms after 'Trim Audio From'.",
		],
		[
			{ audioMs: 9000, videoMs: 5000 },
			{ sound_start_time: 500, sound_insert_time: 3500 },
			'Less than 2 seconds of the audio of Face 1 can be used: the video ends at 5 s',
			"The audio would be used from 500 to 2000 ms. Kling needs at least 2000 ms of it: use a longer audio, or change 'Start Speaking At' or 'Trim Audio From'.",
		],
		[
			{ audioMs: 9000, interval: { startMs: 1000, endMs: 2500 } },
			{},
			'Face 1 is on screen for only 1.5 s',
			'Kling needs a face for at least 2 seconds. Choose another face or another video.',
		],
		[
			{ audioMs: 9000, interval: onScreen },
			{ sound_start_time: 100, sound_end_time: 3100, sound_insert_time: 500 },
			'Only 1.5 s of the audio of Face 1 would play while the face is on screen',
			"The face is on screen from 2000 to 9000 ms, and the audio would play from 500 to 3500 ms. At least 2000 ms must overlap: change 'Start Speaking At' or the trim.",
		],
		[
			{ audioMs: 60_000, interval: onScreen },
			{ sound_end_time: 2000, sound_insert_time: 20_000 },
			'Only 0 s of the audio of Face 1 would play while the face is on screen',
			"The face is on screen from 2000 to 9000 ms, and the audio would play from 20000 to 22000 ms. At least 2000 ms must overlap: change 'Start Speaking At' or the trim.",
		],
		[
			{},
			{},
			'The length of the audio of Face 1 could not be determined',
			"Set 'Trim Audio To' to the millisecond at which the audio ends: Kling requires it.",
		],
	])('that can not hold are refused in words: %j, %j', (known, given, message, hint) => {
		const { message: text, hint: advice } = problemOf(() => times(known, given));
		expect([text, advice]).toEqual([message, hint]);
	});

	test('may have exactly the 2 s that Kling needs, in each respect', () => {
		const interval = { startMs: 0, endMs: 2000 };
		expect(times({ audioMs: 9000, interval }).times).toEqual(sent(0, 2000, 0));
		expect(times({}, { sound_start_time: 10, sound_end_time: 2010 }).times).toEqual(
			sent(10, 2010, 0),
		);
		expect(times({ audioMs: 2000, videoMs: 2000 }).times).toEqual(sent(0, 2000, 0));
	});

	test('begin with the face where the user trims so much that too little would fall into its interval', () => {
		const known = { audioMs: 8000, videoMs: 20_000, interval: { startMs: 5000, endMs: 15_000 } };
		expect(times(known).times).toEqual(sent(0, 7950, 0));
		expect(times(known, { sound_start_time: 1500 }).times).toEqual(sent(1500, 7950, 5000));
		const short = { audioMs: 60_000, videoMs: 6500, interval: { startMs: 4000, endMs: 6500 } };
		expect(times(short).times).toEqual(sent(0, 6450, 0));
	});

	test('need no length of the audio where the user gives the end', () => {
		expect(times({}, { sound_end_time: 4000 })).toEqual({ times: sent(0, 4000, 0), cutMs: 0 });
	});

	test('are such that Kling accepts them, or refused, whatever the lengths are', () => {
		const fraction = fc.constantFrom(0, 0.1, 0.5, 0.999);
		const ms = fc.tuple(fc.nat(61_000), fraction).map(([whole, rest]) => whole + rest);
		const time = fc.option(fc.nat(20_000), { nil: undefined });
		const lengths = fc.record({
			audioMs: ms,
			videoMs: fc.option(ms, { nil: undefined }),
			interval: fc.option(
				fc.tuple(ms, ms).map(([a, b]) => ({ startMs: Math.min(a, b), endMs: Math.max(a, b) })),
				{ nil: undefined },
			),
		});
		const given = fc.record({
			sound_start_time: time,
			sound_end_time: time,
			sound_insert_time: time,
		});
		let accepted = 0;
		fc.assert(
			fc.property(lengths, given, (known, timing) => {
				try {
					const { times: found, cutMs } = times(known, timing as Timing);
					accepted++;
					expect(faultOf(found, known)).toBeUndefined();
					expect(cutMs).toBeGreaterThanOrEqual(0);
				} catch (error) {
					expect(error).toBeInstanceOf(Problem);
				}
			}),
			{ numRuns: 5000 },
		);
		expect(accepted).toBeGreaterThan(500);
	});

	test('refuse no media of common lengths that could be used', () => {
		for (let audioMs = 2000; audioMs <= 60_000; audioMs += 37) {
			for (const videoMs of [undefined, 2000, 5004, 10_010, 60_000]) {
				const interval = videoMs === undefined ? undefined : { startMs: 0, endMs: videoMs };
				const known = { audioMs, videoMs, interval };
				expect(faultOf(times(known).times, known)).toBeUndefined();
			}
		}
	});
});

describe('the interval of a face', () => {
	test('is in ms, also where a service in between tells it in seconds', () => {
		expect(intervalOf({ faceId: '0', startTime: 0, endTime: 5200 })).toEqual({
			startMs: 0,
			endMs: 5200,
		});
		expect(intervalOf({ faceId: '0', startTime: 1.5, endTime: 5.2 })).toEqual({
			startMs: 1500,
			endMs: 5200,
		});
		expect(intervalOf({ faceId: '0', startTime: '0', endTime: '4000' })).toEqual({
			startMs: 0,
			endMs: 4000,
		});
	});

	test('is in seconds up to the longest video that Kling takes, beyond that in ms', () => {
		const longest = intervalOf({ faceId: '0', startTime: 0, endTime: 60 });
		expect(longest).toEqual({ startMs: 0, endMs: 60_000 });
	});

	test('is unknown where the vendor does not say, or says what can not be', () => {
		for (const face of [
			{},
			{ startTime: 5000, endTime: 4000 },
			{ startTime: 4000, endTime: 4000 },
			{ endTime: 0 },
			{ startTime: -10, endTime: -5 },
			{ endTime: 'x' },
		]) {
			expect(intervalOf({ faceId: '0', ...face })).toBeUndefined();
		}
	});
});

describe('timing from the options', () => {
	const MILLISECONDS = 'Enter the time in milliseconds.';
	const VOLUMES = 'Volumes go from 0 (silent) to 2 (twice as loud). 1 leaves the sound as it is.';

	test('has the names of the API, and only what was set', () => {
		expect(
			timingFromOptions({
				soundStartTime: 0,
				soundEndTime: '4000',
				soundInsertTime: 1500.4,
				soundVolume: 1.55,
				originalAudioVolume: '',
				includeRaw: true,
			}),
		).toEqual({
			sound_start_time: 0,
			sound_end_time: 4000,
			sound_insert_time: 1500,
			sound_volume: 1.55,
		});
	});

	test('takes an end of 0 for no end', () => {
		expect(timingFromOptions({ soundEndTime: 0 })).toEqual({});
	});

	test.each(['soon', NaN, true, [1]])('refuses %p for a time', (value) => {
		const problem = problemOf(() => timingFromOptions({ soundStartTime: value }));
		expect(problem.message).toMatch(/'Trim Audio From' must be a number/);
	});

	test.each([
		[{ soundInsertTime: -1 }, "'Start Speaking At' must be 0 or more. It is -1.", MILLISECONDS],
		[{ soundVolume: 2.01 }, "'Voice Volume' must be between 0 and 2. It is 2.01.", VOLUMES],
		[
			{ originalAudioVolume: -0.1 },
			"'Original Audio Volume' must be between 0 and 2. It is -0.1.",
			VOLUMES,
		],
	])('refuses %p', (options, message, hint) => {
		expect(problemOf(() => timingFromOptions(options))).toMatchObject({ message, hint });
	});

	test('takes the loudest that there is', () => {
		expect(timingFromOptions({ soundVolume: 2 })).toEqual({ sound_volume: 2 });
	});
});
