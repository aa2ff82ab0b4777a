import { mediumOf, readMedium } from '../../../nodes/KlingLipSync/media/readMedium';
import {
	box,
	fullBox,
	ftyp,
	longBox,
	mdat,
	mfra,
	moof,
	moov,
	mvex,
	numbers,
	sidx,
	trak,
	TURNED,
} from './makers';
import type { TrackParts } from './makers';
import { readForwards, readRanges } from './readings';

const file = (...boxes: Buffer[]) => Buffer.concat([ftyp(), ...boxes]);
/** Data with the size 0, which means that they go to the end of the file. */
const endless = (length: number) => {
	const bytes = mdat(length);
	bytes.writeUInt32BE(0);
	return bytes;
};
const movie = (parts: TrackParts, ...others: Buffer[]) =>
	mediumOf(file(moov([trak(parts), ...others]), mdat()));

describe('the length', () => {
	it('is the sum of the samples', () => {
		expect(
			movie({
				runs: [
					[99, 40],
					[1, 20],
				],
			}).durationMs,
		).toBe(3980);
	});

	it.each([0, 1] as const)('is cut by an edit list, version %i', (version) => {
		expect(movie({ version, edits: [[3000, 0]] }).durationMs).toBe(3000);
		expect(movie({ version, edits: [[9000, 500]] }).durationMs).toBe(3500);
		expect(
			movie({
				version,
				edits: [
					[1000, 0],
					[500, 2000],
				],
			}).durationMs,
		).toBe(1500);
	});

	it('leaves pauses of an edit list out', () => {
		expect(
			movie({
				edits: [
					[800, -1],
					[4000, 0],
				],
			}).durationMs,
		).toBe(4000);
		expect(movie({ edits: [[800, -1]] }).durationMs).toBe(4000);
	});

	it('is not shortened where an edit only makes up for pictures shown out of order', () => {
		expect(movie({ shift: 80, edits: [[4000, 80]] }).durationMs).toBe(4000);
		expect(movie({ shift: 80, edits: [[4000, 0]] }).durationMs).toBe(4000);
	});

	it('is counted in the units of the track, and edits in those of the movie', () => {
		const track = trak({ timescale: 90_000, runs: [[100, 3600]], edits: [[1800, 0]] });
		expect(mediumOf(file(moov([track], [], 600), mdat())).durationMs).toBe(3000);
		expect(mediumOf(file(moov([track], [], 0), mdat())).durationMs).toBe(4000);
	});

	it('is that of the video, else of the sound', () => {
		const sound = trak({ id: 2, handler: 'soun', codec: 'mp4a', runs: [[100, 50]] });
		expect(mediumOf(file(moov([sound, trak()]), mdat()))).toMatchObject({
			durationMs: 4000,
			codec: 'avc1',
		});
		expect(mediumOf(file(moov([sound]), mdat()))).toMatchObject({
			durationMs: 5000,
			codec: 'mp4a',
		});
	});

	it('stays open where the index has none', () => {
		expect(movie({ runs: [] })).not.toHaveProperty('durationMs');
		expect(movie({ timescale: 0 })).not.toHaveProperty('durationMs');
	});
});

describe('the sides', () => {
	it('are those of the coded picture', () => {
		expect(movie({ coded: [1280, 720], shown: [960, 720] })).toMatchObject({
			width: 1280,
			height: 720,
		});
	});

	it('are those of the track where the picture has none', () => {
		expect(movie({ coded: [0, 0], shown: [960, 720] })).toMatchObject({ width: 960, height: 720 });
		expect(movie({ coded: [0, 0] })).not.toHaveProperty('width');
	});

	it.each([0, 1] as const)(
		'change places where the picture is turned by a quarter, version %i',
		(version) => {
			expect(movie({ version, matrix: TURNED })).toMatchObject({ width: 720, height: 1280 });
		},
	);
});

