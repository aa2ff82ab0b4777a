import { createHash } from 'node:crypto';
import type { AudioTrack, GeneralTrack, MediaInfo, Track, VideoTrack } from 'mediainfo.js';

/** The formats that the service takes. */
export type MediaFormat = 'mp3' | 'wav' | 'm4a' | 'aac' | 'mp4' | 'mov';

/** What a file is, by its content. */
export interface MediaReport {
	format: MediaFormat | 'other';
	/** What the library calls it; empty when it knows no such format. */
	formatName: string;
	/** How long it is, ms; of what the container and its track say the shorter. */
	ms?: number;
	/** The sides of the picture, pixels. */
	width?: number;
	height?: number;
	/** Whether the end of the file is missing. */
	isTruncated: boolean;
}

const ADTS_SAMPLES_PER_BLOCK = 1024;
const ADTS_SAMPLE_RATES = [
	96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
	7_350,
];

// The library is a WebAssembly module of some MB with one parser in it, so it is loaded on demand and once.
let library: Promise<MediaInfo> | undefined;
let lastParse: Promise<unknown> = Promise.resolve();
const reports = new Map<string, Promise<MediaReport>>();

async function loadLibrary(): Promise<MediaInfo> {
	const { default: mediaInfoFactory } = await import('mediainfo.js');
	return await mediaInfoFactory({ format: 'object' });
}

async function parse(bytes: Buffer): Promise<Track[]> {
	library ??= loadLibrary();
	const mediaInfo = await library;
	const result = lastParse.then(
		async () =>
			await mediaInfo.analyzeData(bytes.length, (size, offset) =>
				bytes.subarray(offset, offset + size),
			),
	);
	lastParse = result.catch(() => {});
	return (await result).media?.track ?? [];
}

function formatOf(
	general?: GeneralTrack,
	video?: VideoTrack,
	audio?: AudioTrack,
): MediaReport['format'] {
	switch (general?.Format) {
		case 'MPEG Audio':
			return audio?.Format_Profile === 'Layer 3' ? 'mp3' : 'other';
		case 'Wave':
			return 'wav';
		case 'ADTS':
			return 'aac';
		case 'MPEG-4':
			if (!video) return audio ? 'm4a' : 'other';
			return general.Format_Profile === 'QuickTime' ? 'mov' : 'mp4';
		default:
			return 'other';
	}
}

/** How long an ID3 tag in front of the frames is. */
function bytesOfTag(bytes: Buffer): number {
	if (bytes.toString('latin1', 0, 3) !== 'ID3') return 0;
	return 10 + [6, 7, 8, 9].reduce((size, at) => (size << 7) | (bytes[at] & 0x7f), 0);
}

/** The library does not tell the length of AAC without a container: its frames have to be counted. */
function adtsMs(bytes: Buffer): number {
	let ms = 0;
	for (let at = bytesOfTag(bytes); at + 7 <= bytes.length; ) {
		if (bytes[at] !== 0xff || (bytes[at + 1] & 0xf6) !== 0xf0) break;
		const length = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5);
		const sampleRate = ADTS_SAMPLE_RATES[(bytes[at + 2] >> 2) & 15];
		if (length < 7 || at + length > bytes.length || !sampleRate) break;
		ms += (((bytes[at + 6] & 3) + 1) * ADTS_SAMPLES_PER_BLOCK * 1000) / sampleRate;
		at += length;
	}
	return Math.floor(ms);
}

/** Speech APIs stream WAV with a header that was written before the length was known. */
function streamedWavMs(bytes: Buffer, bitRate = 0): number | undefined {
	const samplesAt = bytes.indexOf('data', 12, 'latin1') + 8;
	return bitRate > 0 ? ((bytes.length - samplesAt) * 8 * 1000) / bitRate : undefined;
}

function shorterMs(...tracks: Array<{ Duration?: number } | undefined>): number | undefined {
	const lengths = tracks.flatMap((track) =>
		track?.Duration ? [Math.round(track.Duration * 1000)] : [],
	);
	return lengths.length === 0 ? undefined : Math.min(...lengths);
}

async function analyze(bytes: Buffer): Promise<MediaReport> {
	const tracks = await parse(bytes);
	const general = tracks.find((track) => track['@type'] === 'General');
	const video = tracks.find((track) => track['@type'] === 'Video');
	const audio = tracks.find((track) => track['@type'] === 'Audio');
	const format = formatOf(general, video, audio);
	let ms = shorterMs(general, video ?? audio);
	if (format === 'aac') ms = adtsMs(bytes);
	if (format === 'wav') {
		const streamed = streamedWavMs(bytes, audio?.BitRate);
		if (streamed !== undefined && (ms === undefined || ms > streamed)) ms = streamed;
	}
	return {
		format,
		formatName: general?.Format ?? '',
		ms,
		width: video?.Width,
		height: video?.Height,
		isTruncated: general?.extra?.IsTruncated === 'Yes',
	};
}

/**
 * Looks into a file with MediaInfo, which shares nothing with the readers of the product. The same content is
 * looked at once.
 */
export async function reportOf(bytes: Buffer, sha256 = sha256Of(bytes)): Promise<MediaReport> {
	let report = reports.get(sha256);
	if (!report) {
		report = analyze(bytes);
		reports.set(sha256, report);
	}
	return await report;
}

/** The hash of a file's content, hexadecimal. */
export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
