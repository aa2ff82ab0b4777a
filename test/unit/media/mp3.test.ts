import { mediumOf } from '../../../nodes/KlingLipSync/media/readMedium';
import { FRAMES, id3v2, mpegFrames, noteFrame } from './makers';

const KIND = 'mp3 128k 44100';
const lengthOf = (...parts: Buffer[]) => mediumOf(Buffer.concat(parts)).durationMs;
/** ms of so many samples at 44100 Hz. */
const ms = (samples: number) => Math.floor((samples * 1000) / 44100);
const frames = (count: number) => mpegFrames(KIND, count);

it.each(Object.entries(FRAMES))('counts the frames of %s', (kind, { samples, rate }) => {
	const medium = mediumOf(mpegFrames(kind as keyof typeof FRAMES, 100));
	expect(medium.format).toBe(kind.slice(0, 3));
	expect(medium.durationMs).toBe(Math.floor((100 * samples * 1000) / rate));
});

it('takes a lone frame for mp3 where it is the whole file', () => {
	expect(mediumOf(frames(1))).toMatchObject({ format: 'mp3', durationMs: ms(1152) });
	expect(mediumOf(Buffer.concat([Buffer.alloc(99, 1), frames(1)])).format).toBe('unknown');
	expect(lengthOf(Buffer.alloc(99, 1), frames(2))).toBe(ms(2 * 1152));
});

it('takes frames with and without padding for one stream', () => {
	const padded = Buffer.alloc(418, 0x11);
	padded.write('fffb9264', 'hex');
	expect(lengthOf(padded, frames(2), padded, padded, frames(1))).toBe(ms(6 * 1152));
});

it.each(['Xing', 'Info', 'VBRI'] as const)('does not play the frame with the note "%s"', (mark) => {
	expect(lengthOf(noteFrame(mark, undefined, 0, 0, ''), frames(50))).toBe(ms(50 * 1152));
});

it('leaves out the delay and the padding that the encoder noted', () => {
	const expected = ms(50 * 1152 - 576 - 1000);
	expect(lengthOf(noteFrame('Info', 50, 576, 1000), frames(50))).toBe(expected);
	expect(lengthOf(noteFrame('Xing', 50, 576, 1000), frames(50))).toBe(expected);
});

it('leaves out what a decoder adds where the padding is shorter than that', () => {
	expect(lengthOf(noteFrame('Info', 50, 576, 100), frames(50))).toBe(ms(50 * 1152 - 576 - 529));
});

it('leaves out no padding where the end was cut off', () => {
	const expected = ms(30 * 1152 - 576 - 529);
	expect(lengthOf(noteFrame('Info', 50, 576, 1000), frames(30))).toBe(expected);
});

it('counts on where files were joined, whatever the first one noted', () => {
	const part = Buffer.concat([noteFrame('Info', 50, 576, 1000), frames(50)]);
	expect(lengthOf(part, part)).toBe(ms(101 * 1152 - 576 - 529));
});

it('does not rely on a note by another encoder', () => {
	const expected = ms(50 * 1152);
	expect(lengthOf(noteFrame('Info', 50, 576, 1000, '\0\0\0\0'), frames(50))).toBe(expected);
});

it('leaves a frame out that the end of the file cuts', () => {
	expect(lengthOf(frames(10), frames(1).subarray(0, 300))).toBe(ms(10 * 1152));
});

it('counts a part of a cut frame where a frame is longer than a length may be short', () => {
	const slow = mpegFrames('mp3 32k 8000', 11);
	expect(lengthOf(slow.subarray(0, -10))).toBe(10 * 72 + 22);
});

it.each([
	['a tag at the end', Buffer.concat([frames(20), Buffer.alloc(128, 'TAG')]), 20],
	['an APE tag at the end', Buffer.concat([frames(20), ape(0xa0000000, 500)]), 20],
	['text at the end', Buffer.concat([frames(20), Buffer.from('LYRICSBEGIN')]), 20],
	['zeros at the beginning', Buffer.concat([Buffer.alloc(5000), frames(20)]), 20],
	['zeros between frames', Buffer.concat([frames(10), Buffer.alloc(99), frames(10)]), 20],
	['a tag between frames', Buffer.concat([frames(10), id3v2(999), frames(10)]), 19],
	['text between frames', Buffer.concat([frames(10), Buffer.from('junk'), frames(10)]), 19],
	['a frame that lacks bytes', Buffer.concat([frames(10).subarray(0, -9), frames(10)]), 18],
	['one false header in junk', Buffer.concat([frames(10), falseHeader(), frames(10)]), 19],
])('counts what is played of a file with %s', (_, file, played) => {
	expect(lengthOf(file)).toBe(ms(played * 1152));
});

it('takes up frames of another rate in a joined file', () => {
	const expected = Math.floor((10 * 1152 * 1000) / 44100 + (10 * 576 * 1000) / 22050);
	expect(lengthOf(frames(10), mpegFrames('mp3 64k 22050', 10))).toBe(expected);
});

it('leaves the length of the free format open, in which no frame says how long it is', () => {
	const frame = Buffer.alloc(500, 0x11);
	frame.write('fffb0064', 'hex');
	expect(mediumOf(Buffer.concat([frame, frame, frame, frame]))).toEqual({
		format: 'mp3',
		bytes: 2000,
	});
});

it.each([
	['a lone header', Buffer.concat([Buffer.from('fffb9064', 'hex'), Buffer.alloc(5000, 1)])],
	['headers of different kinds', alternating()],
	[
		'a header of the free format that does not come again',
		Buffer.concat([Buffer.from('fffb0064', 'hex'), Buffer.alloc(5000, 1)]),
	],
	['frames behind much junk', Buffer.concat([Buffer.alloc(70_000, 1), frames(20)])],
])('does not take %s for mp3', (_, file) => {
	expect(mediumOf(file).format).toBe('unknown');
});

it.each(['ffeb9064', 'fff99064', 'fffbf064', 'fffb9c64', 'fffb9066', 'fedb9064'])(
	'does not take %s for a header',
	(header) => {
		const frame = Buffer.alloc(417, 1);
		frame.write(header, 'hex');
		expect(mediumOf(Buffer.concat([frame, frame, frame])).format).toBe('unknown');
	},
);

it('jumps over a large picture in a tag, whatever bytes are in it', () => {
	expect(lengthOf(id3v2(300_000), frames(20))).toBe(ms(20 * 1152));
	expect(lengthOf(id3v2(300, 0x10), frames(20))).toBe(ms(20 * 1152));
});

function ape(flags: number, size: number): Buffer {
	const tag = Buffer.alloc(32 + size, 0xff);
	tag.write('APETAGEX');
	tag.writeUInt32LE(size, 12);
	tag.writeUInt32LE(flags, 20);
	return tag;
}

function falseHeader(): Buffer {
	const junk = Buffer.alloc(800, 1);
	junk.write('fffb9064', 200, 'hex');
	return junk;
}

function alternating(): Buffer {
	const pair = [mpegFrames(KIND, 1), mpegFrames('mp3 64k 22050', 1)];
	return Buffer.concat([...pair, ...pair, ...pair]);
}
