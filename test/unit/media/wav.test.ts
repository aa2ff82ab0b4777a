import { mediumOf, readMedium } from '../../../nodes/KlingLipSync/media/readMedium';
import { chunk, fmt, riff } from './makers';
import { readForwards, readRanges } from './readings';

const data = (length: number, size?: number) => chunk('data', Buffer.alloc(length), size);
const lengthOf = (chunks: Buffer[], id?: string) => mediumOf(riff(chunks, id)).durationMs;

it.each([
	['integers', fmt({ tag: 1 })],
	['floats', fmt({ tag: 3 })],
	['A-law', fmt({ tag: 6 })],
	['µ-law', fmt({ tag: 7 })],
	['the extensible form', fmt({ tag: 0xfffe, more: extension(1) })],
])('measures a file of %s', (_, format) => {
	expect(lengthOf([format, data(16_000)])).toBe(1000);
});

it('measures by samples of all channels', () => {
	expect(lengthOf([fmt({ align: 12, rate: 48_000 }), data(12 * 4800)])).toBe(100);
});

it.each([
	['Microsoft ADPCM', 2],
	['IMA ADPCM', 0x11],
])('measures blocks of %s', (_, tag) => {
	const samplesPerBlock = Buffer.from([2, 0, 0xf4, 1]);
	const format = fmt({ tag, align: 256, more: samplesPerBlock });
	expect(lengthOf([format, data(256 * 16 + 100)])).toBe(1000);
});

it.each([
	['GSM', fmt({ tag: 0x31, align: 65 })],
	['mp3', fmt({ tag: 0x55, align: 1 })],
	['another coding in the extensible form', fmt({ tag: 0xfffe, more: extension(0x55) })],
])('leaves the length of %s open', (_, format) => {
	expect(mediumOf(riff([format, data(16_000)]))).not.toHaveProperty('durationMs');
});

it.each([0, 0xffffffff, 0x7fffffff, 0x7ffff000, 20_000])(
	'takes the bytes that are there where the size is %i',
	(size) => {
		expect(lengthOf([fmt(), data(16_000, size)])).toBe(1000);
	},
);

it('ends with the data, whatever comes behind', () => {
	expect(lengthOf([fmt(), data(16_000), chunk('LIST', Buffer.alloc(999))])).toBe(1000);
});

it('reads past other chunks, of odd lengths, too', () => {
	const others = [chunk('bext', Buffer.alloc(603, 'data')), chunk('junk', Buffer.alloc(0))];
	expect(lengthOf([...others, fmt(), ...others, data(16_000)])).toBe(1000);
});

it('takes the size of a long file from its own chunk', () => {
	const sizes = Buffer.alloc(28);
	sizes.writeBigUInt64LE(16_000n, 8);
	const long = [
		chunk('ds64', sizes),
		fmt(),
		data(16_000, 0xffffffff),
		chunk('LIST', Buffer.alloc(99)),
	];
	expect(lengthOf(long, 'RF64')).toBe(1000);
	expect(lengthOf(long, 'BW64')).toBe(1000);
	expect(lengthOf([fmt(), data(16_000, 0xffffffff)], 'RF64')).toBe(1000);
});

it('is 0 s long without a sample', () => {
	expect(lengthOf([fmt(), data(0)])).toBe(0);
	expect(lengthOf([fmt(), data(1)])).toBe(0);
});

it.each([
	['no format', [data(100)]],
	['no data', [fmt(), chunk('LIST', Buffer.alloc(10))]],
	['a format without a rate', [fmt({ rate: 0 }), data(100)]],
	['a format without a size of samples', [fmt({ align: 0 }), data(100)]],
	['a format that is cut', [chunk('fmt ', Buffer.alloc(8)), chunk('data', Buffer.alloc(0))]],
])('has no content with %s', (_, chunks) => {
	expect(mediumOf(riff(chunks))).toMatchObject({ format: 'wav', defect: 'noContent' });
});

it('asks for the end of a stream only where the size is not written', () => {
	const known = readForwards(riff([fmt(), data(16_000)]), readMedium(false), 100);
	expect(known).toMatchObject({ result: { durationMs: 1000 } });
	expect(known.bytes).toBeLessThan(2000);
	const open = readForwards(riff([fmt(), data(16_000, 0)]), readMedium(false), 100);
	expect(open.result).toMatchObject({ durationMs: 1000, bytes: 16_044 });
});

it('stays open where nobody says how long the file is', () => {
	const file = riff([fmt(), data(16_000, 0)]);
	const reading = readMedium(true);
	let step = reading.next();
	while (!step.done) {
		const { start, length } = step.value;
		step = reading.next({ bytes: file.subarray(start, start + length) });
	}
	expect(step.value).toEqual({ format: 'wav' });
	expect(readRanges(file, readMedium(true), 100).result.durationMs).toBe(1000);
});

function extension(tag: number): Buffer {
	const more = Buffer.alloc(24);
	more.writeUInt16LE(22, 0);
	more.writeUInt16LE(tag, 8);
	return more;
}
