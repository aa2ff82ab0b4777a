/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */

import fs from 'node:fs';
import path from 'node:path';
import { reportOf } from './mediaReport';
import { aac, freeBox, m4a, mp3, video, wav } from '../media';

const FOLDER = path.join(__dirname, './files');

describe('media made without ffmpeg', () => {
	it.each([
		['wav', wav({ ms: 2345, sampleRate: 16_000, channels: 2 }), 2345],
		['mp3', mp3({ ms: 2345 }), 2340],
		['aac', aac({ ms: 2345 }), 2304],
		['m4a', m4a({ ms: 2345 }), 2304],
		['m4a', m4a({ ms: 2345, indexBehind: true }), 2304],
	])('have the length asked for: %s', async (format, file, ms) => {
		expect(await reportOf(file)).toMatchObject({ format, ms, isTruncated: false });
	});

	it.each([
		{ ms: 2345 },
		{ ms: 60_000, width: 1080, height: 1920 },
		{ ms: 150, width: 514, height: 512, container: 'mov' as const },
		{ ms: 2345, indexBehind: true },
	])('have the length and the sides asked for: %j', async (options) => {
		const { ms, width = 1280, height = 720, container = 'mp4' } = options;
		const report = await reportOf(video(options));
		expect(report).toMatchObject({ format: container, ms, width, height, isTruncated: false });
	});

	it('can be padded to any size', async () => {
		const file = video({ ms: 3000 });
		const padded = Buffer.concat([file, freeBox(5000), Buffer.alloc(4992)]);
		expect(padded).toHaveLength(file.length + 5000);
		expect(await reportOf(padded)).toMatchObject({ ms: 3000, isTruncated: false });
	});

	it('can claim a size that is not theirs', () => {
		expect(wav({ ms: 100, claimedBytes: 0xffffffff }).readUInt32LE(40)).toBe(0xffffffff);
		expect(wav({ ms: 100 }).readUInt32LE(40)).toBe(1600);
	});
});

describe('a report on a file', () => {
	it('tells what is no medium at all', async () => {
		for (const content of ['', '<html></html>', 'RIFF', 'ID3'])
			expect(await reportOf(Buffer.from(content))).toMatchObject({ format: 'other' });
	});

	it('counts an AAC behind a tag', async () => {
		const tag = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 2, ...Array<number>(130).fill(0)]);
		const report = await reportOf(Buffer.concat([tag, aac({ ms: 2304 })]));
		expect(report).toMatchObject({ format: 'aac', ms: 2304 });
	});

	it('tells that the end of a video is missing', async () => {
		const file = fs.readFileSync(path.join(FOLDER, 'video.mp4'));
		expect(await reportOf(file)).toMatchObject({ format: 'mp4', ms: 10_000, isTruncated: false });
		expect(await reportOf(file.subarray(0, 20_000))).toMatchObject({ isTruncated: true });
	});
});

describe('the stored samples', () => {
	it('stay small', () => {
		const sizes = fs.readdirSync(FOLDER).map((name) => fs.statSync(path.join(FOLDER, name)).size);
		expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.5e6);
	});
});
