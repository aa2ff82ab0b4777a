/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-imports */
import { spawnSync } from 'node:child_process';

const MOST_OUTPUT = 256_000_000;

/** Runs one of Debian's ffmpeg tools; what it writes to its output is given back. */
export function run(tool: 'ffmpeg' | 'ffprobe', args: string[], input?: Buffer): Buffer {
	const { status, stdout, stderr, error } = spawnSync(tool, ['-v', 'error', ...args], {
		input,
		maxBuffer: MOST_OUTPUT,
	});
	if (error) throw error;
	if (status !== 0 && stdout.length === 0) throw new Error(`${tool} ${args.join(' ')}\n${stderr}`);
	return stdout;
}

interface Stream {
	codec_type: string;
	codec_name: string;
	sample_rate?: string;
	width?: number;
	height?: number;
	side_data_list?: Array<{ rotation?: number }>;
	disposition: { attached_pic: number };
}

interface Packet {
	pts_time?: string;
	duration_time?: string;
	flags: string;
}

/** The streams of a file, as ffprobe sees them. */
export function streamsOf(file: string): Stream[] {
	const answer = JSON.parse(String(run('ffprobe', ['-of', 'json', '-show_streams', file])));
	return (answer as { streams?: Stream[] }).streams ?? [];
}

/** The length of the sound in ms, counted in the samples that a decoder gives out. */
export function decodedMs(file: string): number {
	const rate = Number(streamsOf(file).find((s) => s.codec_type === 'audio')?.sample_rate);
	const samples = run('ffmpeg', ['-i', file, '-map', '0:a:0', '-ac', '1', '-f', 's16le', '-']);
	return (samples.length / 2 / rate) * 1000;
}

/** The length of the picture in ms: from when its first packet is shown until its last one ends. */
export function shownMs(file: string): number {
	const entries = 'packet=pts_time,duration_time,flags';
	const args = ['-of', 'json', '-select_streams', 'v:0', '-show_entries', entries, file];
	const { packets } = JSON.parse(String(run('ffprobe', args))) as { packets: Packet[] };
	const shown = packets.filter(({ flags }) => !flags.includes('D'));
	const begins = shown.map(({ pts_time }) => Number(pts_time));
	const ends = shown.map(({ duration_time }, index) => begins[index] + Number(duration_time));
	return (Math.max(...ends) - Math.min(...begins)) * 1000;
}
