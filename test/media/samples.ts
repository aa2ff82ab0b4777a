/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Format } from '../../nodes/KlingLipSync/media/format';
import * as edit from './edit';
import { run } from './ffmpeg';

/** A file of a kind that people have, and what is known about it from its making. */
export interface Sample {
	name: string;
	format: Format;
	/** Whether its length has to be found out; else it has to be left open. */
	isMeasured: boolean;
	/** The length that was encoded, in ms, where the file says it more exactly than a decoder does. */
	trueMs?: number;
	defect?: string;
	make(folder: string): Buffer;
}

type More = Partial<Pick<Sample, 'isMeasured' | 'trueMs' | 'defect'>>;
type Change = (file: Buffer) => Buffer;

/** The same sound and picture for all; what differs is how they are written. */
const TONE = (seconds: number) => ['-f', 'lavfi', '-i', `sine=440:sample_rate=48000:d=${seconds}`];
const PICTURE = (size: string, rate: string, seconds: number) => [
	...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
];

/** What ffmpeg makes of some arguments, as a file of that extension. */
function ffmpeg(extension: string, args: string[]): (folder: string) => Buffer {
	return (folder) => {
		const file = path.join(folder, `made.${extension}`);
		run('ffmpeg', ['-y', ...args, file]);
		return readFileSync(file);
	};
}

function sample(name: string, format: Format, make: Sample['make'], more: More = {}): Sample {
	return { name, format, isMeasured: true, make, ...more };
}

function audio(extension: string, format: Format, seconds: number, args: string, more: More = {}) {
	const make = ffmpeg(extension, [...TONE(seconds), ...args.split(' ')]);
	return sample(`${extension} ${seconds} s ${args}`, format, make, more);
}

/** `x264` in as little time as it takes; `-g` gives a fragment every half second. */
const H264 = '-c:v libx264 -preset ultrafast -g 12 -pix_fmt yuv420p';
const B_FRAMES = '-c:v libx264 -preset veryfast -bf 3 -g 12 -pix_fmt yuv420p';

interface Picture {
	size?: string;
	rate?: string;
	seconds?: number;
	sound?: number;
}

function video(extension: string, args: string, picture: Picture = {}, more: More = {}): Sample {
	const { size = '160x120', rate = '25', seconds = 2.6, sound = 2.6 } = picture;
	const inputs = [...PICTURE(size, rate, seconds), ...(sound > 0 ? TONE(sound) : [])];
	const name = [extension, size, `${rate} fps`, `${seconds} s`, `sound ${sound} s`, args].join(' ');
	const format = extension === 'mov' ? 'mov' : 'mp4';
	return sample(name, format, ffmpeg(extension, [...inputs, ...args.split(' ')]), more);
}

function changed(how: string, from: Sample, change: Change, more: More = {}): Sample {
	return { ...from, name: `${from.name}: ${how}`, make: (at) => change(from.make(at)), ...more };
}

