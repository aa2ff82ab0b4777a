/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, no-console */

/** Makes the sample media that the emulator serves, with ffmpeg: `npm run media:generate` */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const FOLDER = path.join(__dirname, 'files');
const VIDEO_SECONDS = 10;
const REPRODUCIBLE = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags', '+bitexact'];

/** Something between speech and a sine: syllables of a given pitch (Hz) and pace (a second). */
const voice = (pitch: number, pace: number, seconds: number) => [
	'-f',
	'lavfi',
	'-i',
	`aevalsrc='0.25*pow(abs(sin(${pace}*PI*t)),2)*(sin(2*PI*${pitch}*t)+0.6*sin(6*PI*${pitch}*t)+0.3*sin(10*PI*${pitch}*t))':s=22050:d=${seconds}`,
];

const picture = [
	'-f',
	'lavfi',
	'-i',
	`gradients=s=1280x720:r=10:d=${VIDEO_SECONDS}:c0=0x305070:c1=0xd0a080:x0=0:y0=0:x1=1280:y1=720:speed=0.00001:seed=1`,
];
const h264 = ['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '38', '-pix_fmt', 'yuv420p'];
const mono = (codec: string, bitRate: string) => ['-ac', '1', '-c:a', codec, '-b:a', bitRate];

function make(name: string, ...args: string[]) {
	const file = path.join(FOLDER, name);
	execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, ...REPRODUCIBLE, file]);
	console.log(`${name.padEnd(12)} ${fs.statSync(file).size} bytes`);
}

const sound = voice(140, 1.5, VIDEO_SECONDS);
const film = [...picture, ...sound, ...h264, ...mono('aac', '24k'), '-movflags', '+faststart'];
make('video.mp4', ...film);
make('video.mov', '-i', path.join(FOLDER, 'video.mp4'), '-c', 'copy');
make('voice.mp3', ...voice(120, 2, 5), ...mono('libmp3lame', '32k'));
make('voice-2.mp3', ...voice(210, 2.5, 4), ...mono('libmp3lame', '32k'));
make('voice.wav', ...voice(120, 2, 5), '-ar', '8000', ...mono('pcm_s16le', '128k'));
make('voice.m4a', ...voice(120, 2, 5), ...mono('aac', '24k'));
make('voice.aac', ...voice(120, 2, 5), ...mono('aac', '24k'));
