/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';
import type { LocalServer } from './localServer';
import { startServer } from './localServer';
import { AUDIO, sample, VIDEO } from './helpers';
import { useWorld } from './setup';

const world = useWorld({ factor: 200 });

const stored = (name: string) => fs.readFileSync(path.join(__dirname, '../emulator/files', name));

/** What else lies at links: the type that a server tells, and the bytes. */
const files: Record<string, [type: string, content: Buffer]> = {
	'/voice.mp3': ['audio/mpeg', Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(4000)])],
	'/empty.mp3': ['audio/mpeg', Buffer.alloc(0)],
	'/clip.mp4': [
		'video/mp4',
		Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(4000)]),
	],
	'/error.mp4': ['video/mp4', Buffer.from('{"error":"This link has expired"}')],
	'/half.mp4': ['video/mp4', stored('video.mp4').subarray(0, 20_000)],
	'/half.mov': ['video/quicktime', stored('video.mov').subarray(0, 20_000)],
	'/list.m3u8': ['video/mp4', Buffer.from('#EXTM3U\n#EXT-X-VERSION:3\n')],
};

let server: LocalServer;
beforeAll(async () => {
	server = await startServer(({ url = '' }, response) => {
		const [type, content] = files[url] ?? [];
		if (content) response.writeHead(200, { 'content-type': type }).end(content);
		else response.writeHead(url === '/busy.mp4' ? 503 : 404).end('Not here');
	});
});
afterAll(async () => await server.close());

const PRIVATELY =
	'Open the link in a private browser window: it must show the KIND without a login. ';
const SKIP = "To skip this check, turn off the option 'Check Media'. Nothing was sent or charged.";
const DIRECT = `Use the direct link to the file: one that downloads it. ${SKIP}`;
const VIDEOS = 'Kling takes mp4 and mov. ';
const AUDIOS = 'Kling takes mp3, wav, m4a and aac. ';
const NOTHING = ' Nothing was sent or charged.';
const SPLIT = 'Enter one link per item. To turn a list into items, use a Split Out node first.';

/** What a person reads: the message, and below it what to do. */
type Refused = [what: string, link: string, message: string, description: string];

const videos: Refused[] = [
	['a page', sample('page.html'), 'The video link opens a web page, not the file: LINK', DIRECT],
	[
		'a dead link',
		'SERVER/gone.mp4',
		'The video link does not open (HTTP 404): LINK',
		PRIVATELY.replace('KIND', 'video') + SKIP,
	],
	[
		'a server that stays busy',
		'SERVER/busy.mp4',
		'The video link does not open (HTTP 503): LINK',
		`The server may be busy: try again later. ${SKIP}`,
	],
	[
		'another format under the name of an accepted one',
		'SERVER/clip.mp4',
		'The video at LINK is a WebM or Matroska file',
		`${VIDEOS}Convert the file first.${NOTHING}`,
	],
	[
		'an error message in place of the file',
		'SERVER/error.mp4',
		'The video link opens a JSON text, not the file: LINK',
		DIRECT,
	],
	['a playlist', 'SERVER/list.m3u8', 'The video link opens a playlist, not the file: LINK', DIRECT],
	[
		'a file that ends too early',
		'SERVER/half.mp4',
		'The video at LINK is incomplete: its end is missing',
		`Make or download the file again.${NOTHING}`,
	],
	[
		'a file whose index has not arrived',
		'SERVER/half.mov',
		'The video at LINK is incomplete: its end is missing',
		`Make or download the file again.${NOTHING}`,
	],
	[
		'sound alone',
		sample('silence.m4a'),
		'The video at LINK has no picture, only sound',
		`${VIDEOS}Use the video file here.${NOTHING}`,
	],
	[
		'an audio file',
		sample('silence.mp3'),
		'The video at LINK is an MP3 file, not a video',
		`${VIDEOS}Use the video file here.${NOTHING}`,
	],
	[
		'one second',
		sample('blank.mp4?ms=1000'),
		'The video at LINK is too short: 1.0 s',
		`Kling needs at least 2 seconds of video.${NOTHING}`,
	],
	[
		'61 seconds',
		sample('blank.mp4?ms=61000'),
		'The video at LINK is too long: 61.0 s',
		`Kling takes up to 60 seconds of video. Cut it first.${NOTHING}`,
	],
	[
		'a small picture',
		sample('blank.mp4?width=480&height=480'),
		'The video at LINK is 480 × 480 pixels',
		`Kling takes videos whose sides are 512 to 2160 pixels long. Resize it first.${NOTHING}`,
	],
	[
		'a picture in 4K',
		sample('blank.mp4?width=3840&height=2160'),
		'The video at LINK is 3840 × 2160 pixels',
		`Kling takes videos whose sides are 512 to 2160 pixels long. Resize it first.${NOTHING}`,
	],
	[
		'105 MB',
		sample('blank.mp4?bytes=105000000'),
		'The video at LINK is too large: 105.0 MB',
		`Kling takes video files of up to 100 MB. Compress or cut it first.${NOTHING}`,
	],
	['two links', `${VIDEO} ${VIDEO}`, 'The URL of the video contains several links: LINK', SPLIT],
];