const MPEG_RATES = [48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const AAC_RATES = [96000, ...MPEG_RATES, 7350];
const FRAGMENTS = [
	'frag_keyframe+empty_moov',
	'frag_keyframe+empty_moov+default_base_moof',
	'frag_keyframe+empty_moov+delay_moov',
	'frag_keyframe+empty_moov+separate_moof',
	'frag_keyframe+empty_moov+skip_trailer',
	'frag_keyframe+delay_moov+dash+global_sidx',
	'frag_keyframe+empty_moov+dash+global_sidx',
	'frag_keyframe',
	'frag_keyframe+delay_moov+dash',
	'frag_keyframe+cmaf',
	'frag_every_frame+empty_moov',
];

const plainMp3 = audio('mp3', 'mp3', 2.5, '-ar 44100 -b:a 64k');
const nakedMp3 = audio('mp3', 'mp3', 2.5, '-ar 44100 -b:a 64k -write_xing 0 -id3v2_version 0');
const slowMp3 = audio('mp3', 'mp3', 2.5, '-ar 8000 -b:a 16k -write_xing 0 -id3v2_version 0');
const variableMp3 = audio('mp3', 'mp3', 3.21, '-ar 24000 -q:a 5');
const layerTwo = sample('MP2 named mp3', 'mp2', ffmpeg('mp2', [...TONE(2), '-b:a', '64k']));

const mp3: Sample[] = [
	plainMp3,
	nakedMp3,
	slowMp3,
	variableMp3,
	layerTwo,
	...MPEG_RATES.flatMap((rate) => [
		audio('mp3', 'mp3', 2.345, `-ar ${rate} -b:a 32k`),
		audio('mp3', 'mp3', 3.456, `-ar ${rate} -ac 2 -q:a 6`),
		audio('mp3', 'mp3', 2.111, `-ar ${rate} -b:a 24k -write_xing 0`),
	]),
	audio('mp3', 'mp3', 4, '-ar 44100 -abr 1 -b:a 96k'),
	audio('mp3', 'mp3', 4, '-ar 44100 -b:a 320k -ac 2'),
	audio('mp3', 'mp3', 4, '-ar 44100 -joint_stereo 0 -b:a 128k -ac 2'),
	audio('mp3', 'mp3', 2, '-c:a libshine -ar 44100 -b:a 128k -ac 2'),
	audio('mp3', 'mp3', 2, '-c:a libshine -ar 44100 -b:a 128k -ac 2 -write_xing 0'),
	audio('mp3', 'mp3', 2, '-id3v2_version 3 -metadata title=Tone -write_id3v1 1'),
	audio('mp3', 'mp3', 2, '-id3v2_version 4 -metadata title=Tone'),
	changed('tag with a picture of 300 KB', plainMp3, edit.withPicture(300_000)),
	changed('two tags in front', plainMp3, (file) =>
		edit.withPicture(5000)(edit.withPicture(99)(file)),
	),
	changed('tag behind', nakedMp3, edit.withTagBehind),
	changed('APE tag behind', nakedMp3, edit.withApeTag),
	changed('zeros in front', nakedMp3, (file) => Buffer.concat([Buffer.alloc(3000), file])),
	changed('zeros behind', nakedMp3, (file) => Buffer.concat([file, Buffer.alloc(700)])),
	changed('zeros between frames', nakedMp3, edit.withZerosBetweenFrames),
	changed('junk within a frame', nakedMp3, edit.withJunkAt(9999)),
	changed('junk within a frame', slowMp3, edit.withJunkAt(3210)),
	changed('a tag between frames', nakedMp3, (file) =>
		Buffer.concat([file, edit.withPicture(99, Buffer.alloc(1))(file)]),
	),
	changed('cut within a frame', nakedMp3, edit.cutAt(0.61)),
	changed('cut within a frame, Info says more', plainMp3, edit.cutAt(0.61)),
	changed('cut within a frame', slowMp3, edit.cutAt(0.777)),
	changed('cut within a frame', variableMp3, edit.cutAt(0.5)),
	changed('beginning cut off', nakedMp3, (file) => file.subarray(3333)),
	changed('twice', nakedMp3, edit.twice),
	changed('twice, Info says once', plainMp3, edit.twice),
	changed('twice', variableMp3, edit.twice),
	changed('VBRI in place of Info', plainMp3, edit.withVbri),
];

const plainWav = audio('wav', 'wav', 2.5, '-c:a pcm_s16le -ar 24000');

const wav: Sample[] = [
	plainWav,
	...['u8', 's16le', 's24le', 's32le', 'f32le', 'f64le', 'alaw', 'mulaw'].flatMap((coding) => [
		audio('wav', 'wav', 2.0371, `-c:a pcm_${coding} -ar 16000`),
		audio('wav', 'wav', 2.5, `-c:a pcm_${coding} -ar 44100 -ac 2`),
	]),
	audio('wav', 'wav', 2, '-c:a pcm_s24le -ac 6'),
	audio('wav', 'wav', 2, '-c:a pcm_s16le -ar 192000'),
	audio('wav', 'wav', 2, '-c:a pcm_s16le -rf64 always'),
	audio('wav', 'wav', 2, '-c:a pcm_s16le -write_bext 1 -metadata description=Tone'),
	audio('wav', 'wav', 2, '-c:a pcm_s16le -metadata title=Ton -metadata comment=12'),
	audio('wav', 'wav', 2.3, '-c:a adpcm_ms -ar 22050'),
	audio('wav', 'wav', 2.3, '-c:a adpcm_ima_wav -ar 22050'),
	audio('wav', 'wav', 2, '-c:a libgsm_ms -ar 8000', { isMeasured: false }),
	audio('wav', 'wav', 2, '-c:a libmp3lame', { isMeasured: false }),
	...([0, 0xffffffff, 0x7fffffff, 0x7ffff000] as const).map((size) =>
		changed(`data of size ${size}`, plainWav, edit.withDataSize(size)),
	),
	sample('wav as ffmpeg streams it', 'wav', () =>
		run('ffmpeg', [...TONE(2.5), '-ar', '24000', '-f', 'wav', '-']),
	),
	changed('a chunk of odd length', plainWav, edit.withChunk('junk', 333)),
	changed('a chunk of 0 bytes', plainWav, edit.withChunk('PAD ', 0)),
	changed('a chunk behind the data', plainWav, edit.withTagBehind),
	changed('cut', plainWav, edit.cutAt(0.73)),
];

const plainAdts = audio('aac', 'aac', 2.5, '-c:a aac -ar 44100');

const aac: Sample[] = [
	...AAC_RATES.flatMap((rate) => [
		audio('aac', 'aac', 2.345, `-c:a aac -ar ${rate}`),
		audio('aac', 'aac', 3.456, `-c:a aac -ar ${rate} -ac 2`),
	]),
	audio('aac', 'aac', 2, '-c:a aac -write_id3v2 1 -metadata title=Tone'),
	changed('tag behind', plainAdts, edit.withTagBehind),
	changed('cut', plainAdts, edit.cutAt(0.654)),
	changed('twice', plainAdts, edit.twice),
];

const plainM4a = audio('m4a', 'm4a', 2.5, '-c:a aac -ar 44100', { trueMs: 2500 });
const frontM4a = audio('m4a', 'm4a', 2.5, '-c:a aac -movflags +faststart', { trueMs: 2500 });

const m4a: Sample[] = [
	plainM4a,
	frontM4a,
	...AAC_RATES.flatMap((rate) => [
		audio('m4a', 'm4a', 2.4, `-c:a aac -ar ${rate}`, { trueMs: 2400 }),
		audio('m4a', 'm4a', 3.3, `-c:a aac -ar ${rate} -ac 2 -movflags +faststart`, { trueMs: 3300 }),
	]),
	audio('m4a', 'm4a', 2.4, '-c:a alac'),
	audio('m4a', 'm4a', 2.4, '-c:a aac -use_editlist 0'),
	audio('m4a', 'm4a', 2.4, '-c:a aac -f ipod -brand M4B'),
	audio('mp4', 'm4a', 2.4, '-c:a libmp3lame'),
	audio('mp4', 'm4a', 2.4, '-c:a ac3'),
	audio('mp4', 'm4a', 2.4, '-c:a libopus'),
	audio('mp4', 'm4a', 2.4, '-c:a aac -movie_timescale 90000', { trueMs: 2400 }),
	...FRAGMENTS.map((flags) =>
		audio('mp4', 'm4a', 2.6, `-c:a aac -movflags +${flags} -frag_duration 500000`),
	),
	changed('cover of 200 KB', plainM4a, edit.withCover(200_000)),
	changed('cut, index behind', plainM4a, edit.cutAt(0.5), { defect: 'incomplete' }),
	changed('cut, index in front', frontM4a, edit.cutAt(0.8), { defect: 'incomplete' }),
];

const plainMp4 = video('mp4', `${H264} -c:a aac`);
const frontMp4 = video('mp4', `${B_FRAMES} -c:a aac -movflags +faststart`);

const mp4: Sample[] = [
	plainMp4,
	frontMp4,
	...['10', '24000/1001', '25', '30000/1001', '30', '50', '60'].flatMap((rate) => [
		video('mp4', `${B_FRAMES} -c:a aac`, { rate }),
		video('mp4', `${H264} -movflags +faststart`, { rate, sound: 0, seconds: 3.3 }),
	]),
	...['512x288', '288x512', '640x640', '1280x720', '1080x1920', '854x480'].map((size) =>
		video('mp4', `${H264} -movflags +faststart`, { size, sound: 0, rate: '10' }),
	),
	...FRAGMENTS.flatMap((flags) => [
		video('mp4', `${H264} -c:a aac -movflags +${flags}`),
		video('mp4', `${B_FRAMES} -c:a aac -movflags +${flags}`, { seconds: 3 }),
	]),
	video('mp4', `${B_FRAMES} -movflags +frag_keyframe+empty_moov+dash+global_sidx`, { sound: 0 }),
	video('mp4', `${H264} -c:a aac`, { seconds: 2.2, sound: 5 }),
	video('mp4', `${H264} -c:a aac`, { seconds: 5, sound: 2.2 }),
	video('mp4', `${B_FRAMES} -c:a aac -movflags +frag_keyframe+empty_moov`, { sound: 4 }),
	video('mp4', `${H264} -video_track_timescale 600 -movie_timescale 600`),
	video('mp4', `${H264} -vf setsar=4/3`),
	video('mp4', `${H264} -vf setpts=1.5*PTS -fps_mode vfr`, { sound: 0 }),
	video('mp4', '-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none'),
	video('mp4', '-c:v mpeg4 -c:a aac'),
	video('3gp', '-c:v mpeg4 -c:a aac -ac 1'),
	video('mov', `${H264} -c:a aac`),
	video('mov', `${B_FRAMES} -c:a pcm_s16le -movflags +faststart`),
	video('mov', `${B_FRAMES} -timecode 01:00:00:00 -c:a aac`),
	video('mov', '-c:v prores_ks -c:a pcm_s16le'),
	video('mov', '-c:v mjpeg -pix_fmt yuvj420p', { sound: 0 }),
	video('mov', `${H264} -movflags +frag_keyframe+empty_moov`),
	...[90, 180, 270].map((degrees) =>
		sample(`mp4 turned by ${degrees}°`, 'mp4', (folder) =>
			edit.turned(degrees, video('mp4', H264).make(folder), folder),
		),
	),
	sample(
		'mp4 whose beginning is cut by an edit list',
		'mp4',
		(folder) => edit.startingAt(0.7, frontMp4.make(folder), folder),
		// Players show the rest of the frame in which the cut falls; ffprobe leaves it out.
		{ trueMs: 1900 },
	),
	changed('data with a size of 64 bits', plainMp4, edit.withLongSize),
	changed('a free box in front of the data', plainMp4, edit.withFreeBox),
	changed('junk behind', plainMp4, (file) => Buffer.concat([file, Buffer.alloc(5000, 0xaa)])),
	changed('cut, index behind', plainMp4, edit.cutAt(0.9), { defect: 'incomplete' }),
	changed('cut, index in front', frontMp4, edit.cutAt(0.9), { defect: 'incomplete' }),
	changed('index taken out', plainMp4, edit.withoutIndex, { defect: 'noIndex' }),
];

const open: More = { isMeasured: false };

const others: Sample[] = [
	audio('ogg', 'ogg', 1, '-c:a libvorbis', open),
	audio('opus', 'ogg', 1, '-c:a libopus', open),
	audio('flac', 'flac', 1, '-c:a flac', open),
	audio('wma', 'asf', 1, '-c:a wmav2', open),
	audio('aiff', 'aiff', 1, '-c:a pcm_s16be', open),
	audio('caf', 'caf', 1, '-c:a pcm_s16be', open),
	audio('au', 'au', 1, '-c:a pcm_s16be', open),
	audio('ac3', 'ac3', 1, '-c:a ac3', open),
	...(
		[
			['webm', 'webm', '-c:v libvpx -deadline realtime'],
			['mkv', 'webm', H264],
			['avi', 'avi', '-c:v mpeg4'],
			['flv', 'flv', '-c:v flv'],
			['ts', 'mpeg', H264],
			['mpg', 'mpeg', '-c:v mpeg1video'],
			['wmv', 'asf', '-c:v wmv2'],
			['gif', 'image', '-r 5'],
			['png', 'image', '-frames:v 1'],
			['jpg', 'image', '-frames:v 1'],
			['webp', 'image', '-frames:v 1'],
		] as const
	).map(([extension, format, args]) =>
		sample(
			`${extension} ${args}`,
			format,
			ffmpeg(extension, [...PICTURE('160x120', '25', 1), ...args.split(' ')]),
			open,
		),
	),
];

export const samples: Sample[] = [...mp3, ...wav, ...aac, ...m4a, ...mp4, ...others];
