import type { MediumKind } from '../../../nodes/KlingLipSync/media/klingLimits';
import { checkLimits, mostBytes } from '../../../nodes/KlingLipSync/media/klingLimits';
import type { Medium } from '../../../nodes/KlingLipSync/media/readMedium';
import { attempt, Problem } from '../../../nodes/KlingLipSync/task/problem';

const AUDIO: Medium = { format: 'mp3', durationMs: 8000, bytes: 100_000 };
const VIDEO: Medium = {
	format: 'mp4',
	durationMs: 8000,
	bytes: 9_000_000,
	width: 1280,
	height: 720,
};

/** The problem with a medium; undefined when there is none. */
function problemOf(medium: Medium, kind: MediumKind): Problem | undefined {
	const problem = attempt(() => checkLimits(medium, kind, `The ${kind}`));
	return problem instanceof Problem ? problem : undefined;
}

const audio = (more: Partial<Medium>) => problemOf({ ...AUDIO, ...more }, 'audio');
const video = (more: Partial<Medium>) => problemOf({ ...VIDEO, ...more }, 'video');

it.each<[string, Medium, MediumKind]>([
	['an mp3', AUDIO, 'audio'],
	['a wav', { ...AUDIO, format: 'wav' }, 'audio'],
	['an m4a', { ...AUDIO, format: 'm4a', codec: 'mp4a' }, 'audio'],
	['an aac', { ...AUDIO, format: 'aac' }, 'audio'],
	['an audio of which only the format is known', { format: 'mp3' }, 'audio'],
	['an audio of 5 MB, in the larger definition', { ...AUDIO, bytes: 5_242_880 }, 'audio'],
	['an audio of 2 s that was read a little too short', { ...AUDIO, durationMs: 1900 }, 'audio'],
	['an audio of 60 s with what an encoder adds', { ...AUDIO, durationMs: 60_500 }, 'audio'],
	['an mp4', VIDEO, 'video'],
	['a mov', { ...VIDEO, format: 'mov' }, 'video'],
	['a video of which only the format is known', { format: 'mp4' }, 'video'],
	['a video of 100 MB, in the larger definition', { ...VIDEO, bytes: 104_857_600 }, 'video'],
	['a video with the smallest sides', { ...VIDEO, width: 512, height: 512 }, 'video'],
	['a video with the largest sides', { ...VIDEO, width: 2160, height: 2160 }, 'video'],
	['an upright video', { ...VIDEO, width: 1080, height: 1920 }, 'video'],
])('lets %s pass', (_, medium, kind) => {
	expect(problemOf(medium, kind)).toBeUndefined();
});

it.each([
	['The audio is empty', () => audio({ format: 'empty', bytes: 0 })],
	['The audio is an Ogg file', () => audio({ format: 'ogg' })],
	['The audio is an MP4 file, not an audio file', () => audio({ format: 'mp4' })],
	['The audio is an MPEG layer II file (MP2)', () => audio({ format: 'mp2' })],
	['The audio is a file of an unknown format', () => audio({ format: 'unknown' })],
	['The audio is a web page, not an audio file', () => audio({ format: 'html' })],
	['The audio is a JSON text, not an audio file', () => audio({ format: 'json' })],
	[
		'The audio is incomplete: its end is missing',
		() => audio({ format: 'm4a', defect: 'incomplete' }),
	],
	[
		'The audio is incomplete: its end is missing',
		() => audio({ format: 'mp4', defect: 'incomplete' }),
	],
	['The audio is broken: there is nothing in it to play', () => audio({ defect: 'noContent' })],
	['The audio is too large: 15.3 MB', () => audio({ bytes: 15_300_000 })],
	['The audio is too large: more than 5.2 MB', () => audio({ bytes: 5_242_881, isLarger: true })],
	[
		'The audio is too large: more than 5.2 MB',
		() => audio({ format: 'mp4', bytes: 5_242_881, isLarger: true }),
	],
	['The audio is too long: 61.0 s', () => audio({ durationMs: 61_000 })],
	['The audio is too short: 1.0 s', () => audio({ durationMs: 1000 })],
	['The audio is too short: 0.0 s', () => audio({ format: 'wav', durationMs: 0 })],
	['The video is a WebM or Matroska file', () => video({ format: 'webm' })],
	['The video is an MP3 file, not a video', () => video({ format: 'mp3' })],
	['The video has no picture, only sound', () => video({ format: 'm4a' })],
	['The video is a web page, not a video', () => video({ format: 'html' })],
	[
		'The video is broken: the part that lists its contents is missing',
		() => video({ defect: 'noIndex' }),
	],
	['The video is too large: 120.0 MB', () => video({ bytes: 120_000_000 })],
	['The video is too long: 61.0 s', () => video({ durationMs: 61_000 })],
	['The video is too short: 1.9 s', () => video({ durationMs: 1899 })],
	['The video is 3840 × 2160 pixels', () => video({ width: 3840, height: 2160 })],
	['The video is 854 × 480 pixels', () => video({ width: 854, height: 480 })],
])('says: %s', (message, look) => {
	const problem = look();
	expect(problem?.message).toBe(message);
	expect(problem?.hint).toMatch(/\. Nothing was sent or charged\.$/);
});

it('names what Kling takes, and what to do', () => {
	expect(audio({ format: 'ogg' })?.hint).toMatch(/^Kling takes mp3, wav, m4a and aac\. Convert/);
	expect(video({ format: 'avi' })?.hint).toMatch(/^Kling takes mp4 and mov\. Convert/);
	expect(audio({ format: 'mp4' })?.hint).toMatch(
		/^Kling takes mp3, wav, m4a and aac\. Use the audio/,
	);
	expect(video({ format: 'wav' })?.hint).toMatch(/^Kling takes mp4 and mov\. Use the video/);
	expect(audio({ bytes: 15_300_000 })?.hint).toMatch(/up to 5 MB\. Save it as mp3/);
	expect(video({ bytes: 115_300_000 })?.hint).toMatch(/up to 100 MB\. Compress/);
	expect(audio({ durationMs: 90_000 })?.hint).toMatch(/up to 60 seconds of audio\. Cut it/);
	expect(video({ durationMs: 900 })?.hint).toMatch(/at least 2 seconds of video/);
	expect(video({ width: 3840, height: 2160 })?.hint).toMatch(/512 to 2160 pixels/);
	expect(video({ format: 'html' })?.hint).toMatch(/a message in place of the file/);
});

it('knows the size up to which a medium has to be read', () => {
	expect(audio({ bytes: mostBytes('audio') })).toBeUndefined();
	expect(audio({ bytes: mostBytes('audio') + 1 })).toBeDefined();
	expect(video({ bytes: mostBytes('video') })).toBeUndefined();
	expect(video({ bytes: mostBytes('video') + 1 })).toBeDefined();
});
