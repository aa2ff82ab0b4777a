/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import mediaInfoFactory from 'mediainfo.js';
import type { AudioTrack, GeneralTrack, MediaInfo, VideoTrack } from 'mediainfo.js';

import { mediumOf, readMedium } from '../../nodes/KlingLipSync/media/readMedium';
import { readForwards, readRanges } from '../unit/media/readings';
import { decodedMs, shownMs, streamsOf } from './ffmpeg';
import { samples } from './samples';

/** A length is never longer than the true one, but for what is lost in rounding, nor much shorter. */
const ROUNDING = 1;
const MOST_MISSING = 60;

/** How often a file of very many fragments is asked for ranges. */
const MOST_READS = 40;

const isVideo = (format: string) => format === 'mp4' || format === 'mov';

const MEDIA_INFO_NAMES: Record<string, string[]> = {
	mp3: ['MPEG Audio'],
	mp2: ['MPEG Audio'],
	wav: ['Wave'],
	aac: ['ADTS'],
	m4a: ['MPEG-4', 'iso6'],
	mp4: ['MPEG-4', 'iso6'],
	mov: ['MPEG-4'],
	ogg: ['Ogg'],
	flac: ['FLAC'],
	asf: ['Windows Media'],
	aiff: ['AIFF'],
	caf: ['CAF'],
	au: ['AU'],
	ac3: ['AC-3'],
	webm: ['WebM', 'Matroska'],
	avi: ['AVI'],
	flv: ['Flash Video'],
	mpeg: ['MPEG-TS', 'MPEG-PS'],
	image: ['GIF', 'PNG', 'JPEG', 'WebP'],
};

let mediaInfo: MediaInfo<'object'>;
let folder: string;
let file: string;

async function inMediaInfo(bytes: Buffer) {
	const { media } = await mediaInfo.analyzeData(
		() => bytes.length,
		(length, at) => bytes.subarray(at, at + length),
	);
	return ['General', 'Video', 'Audio'].map((type) =>
		media?.track.find((track) => track['@type'] === type),
	) as [GeneralTrack?, VideoTrack?, AudioTrack?];
}

beforeAll(async () => {
	mediaInfo = await mediaInfoFactory({ format: 'object' });
	folder = mkdtempSync(path.join(tmpdir(), 'kling-media-'));
	file = path.join(folder, 'sample.bin');
});

afterAll(() => {
	mediaInfo.close();
	rmSync(folder, { recursive: true });
});

it('is tried with at least 150 files', () => {
	expect(samples.length).toBeGreaterThanOrEqual(150);
	expect(new Set(samples.map(({ name }) => name)).size).toBe(samples.length);
});

describe.each(samples)('$name', ({ make, format, isMeasured, trueMs, defect }) => {
	let bytes: Buffer;
	const isWhole = isMeasured && !defect;

	beforeAll(() => {
		bytes = make(folder);
		writeFileSync(file, bytes);
	});

	it('is what it is, and as long as a decoder says', () => {
		const medium = mediumOf(bytes);
		expect(medium).toMatchObject({ bytes: bytes.length, ...(!defect && { format }) });
		expect(medium.defect).toBe(defect);
		expect(medium.durationMs !== undefined).toBe(isWhole);
		if (!isWhole) return;
		const actualMs = trueMs ?? (isVideo(format) ? shownMs(file) : decodedMs(file));
		expect(medium.durationMs).toBeLessThanOrEqual(actualMs + ROUNDING);
		expect(medium.durationMs).toBeGreaterThanOrEqual(actualMs - MOST_MISSING);
	});

	it('is the same read by ranges and as a stream, in small parts and in large ones', () => {
		const { bytes: size, ...medium } = mediumOf(bytes);
		for (const chunk of [1, 65_536]) {
			const { result, needs } = readRanges(bytes, readMedium(true), chunk);
			// Very many fragments are not asked for one by one; then the length is left open.
			const isOpen = isWhole && result.durationMs === undefined && needs.length > MOST_READS;
			expect(result).toEqual({
				...medium,
				bytes: size,
				...(isOpen && { durationMs: undefined }),
			});
			// A stream that does not say its size is not read on to see whether it is cut.
			if (defect === 'incomplete') continue;
			expect(readForwards(bytes, readMedium(false), chunk).result).toMatchObject(medium);
		}
	});

	it('has the sides that ffprobe sees, turned as they are shown', () => {
		const { width, height } = mediumOf(bytes);
		if (!isWhole || !isVideo(format)) {
			if (!isVideo(format)) expect([width, height]).toEqual([undefined, undefined]);
			return;
		}
		const stream = streamsOf(file).find(({ codec_type }) => codec_type === 'video');
		const turned = stream?.side_data_list?.find(({ rotation }) => rotation !== undefined);
		const sides = [stream?.width, stream?.height];
		if ((turned?.rotation ?? 0) % 180 !== 0) sides.reverse();
		expect([width, height]).toEqual(sides);
	});

	it('is what MediaInfo takes it for', async () => {
		const medium = mediumOf(bytes);
		const [general, picture, sound] = await inMediaInfo(bytes);
		expect(MEDIA_INFO_NAMES[format]).toContain(general?.Format);
		// In other formats it does not look for the end, or believes what is written at the beginning.
		if (!isWhole || general?.Format !== 'MPEG-4') return;
		const seconds = (picture ?? sound)?.Duration;
		expect(Math.abs(Number(seconds) * 1000 - Number(medium.durationMs))).toBeLessThan(100);
	});
});
