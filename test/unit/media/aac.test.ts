import { mediumOf } from '../../../nodes/KlingLipSync/media/readMedium';
import { adtsFrames, id3v2 } from './makers';

const ms = (frames: number, rate = 44_100) => Math.floor((frames * 1024 * 1000) / rate);

it.each([
	[96_000, 0],
	[48_000, 3],
	[44_100, 4],
	[8000, 11],
	[7350, 12],
])('counts frames at %i Hz', (rate, index) => {
	expect(mediumOf(adtsFrames(50, index))).toMatchObject({
		format: 'aac',
		durationMs: ms(50, rate),
	});
});

it('counts the blocks of a frame', () => {
	const file = adtsFrames(50);
	for (let at = 6; at < file.length; at += 200) file[at] |= 1;
	expect(mediumOf(file).durationMs).toBe(ms(100));
});

it.each([
	['one frame', adtsFrames(1), 1],
	['one frame and a tag', Buffer.concat([adtsFrames(1), Buffer.alloc(128, 'TAG')]), 1],
	['a tag in front', Buffer.concat([id3v2(500), adtsFrames(20)]), 20],
	['a tag behind', Buffer.concat([adtsFrames(20), Buffer.alloc(128, 'TAG')]), 20],
	['a cut end', adtsFrames(20).subarray(0, -1), 19],
	[
		'junk between frames',
		Buffer.concat([adtsFrames(10), Buffer.alloc(77, 0xff), adtsFrames(10)]),
		20,
	],
	['a gap', Buffer.concat([adtsFrames(10).subarray(0, -9), adtsFrames(10)]), 19],
])('counts whole frames of a file with %s', (_, file, frames) => {
	expect(mediumOf(file)).toMatchObject({ format: 'aac', durationMs: ms(frames) });
});

it.each([
	['a reserved rate', adtsFrames(3, 13)],
	['a frame without content', adtsFrames(3, 4, 7)],
	['a lone header', Buffer.concat([adtsFrames(1), Buffer.alloc(500, 1)])],
	[
		'headers of different rates',
		Buffer.concat([adtsFrames(1, 4), adtsFrames(1, 3), adtsFrames(1, 4)]),
	],
])('does not take %s for AAC', (_, file) => {
	expect(mediumOf(file).format).toBe('unknown');
});