it('takes no track of chapter pictures for a video', () => {
	const sound = trak({ id: 1, handler: 'soun', codec: 'mp4a', chapters: [2, 3] });
	const pictures = trak({ id: 3, handler: 'vide', codec: 'jpeg' });
	expect(mediumOf(file(moov([pictures, sound]), mdat()))).toMatchObject({
		format: 'm4a',
		codec: 'mp4a',
	});
});

describe('the way through the file', () => {
	const index = moov([trak()]);

	it.each([
		['in front of the data', file(index, mdat(500_000)), 1],
		['behind the data', file(mdat(500_000), index), 2],
		['behind data with a size of 64 bits', file(longBox('mdat', Buffer.alloc(500_000)), index), 2],
		[
			'behind an empty box with a size of 64 bits',
			file(longBox('free', Buffer.alloc(0)), index, mdat(500_000)),
			1,
		],
		['in front of data that go to the end', file(index, box('free'), endless(500_000)), 1],
	])('costs few bytes with the index %s', (_, bytes, requests) => {
		const { result, needs, bytes: read } = readRanges(bytes, readMedium(true), 4096);
		expect(result).toMatchObject({ format: 'mp4', durationMs: 4000, bytes: bytes.length });
		expect(needs).toHaveLength(requests);
		expect(read).toBeLessThan(10_000);
	});

	it('never goes back', () => {
		for (const bytes of [file(index, mdat(9000)), file(mdat(9000), index)]) {
			expect(readForwards(bytes, readMedium(false), 64).result.durationMs).toBe(4000);
		}
	});

	it('does not read on to the data of a stream of which it does not know the size', () => {
		const { bytes } = readForwards(
			file(index, box('free', Buffer.alloc(99)), mdat(90_000)),
			readMedium(false),
			64,
		);
		expect(bytes).toBeLessThan(5000);
	});
});

describe('a file that can not be played', () => {
	it.each([
		['the data are cut, with the index in front', file(moov([trak()]), mdat()).subarray(0, -1)],
		['the data are cut, with the index behind', file(mdat()).subarray(0, -1)],
		['the index is cut', file(mdat(), moov([trak()])).subarray(0, -1)],
		['the data are missing', file(moov([trak()]))],
		[
			'a fragment is cut',
			file(moov([trak({ runs: [] })], [mvex(1, 40)]), moof({}), mdat()).subarray(0, -1),
		],
		[
			'the header of a fragment is cut',
			file(moov([trak({ runs: [] })], [mvex(1, 40)]), moof({})).subarray(0, -1),
		],
		[
			'fragments are missing',
			file(moov([trak({ runs: [] })], [mvex(1, 40)]), sidx(1, 1000, 0, [[999, 1000]])),
		],
	])('is incomplete where %s', (_, bytes) => {
		expect(mediumOf(bytes)).toMatchObject({ defect: 'incomplete' });
		expect(mediumOf(bytes)).not.toHaveProperty('durationMs');
	});

	it.each([
		['the index', file(mdat())],
		[
			'the index, and has other bytes at its end',
			Buffer.concat([file(mdat()), Buffer.alloc(20, 1)]),
		],
		['everything but the beginning', file()],
	])('lacks %s', (_, bytes) => {
		expect(mediumOf(bytes)).toMatchObject({ defect: 'noIndex' });
	});
});