const audios: Refused[] = [
	[
		'a dead link',
		'SERVER/gone.mp3',
		'The audio link does not open (HTTP 404): LINK',
		PRIVATELY.replace('KIND', 'audio') + SKIP,
	],
	[
		'Ogg under the name of mp3',
		'SERVER/voice.mp3',
		'The audio at LINK is an Ogg file',
		`${AUDIOS}Convert the file first.${NOTHING}`,
	],
	[
		'an empty file',
		'SERVER/empty.mp3',
		'The audio at LINK is empty',
		`Check the node or the service that made it.${NOTHING}`,
	],
	[
		'the video once more',
		VIDEO,
		'The audio at LINK is an MP4 file, not an audio file',
		`${AUDIOS}Use the audio file here.${NOTHING}`,
	],
	[
		'one second',
		sample('silence.mp3?ms=1000'),
		'The audio at LINK is too short: 1.0 s',
		`Kling needs at least 2 seconds of audio.${NOTHING}`,
	],
	[
		'61 seconds',
		sample('silence.wav?ms=61000'),
		'The audio at LINK is too long: 61.0 s',
		`Kling takes up to 60 seconds of audio. Cut it first.${NOTHING}`,
	],
	[
		'9.6 MB',
		sample('silence.wav?ms=50000&rate=96000'),
		'The audio at LINK is too large: 9.6 MB',
		`Kling takes audio files of up to 5 MB. Save it as mp3, or cut it first.${NOTHING}`,
	],
	[
		'two links',
		`${AUDIO}, ${AUDIO}`,
		'The URL of the audio of Face 1 contains several links: LINK',
		SPLIT,
	],
];

const sync = async (media: { videoUrl?: string; audioUrl?: string }) =>
	await world.run({
		operation: 'lipSync',
		faceSource: 'video',
		videoUrl: VIDEO,
		audioUrl: AUDIO,
		...media,
	});

describe.each([['video', 'videoUrl', videos] as const, ['audio', 'audioUrl', audios] as const])(
	'in place of the %s',
	(_, field, cases) => {
		it.each(cases)('%s is refused before anything is created', async (_what, given, ...texts) => {
			const link = given.replace('SERVER', server.url);
			const { error } = await sync({ [field]: link });
			const [message, description] = texts.map((text) => text.replace('LINK', link));
			expect(error).toMatchObject({ message, description });
			expect(world.api.creates()).toEqual([]);
		});
	},
);

// What such a link answers depends on where the test runs; that nothing usable lies there does not.
it.each([
	[
		'Google Drive',
		'https://drive.google.com/file/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ012345/view?usp=sharing',
		'Use the link to the file itself: https://drive.google.com/uc?export=download&id=1aBcDeFgHiJkLmNoPqRsTuVwXyZ012345 The file must be shared',
	],
	[
		'Dropbox',
		'https://www.dropbox.com/scl/fi/abc/clip.mp4?rlkey=xyz&dl=0',
		'Use the link to the file itself: https://dl.dropboxusercontent.com/scl/fi/abc/clip.mp4?rlkey=xyz&dl=1',
	],
	['YouTube', 'https://www.youtube.com/watch?v=none', 'Download the file with an earlier node'],
])('a sharing link of %s gets the direct link, where there is one', async (place, link, advice) => {
	const { error } = await sync({ videoUrl: link });
	expect(error?.message).toMatch(/^The video link (does not open|opens a web page)/);
	expect(error?.description).toContain(`This is a link to a page of ${place}`);
	expect(error?.description).toContain(advice);
	expect(world.api.creates()).toEqual([]);
});

it('what can not be looked at is sent where the user turned the look off', async () => {
	const videoUrl = `${server.url}/gone.mp4`;
	const run = await world.run({
		operation: 'identifyFace',
		videoUrl,
		options: { checkMedia: false },
	});
	expect(world.api.creates().map(({ body }) => body?.video_url)).toEqual([videoUrl]);
	expect(run.error).toBeDefined();
});
