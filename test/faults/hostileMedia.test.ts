import fc from 'fast-check';

import { FileWindow } from '../../nodes/KlingLipSync/media/fileWindow';
import { FORMAT_NAMES } from '../../nodes/KlingLipSync/media/format';
import { mediumOf, readMedium } from '../../nodes/KlingLipSync/media/readMedium';
import {
	adtsFrames,
	box,
	fmt,
	ftyp,
	fullBox,
	id3v2,
	longBox,
	mdat,
	mfra,
	moof,
	moov,
	mpegFrames,
	mvex,
	noteFrame,
	numbers,
	riff,
	chunk,
	sidx,
	trak,
} from '../unit/media/makers';
import { readForwards, readRanges } from '../unit/media/readings';

const MEDIA: Record<string, Buffer> = {
	mp3: Buffer.concat([
		id3v2(50),
		noteFrame('Info', 20, 576, 1000),
		mpegFrames('mp3 128k 44100', 20),
	]),
	aac: adtsFrames(20, 4, 60),
	wav: riff([chunk('LIST', Buffer.alloc(7)), fmt(), chunk('data', Buffer.alloc(2000))]),
	mp4: Buffer.concat([ftyp(), moov([trak({ edits: [[4000, 0]], shift: 80 })]), mdat(500)]),
	m4a: Buffer.concat([ftyp('M4A '), mdat(500), moov([trak({ handler: 'soun', codec: 'mp4a' })])]),
	fragments: Buffer.concat([
		ftyp(),
		moov([trak({ runs: [] })], [mvex(1, 40)]),
		sidx(1, 1000, 0, [[200, 400]]),
		...[0, 400].flatMap((start) => [moof({ start, length: [40, 40], shift: 9 }), mdat(100)]),
		mfra(1, [[0, 40]]),
	]),
};

/** How far readers may get: a step is a look at bytes, and each has to bring them on. */
const MOST_STEPS_PER_BYTE = 1.5;

/** Does `work`, and counts how often readers looked at bytes. */
function countLooks<T>(work: () => T): { result: T; looks: number } {
	const look = FileWindow.prototype.at;
	let looks = 0;
	FileWindow.prototype.at = function (start, length) {
		looks++;
		return look.call(this, start, length);
	};
	try {
		return { result: work(), looks };
	} finally {
		FileWindow.prototype.at = look;
	}
}

/** Reads a file in every way, and holds what it comes to against what a caller relies on. */
function expectTypedAnswer(file: Buffer): void {
	const { result: answers, looks } = countLooks(() => [
		mediumOf(file),
		readRanges(file, readMedium(true), 64).result,
		readForwards(file, readMedium(false), 64).result,
	]);
	expect(looks).toBeLessThan(100 + 3 * MOST_STEPS_PER_BYTE * file.length);
	for (const { format, durationMs, width, height, codec, defect, ...others } of answers) {
		expect(Object.keys(FORMAT_NAMES)).toContain(format);
		for (const figure of [durationMs, width, height]) {
			if (figure !== undefined) expect(Number.isInteger(figure) && figure >= 0).toBe(true);
		}
		expect(['undefined', 'string']).toContain(typeof codec);
		expect([undefined, 'incomplete', 'noIndex', 'noContent']).toContain(defect);
		expect(Object.keys(others).filter((name) => name !== 'bytes')).toEqual([]);
	}
}

const medium = fc.constantFrom(...Object.keys(MEDIA));
const bytes = (maxLength: number) =>
	fc.uint8Array({ maxLength }).map((content) => Buffer.from(content));

describe('whatever a file is, there is a typed answer', () => {
	it('to any bytes', () => {
		fc.assert(fc.property(bytes(3000), expectTypedAnswer), { numRuns: 300 });
	});

	it('to any bytes behind the beginning of a medium', () => {
		const beginnings = fc.constantFrom(
			...[
				'ID3\x04\0\0\0\0\0\x10',
				'RIFF\0\0\0\0WAVE',
				'\0\0\0\x08ftyp',
				'\xff\xfb\x90\x64',
				'\xff\xf1',
			],
		);
		const file = fc
			.tuple(beginnings, bytes(3000))
			.map(([begin, rest]) => Buffer.concat([Buffer.from(begin, 'latin1'), rest]));
		fc.assert(fc.property(file, expectTypedAnswer), { numRuns: 300 });
	});

	it('to a medium that is cut anywhere', () => {
		fc.assert(
			fc.property(medium, fc.nat(), (name, at) => {
				const file = MEDIA[name];
				expectTypedAnswer(file.subarray(0, at % file.length));
			}),
			{ numRuns: 300 },
		);
	});

	it('to a medium with some bytes changed', () => {
		const changes = fc.array(
			fc.tuple(fc.nat(), fc.constantFrom(0, 1, 7, 0x7f, 0x80, 0xff), fc.nat(8)),
			{
				minLength: 1,
				maxLength: 12,
			},
		);
		fc.assert(
			fc.property(medium, changes, (name, changed) => {
				const file = Buffer.from(MEDIA[name]);
				for (const [at, value, length] of changed) {
					const from = at % file.length;
					file.fill(value, from, Math.min(from + length, file.length));
				}
				expectTypedAnswer(file);
			}),
			{ numRuns: 1000 },
		);
	});

	it('to parts of media in any order', () => {
		const part = fc.tuple(medium, fc.nat(), fc.nat()).map(([name, from, to]) => {
			const file = MEDIA[name];
			return file.subarray(from % file.length, to % file.length);
		});
		const file = fc.array(part, { maxLength: 6 }).map((parts) => Buffer.concat(parts));
		fc.assert(fc.property(file, expectTypedAnswer), { numRuns: 300 });
	});

	it('to parts of an index with any content', () => {
		const types = ['mvhd', 'trak', 'tkhd', 'mdia', 'mdhd', 'hdlr', 'elst', 'stts', 'mvex', 'trex'];
		const boxes = fc.array(fc.tuple(fc.constantFrom(...types), bytes(60)), { maxLength: 8 });
		fc.assert(
			fc.property(boxes, fc.boolean(), (parts, isNested) => {
				const content = parts.map(([type, inner]) => box(type, inner));
				const index = isNested ? [box('trak', box('mdia', ...content))] : content;
				expectTypedAnswer(Buffer.concat([ftyp(), box('moov', ...index), mdat(9)]));
			}),
			{ numRuns: 500 },
		);
	});
});