describe('fragments', () => {
	const head = (parts: TrackParts = {}, sampleLength = 40) =>
		file(moov([trak({ runs: [], ...parts })], [mvex(1, sampleLength)]));
	const lengthOf = (...boxes: Buffer[]) => mediumOf(Buffer.concat(boxes)).durationMs;

	it('have samples of the length in the index, in their header or in their list', () => {
		expect(lengthOf(head(), moof({ start: 0 }), mdat())).toBe(400);
		expect(lengthOf(head(), moof({ start: 0, length: 50 }), mdat())).toBe(500);
		expect(lengthOf(head(), moof({ start: 0, length: [40, 50, 60] }), mdat())).toBe(150);
		expect(lengthOf(head(), moof({ start: 0, length: [40, 50, 60], shift: 80 }), mdat())).toBe(150);
	});

	it('follow each other, with and without a time', () => {
		const timed = [0, 400, 800].flatMap((start) => [moof({ start }), mdat()]);
		expect(lengthOf(head(), ...timed)).toBe(1200);
		expect(lengthOf(head(), moof({}), mdat(), moof({}), mdat())).toBe(800);
	});

	it('may begin late, as those of a recording of something live', () => {
		const timed = [90_000, 90_400].flatMap((start) => [moof({ start }), mdat()]);
		expect(lengthOf(head(), ...timed)).toBe(800);
	});

	it('come on top of samples in the index', () => {
		expect(lengthOf(head({ runs: [[10, 40]] }), mdat(), moof({ start: 400 }), mdat())).toBe(800);
	});

	it('of other tracks are not counted', () => {
		expect(lengthOf(head(), moof({ start: 0 }), moof({ trackId: 2, start: 9000 }), mdat())).toBe(
			400,
		);
	});

	it('are cut by an edit of length 0, which means all', () => {
		expect(lengthOf(head({ edits: [[0, 100]] }), moof({ start: 0 }), mdat())).toBe(300);
		expect(
			lengthOf(head({ edits: [[0, 80]] }), moof({ start: 0, length: [40, 40], shift: 80 }), mdat()),
		).toBe(80);
	});

	it('leave the length open where there are none', () => {
		expect(lengthOf(head(), mdat())).toBeUndefined();
	});

	it('are not visited where an index lists them', () => {
		const segment = Buffer.concat([moof({ start: 0 }), mdat(100_000)]);
		const segments = [0, 1, 2, 3].map(() => [segment.length, 1000] as [number, number]);
		const bytes = Buffer.concat([
			head(),
			sidx(1, 500, 0, segments),
			...segments.map(() => segment),
		]);
		const { result, needs } = readRanges(bytes, readMedium(true), 4096);
		expect(result.durationMs).toBe(8000);
		expect(needs.length).toBeLessThanOrEqual(2);
		const other = Buffer.concat([head(), sidx(7, 500, 0, segments), segment]);
		expect(mediumOf(other).durationMs).toBe(400);
	});

	it('are skipped up to the last one where the file has a list at its end', () => {
		const parts = Array.from({ length: 60 }, (_, n) =>
			Buffer.concat([moof({ start: n * 400 }), mdat(20_000)]),
		);
		const begin = head();
		const last = begin.length + parts.slice(0, -1).reduce((sum, part) => sum + part.length, 0);
		const bytes = Buffer.concat([
			begin,
			...parts,
			mfra(1, [
				[0, begin.length],
				[23_600, last],
			]),
		]);
		const { result, needs } = readRanges(bytes, readMedium(true), 4096);
		expect(result.durationMs).toBe(24_000);
		expect(needs.length).toBeLessThanOrEqual(6);
		const unknown = Buffer.concat([begin, ...parts, mfra(2, [[23_600, last]])]);
		expect(readRanges(unknown, readMedium(true), 4096).result).not.toHaveProperty('durationMs');
		expect(readForwards(unknown, readMedium(false), 4096).result.durationMs).toBe(24_000);
	});
});

it('does not read an index that is too large to be one', () => {
	const bytes = file(box('moov', Buffer.alloc(8_000_001)), mdat());
	const { result, bytes: read } = readRanges(bytes, readMedium(true), 4096);
	expect(result).toEqual({ format: 'mp4', bytes: bytes.length });
	expect(read).toBeLessThan(10_000);
});

it.each([
	['a size of 64 bits that is none', longBox('mdat', Buffer.alloc(0), 3)],
	['a size of 64 bits that is cut', Buffer.concat([numbers([1, 4]), Buffer.from('mdat')])],
	['a size below that of a header', Buffer.concat([numbers([5, 4]), Buffer.from('mdat')])],
	['boxes of 0 bytes in the index', box('moov', Buffer.alloc(1000))],
	['a list of samples that is cut', file(moov([fullBox('trak', 0, 0)]), mdat())],
])('comes to an end with %s', (_, bytes) => {
	expect(mediumOf(Buffer.concat([ftyp(), bytes]))).toMatchObject({ format: 'mp4' });
});