describe('a file that is made to keep a reader busy', () => {
	const MEGABYTE = 1_000_000;
	const nested = (depth: number) => {
		const header = Buffer.alloc(8 * depth);
		for (let level = 0; level < depth; level++) {
			header.writeUInt32BE(8 * (depth - level), 8 * level);
			header.write('trak', 8 * level + 4);
		}
		return header;
	};

	it.each([
		['only bytes of sync', Buffer.alloc(MEGABYTE, 0xff)],
		['headers without frames', Buffer.alloc(MEGABYTE, Buffer.from('fffb9064', 'hex'))],
		['headers of the free format', Buffer.alloc(MEGABYTE, Buffer.from('fffb006400', 'hex'))],
		[
			'headers behind one frame',
			Buffer.concat([
				mpegFrames('mp3 128k 44100', 2),
				Buffer.alloc(MEGABYTE, Buffer.from('00fffb9064', 'hex')),
			]),
		],
		[
			'headers of AAC',
			Buffer.concat([adtsFrames(2), Buffer.alloc(MEGABYTE, Buffer.from('fff150', 'hex'))]),
		],
		['empty tags', Buffer.alloc(MEGABYTE, Buffer.from('49443304000000000000', 'hex'))],
		[
			'empty chunks',
			Buffer.concat([
				Buffer.from('RIFF\0\0\0\0WAVE'),
				Buffer.alloc(MEGABYTE, Buffer.from('junk\0\0\0\0')),
			]),
		],
		['empty boxes', Buffer.concat([ftyp(), Buffer.alloc(MEGABYTE, box('free'))])],
		['boxes of 0 bytes', Buffer.concat([ftyp(), moov([]), Buffer.alloc(MEGABYTE)])],
		[
			'empty tracks',
			Buffer.concat([ftyp(), box('moov', Buffer.alloc(MEGABYTE, box('trak'))), mdat()]),
		],
		['boxes nested deeply', Buffer.concat([ftyp(), box('moov', nested(MEGABYTE / 8)), mdat()])],
		[
			'empty fragments',
			Buffer.concat([ftyp(), moov([trak()], [mvex(1, 1)]), Buffer.alloc(MEGABYTE, box('moof'))]),
		],
		[
			'indexes of empty segments',
			Buffer.concat([
				ftyp(),
				moov([trak()], [mvex(1, 1)]),
				Buffer.alloc(MEGABYTE, sidx(1, 1, 0, [[0, 0]])),
			]),
		],
	])('is answered in a number of steps that its length bounds: %s', (_, file) => {
		const { result, looks } = countLooks(() => readForwards(file, readMedium(false), 65_536));
		const { needs, bytes: read } = result;
		expect(looks).toBeLessThan(file.length / 2);
		expect(read).toBeLessThan(2 * file.length);
		expect(needs.length).toBeLessThan(100);
	});

	it.each([
		['a tag', id3v2(10).fill(0x7f, 6, 10)],
		[
			'a chunk',
			Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), chunk('junk', Buffer.alloc(0), 0xfffffff0)]),
		],
		['a box', Buffer.concat([ftyp(), longBox('free', Buffer.alloc(0), Number.MAX_SAFE_INTEGER)])],
		['an index', Buffer.concat([ftyp(), longBox('moov', Buffer.alloc(0), 4_000_000_000)])],
		[
			'a fragment',
			Buffer.concat([
				ftyp(),
				moov([trak()], [mvex(1, 1)]),
				longBox('moof', Buffer.alloc(0), 4_000_000_000),
			]),
		],
		['a list of samples', Buffer.concat([ftyp(), moov([trak()], [mvex(1, 1)]), runOf(0xffffffff)])],
		[
			'a list of segments',
			Buffer.concat([
				ftyp(),
				moov([trak()], [mvex(1, 1)]),
				fullBox('sidx', 0, 0, numbers([1, 4], [1, 4], [0, 4], [0, 4], [0, 2], [65_535, 2])),
			]),
		],
		[
			'a list of fragments',
			Buffer.concat([
				ftyp(),
				moov([trak({ runs: [] })], [mvex(1, 1)]),
				moof({ start: 0 }),
				Buffer.alloc(MEGABYTE),
				fullBox('mfro', 0, 0, numbers([0xffffffff, 4])),
			]),
		],
	])('asks for no more than there is when %s pretends to be huge', (_, file) => {
		const { needs, bytes: read } = readRanges(file, readMedium(true), 64);
		expect(read).toBeLessThan(file.length + 9000);
		expect(needs.length).toBeLessThan(12);
		expect(Math.max(...needs.map(({ length }) => length))).toBeLessThan(9000);
	});

	function runOf(count: number): Buffer {
		const tfhd = fullBox('tfhd', 0, 0, numbers([1, 4]));
		const trun = fullBox('trun', 0, 0x100, numbers([count, 4], [1, 4]));
		return box('moof', box('traf', tfhd, trun));
	}
});
