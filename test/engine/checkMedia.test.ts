/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IBinaryData, IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { TIMEOUTS } from '../../nodes/KlingLipSync/api/timeouts';
import { MediaChecks } from '../../nodes/KlingLipSync/media/checkMedia';
import type { Medium } from '../../nodes/KlingLipSync/media/readMedium';
import { attemptAsync, Problem } from '../../nodes/KlingLipSync/task/problem';
import { box, fmt, chunk, ftyp, mdat, moov, mpegFrames, riff, trak } from '../unit/media/makers';
import type { Engine } from './harness';
import { createEngine } from './harness';
import type { LocalServer } from './localServer';
import { startServer } from './localServer';
import { helper } from './node-types';
import { speedUp } from './setup';
import { until } from './helpers';

const PROBE = 'test.looker';

const VOICE = mpegFrames('mp3 128k 44100', 120);
const INDEX = moov([trak({ runs: [[200, 40]] })]);
const FRONT = Buffer.concat([ftyp(), INDEX, mdat(3_000_000)]);
const BEHIND = Buffer.concat([ftyp(), mdat(3_000_000), INDEX]);
const PAGE = Buffer.from('<!DOCTYPE html><title>Sign in</title>');

/** Bytes that a server gets rid of although nobody reads them: the buffers of a connection. */
const MOST_IN_FLIGHT = 15_000_000;

interface Request {
	path: string;
	headers: IncomingMessage['headers'];
	/** Bytes of the file that were handed to the connection. */
	sent: number;
}

type Answer = (request: IncomingMessage, response: ServerResponse, log: Request) => void;

let engine: Engine;
let server: LocalServer;
let slowDown: () => void;
let answers: Record<string, Answer | undefined>;
let requests: Request[];
let open: number;
let mostOpen: number;

beforeAll(async () => {
	slowDown = speedUp(20);
	engine = await createEngine({
		binaryMode: 'filesystem',
		nodeTypes: {
			[PROBE]: helper(PROBE, {
				async execute() {
					await doing(this);
					return [[]];
				},
			}),
		},
	});
	server = await startServer((request, response) => {
		const path = String(request.url);
		const log = { path, headers: request.headers, sent: 0 };
		requests.push(log);
		mostOpen = Math.max(mostOpen, ++open);
		response.on('close', () => open--);
		(answers[path] ?? status(404))(request, response, log);
	});
});
afterAll(async () => {
	slowDown();
	await server.close();
});
beforeEach(() => {
	answers = {};
	requests = [];
	open = mostOpen = 0;
	engine.binaryMode = 'filesystem';
});

let doing: (context: IExecuteFunctions) => Promise<void>;

/** Does something with the real context of a node of n8n. */
async function inNode<T>(work: (context: IExecuteFunctions) => Promise<T>): Promise<T> {
	let result: { value: T } | undefined;
	doing = async (context) => {
		result = { value: await work(context) };
	};
	const node = { name: 'Looker', type: PROBE, parameters: {} };
	const { error } = await engine.run({ nodes: [node] });
	if (!result) throw error ?? new Error('The node did not run');
	return result.value;
}

/** What a look comes to: the medium, or the problem with it. */
const look = async (
	kind: 'video' | 'audio',
	path: string,
	signal?: AbortSignal,
): Promise<Medium | Problem> =>
	await inNode(async (context) => {
		const looks = new MediaChecks(context, signal);
		return await attemptAsync(async () => await looks.atUrl(urlOf(path), kind));
	});

const urlOf = (path: string) => (path.includes('://') ? path : `${server.url}${path}`);

async function problemAt(kind: 'video' | 'audio', path: string): Promise<Problem> {
	const problem = await look(kind, path);
	if (!(problem instanceof Problem))
		throw new Error(`Nothing was refused: ${JSON.stringify(problem)}`);
	expect(problem.kind).toBe('input');
	expect(problem.hint).toMatch(/Nothing was sent or charged|Binary File/);
	return problem;
}

const status =
	(code: number, headers: Record<string, string> = {}, body = 'a message'): Answer =>
	(_, response) =>
		response.writeHead(code, headers).end(body);

const inTurn = (...turns: Answer[]): Answer => {
	let turn = 0;
	return (...parts) => turns[Math.min(turn++, turns.length - 1)](...parts);
};

interface Serving {
	ranges?: boolean;
	/** Whether the size of the file is told. */
	size?: boolean;
	headers?: Record<string, string>;
}

/** Serves a file as web servers do, no faster than it is read. */
function file(content: Buffer, { ranges = true, size = true, headers = {} }: Serving = {}): Answer {
	return (request, response, log) => {
		const range = ranges && /^bytes=(\d+)-(\d+)$/.exec(String(request.headers.range));
		const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, content.length];
		if (range && start >= content.length) {
			response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
			return;
		}
		const part = content.subarray(start, end);
		response.writeHead(range ? 206 : 200, {
			...(size && { 'content-length': String(part.length) }),
			...(range && {
				'content-range': `bytes ${start}-${start + part.length - 1}/${size ? content.length : '*'}`,
			}),
			...headers,
		});
		const write = (at: number): void => {
			if (response.destroyed) return;
			if (at >= part.length) {
				response.end();
				return;
			}
			const piece = part.subarray(at, at + 65_536);
			log.sent += piece.length;
			response.write(piece, () => write(at + piece.length));
		};
		write(0);
	};
}

const sent = () => requests.reduce((sum, request) => sum + request.sent, 0);

describe('an audio', () => {
	it('is read whole, with one request and without the key', async () => {
		answers['/voice.mp3'] = file(VOICE);
		expect(await look('audio', '/voice.mp3')).toEqual({
			format: 'mp3',
			durationMs: 3134,
			bytes: VOICE.length,
		});
		expect(requests).toHaveLength(1);
		expect(requests[0].headers).not.toHaveProperty('authorization');
		expect(requests[0].headers).not.toHaveProperty('range');
		expect(requests[0].headers['accept-encoding']).toBe('identity');
	});

	it('is measured where nobody says how large it is', async () => {
		answers['/voice'] = file(VOICE, { size: false });
		answers['/wav'] = file(riff([fmt(), chunk('data', Buffer.alloc(48_000), 0xffffffff)]), {
			size: false,
		});
		answers['/m4a'] = file(
			Buffer.concat([
				ftyp('M4A '),
				moov([trak({ handler: 'soun', codec: 'mp4a' })]),
				mdat(900_000),
			]),
			{ size: false },
		);
		expect(await look('audio', '/voice')).toMatchObject({ durationMs: 3134, bytes: VOICE.length });
		expect(await look('audio', '/wav')).toMatchObject({ durationMs: 3000, bytes: 48_044 });
		expect(await look('audio', '/m4a')).toMatchObject({ durationMs: 4000 });
	});

	it('may be as large as Kling takes, wherever that has to be counted', async () => {
		const most = Buffer.concat([VOICE, Buffer.alloc(5 * 1024 ** 2 - VOICE.length)]);
		answers['/most'] = file(most, { size: false });
		answers['/more'] = file(Buffer.concat([most, Buffer.alloc(1)]), { size: false });
		expect(await look('audio', '/most')).toMatchObject({ format: 'mp3', bytes: most.length });
		expect((await problemAt('audio', '/more')).message).toContain('is too large');
	});

	it('is refused when it is too large, and read no further than it takes to know that', async () => {
		const large = Buffer.concat([VOICE, Buffer.alloc(30_000_000)]);
		answers['/told'] = file(large);
		answers['/untold'] = file(large, { size: false });
		expect((await problemAt('audio', '/told')).message).toMatch(/is too large: 30\.1 MB$/);
		expect(sent()).toBeLessThan(MOST_IN_FLIGHT);
		expect((await problemAt('audio', '/untold')).message).toMatch(
			/is too large: more than 5\.\d MB$/,
		);
		expect(requests[1].sent).toBeLessThan(5_300_000 + MOST_IN_FLIGHT);
	});
});

describe('a video', () => {
	const expected = { format: 'mp4', durationMs: 8000, width: 1280, height: 720, codec: 'avc1' };

	it.each([
		['in front', FRONT, 1],
		['behind', BEHIND, 2],
	])('is read by its index alone, which lies %s', async (_, content, count) => {
		answers['/clip.mp4'] = file(content);
		expect(await look('video', '/clip.mp4')).toEqual({ ...expected, bytes: content.length });
		expect(requests).toHaveLength(count);
		expect(sent()).toBeLessThan(200_000);
	});

	it.each([
		['in front', Buffer.concat([ftyp(), INDEX, mdat(40_000_000)]), MOST_IN_FLIGHT],
		['behind', BEHIND, BEHIND.length],
	])('is read where ranges are ignored, with the index %s', async (_, content, most) => {
		answers['/clip.mp4'] = file(content, { ranges: false });
		expect(await look('video', '/clip.mp4')).toEqual({ ...expected, bytes: content.length });
		expect(requests).toHaveLength(1);
		expect(sent()).toBeLessThanOrEqual(most);
	});

	it.each([
		['does not say the size', file(BEHIND, { size: false }), 2],
		['ignores all ranges but the first', inTurn(file(BEHIND), file(BEHIND, { ranges: false })), 2],
		['is busy for a moment between ranges', inTurn(file(BEHIND), status(503), file(BEHIND)), 4],
	])('is read from a server that %s', async (_, answer, count) => {
		answers['/clip.mp4'] = answer;
		expect(await look('video', '/clip.mp4')).toMatchObject(expected);
		expect(requests).toHaveLength(count);
	});

	it('is sent on when the server sends another part than it is asked for', async () => {
		const later: Answer = (_, response) => {
			const start = BEHIND.length - INDEX.length + 1;
			const range = `bytes ${start}-${BEHIND.length - 1}/${BEHIND.length}`;
			response.writeHead(206, { 'content-range': range }).end(BEHIND.subarray(start));
		};
		answers['/clip.mp4'] = inTurn(file(BEHIND), later);
		expect(await look('video', '/clip.mp4')).toEqual({ format: 'mp4', bytes: BEHIND.length });
	});

	it('is read no further than to its index, wherever the server goes on', async () => {
		const content = Buffer.concat([ftyp(), mdat(3_000_000), INDEX, mdat(60_000_000)]);
		answers['/clip.mp4'] = inTurn(file(content), file(content, { ranges: false }));
		const { silence } = TIMEOUTS;
		TIMEOUTS.silence = 20 * 60_000;
		try {
			expect(await look('video', '/clip.mp4')).toMatchObject(expected);
			await until(() => open === 0, 15_000);
		} finally {
			TIMEOUTS.silence = silence;
		}
		expect(sent()).toBeLessThan(4_000_000 + MOST_IN_FLIGHT);
	});

	it('is sent on when its length can not be found out', async () => {
		const content = Buffer.concat([ftyp(), mdat(60_000_000), INDEX]);
		answers['/clip.mp4'] = file(content, { ranges: false });
		expect(await look('video', '/clip.mp4')).toEqual({ format: 'mp4', bytes: content.length });
		expect(sent()).toBeLessThan(32_000_000 + MOST_IN_FLIGHT);
	});

	it('is refused by what it says about itself', async () => {
		const clip = (parts: Parameters<typeof trak>[0]) =>
			Buffer.concat([ftyp(), moov([trak(parts)]), mdat()]);
		answers['/long'] = file(clip({ runs: [[1525, 40]] }));
		answers['/short'] = file(clip({ runs: [[25, 40]] }));
		answers['/wide'] = file(clip({ coded: [3840, 2160] }));
		answers['/cut'] = file(FRONT.subarray(0, -1));
		answers['/silent'] = file(Buffer.concat([ftyp(), box('free', Buffer.alloc(9)), mdat()]));
		expect((await problemAt('video', '/long')).message).toContain('is too long: 61.0 s');
		expect((await problemAt('video', '/short')).message).toContain('is too short: 1.0 s');
		expect((await problemAt('video', '/wide')).message).toContain('is 3840 × 2160 pixels');
		expect((await problemAt('video', '/cut')).message).toContain('is incomplete');
		const broken = await problemAt('video', '/silent');
		expect(broken.message).toBe(
			`The video at ${server.url}/silent is broken: the part that lists its contents is missing`,
		);
	});

	it('is refused by its size without being read', async () => {
		answers['/large'] = (_, response, log) => {
			const part = Buffer.concat([ftyp(), INDEX, box('mdat')]);
			log.sent += part.length;
			response
				.writeHead(206, { 'content-range': `bytes 0-${part.length - 1}/120000000` })
				.end(part);
		};
		expect((await problemAt('video', '/large')).message).toMatch(/is too large: 120\.0 MB$/);
	});
});

describe('a link', () => {
	it('is opened once, however many items share it, and whatever comes of it', async () => {
		answers['/voice.mp3'] = file(VOICE);
		answers['/clip.mp4'] = file(FRONT);
		const outcomes = await inNode(async (context) => {
			const looks = new MediaChecks(context);
			return await Promise.all(
				Array.from({ length: 200 }, async (_, item) => {
					const paths = { video: '/clip.mp4', audio: item % 2 ? '/voice.mp3' : '/gone.mp3' };
					const { video, audio } = paths;
					return [
						await attemptAsync(async () => await looks.atUrl(urlOf(video), 'video')),
						await attemptAsync(async () => await looks.atUrl(urlOf(audio), 'audio')),
					];
				}),
			);
		});
		expect(requests.map(({ path }) => path).sort()).toEqual([
			'/clip.mp4',
			'/gone.mp3',
			'/voice.mp3',
		]);
		expect(outcomes.filter(([, audio]) => audio instanceof Problem)).toHaveLength(100);
		expect(outcomes.filter(([video]) => video instanceof Problem)).toHaveLength(0);
	});

	it('waits for its turn, so that few are open at the same time', async () => {
		const paths = Array.from({ length: 17 }, (_, n) => `/${n}.mp3`);
		let held: Array<() => void> = [];
		for (const path of paths) {
			answers[path] = (...parts) => {
				held.push(() => file(VOICE)(...parts));
				if (held.length < 5 && requests.length < paths.length) return;
				for (const answer of held) answer();
				held = [];
			};
		}
		await inNode(async (context) => {
			const looks = new MediaChecks(context);
			await Promise.all(paths.map(async (path) => await looks.atUrl(urlOf(path), 'audio')));
		});
		expect(requests).toHaveLength(17);
		expect(mostOpen).toBe(5);
	});

	it('is followed when it leads elsewhere, to another host, too', async () => {
		const other = await startServer((request, response) => {
			const log = { path: String(request.url), headers: request.headers, sent: 0 };
			requests.push(log);
			file(BEHIND)(request, response, log);
		});
		answers['/moved'] = status(302, { location: `${other.url}/clip.mp4?token=1` });
		expect(await look('video', '/moved')).toMatchObject({ durationMs: 8000 });
		await other.close();
		expect(requests.at(-1)?.path).toBe('/clip.mp4?token=1');
		expect(requests.some(({ headers }) => 'authorization' in headers)).toBe(false);
	});

	it.each([401, 403, 404, 410])('that answers %i is refused at once', async (code) => {
		answers['/gone.mp3'] = status(code);
		const { message, hint } = await problemAt('audio', '/gone.mp3');
		expect(message).toBe(`The audio link does not open (HTTP ${code}): ${server.url}/gone.mp3`);
		expect(hint).toMatch(/without a login\. .*'Check Media'/);
		expect(requests).toHaveLength(1);
	});

	it.each([429, 500, 503])('that answers %i is tried again, then refused', async (code) => {
		answers['/busy.mp3'] = status(code);
		const { message, hint } = await problemAt('audio', '/busy.mp3');
		expect(message).toBe(`The audio link does not open (HTTP ${code}): ${server.url}/busy.mp3`);
		expect(hint).toMatch(/try again later.*turn off the option 'Check Media'/);
		expect(requests).toHaveLength(3);
	});

	const breaksOff: Answer = (_, response) =>
		response
			.writeHead(200, { 'content-length': '99999' })
			.write(VOICE.subarray(0, 900), () => response.destroy());
	it('that always breaks off is refused with the reason', async () => {
		answers['/voice.mp3'] = breaksOff;
		const { message } = await problemAt('audio', '/voice.mp3');
		expect(message).toBe(
			`The audio link does not open (the connection was interrupted): ${server.url}/voice.mp3`,
		);
		expect(requests).toHaveLength(3);
	});

	it.each<[string, Answer]>([
		['was busy', status(503)],
		['asked to wait', status(429, { 'retry-after': '2' })],
		['broke off', breaksOff],
		['hung up', ({ socket }) => socket.destroy()],
		['fell silent', (_, response) => response.writeHead(200).write(VOICE.subarray(0, 900))],
	])('is good after all when a server only %s', async (_, answer) => {
		answers['/voice.mp3'] = inTurn(answer, file(VOICE));
		expect(await look('audio', '/voice.mp3')).toMatchObject({ durationMs: 3134 });
		expect(requests).toHaveLength(2);
	});

	it('at which nobody answers is refused with the reason', async () => {
		const gone = await startServer(() => {});
		await gone.close();
		const { message, hint } = await problemAt('video', `${gone.url}/clip.mp4`);
		expect(message).toBe(`The video link does not open (connection refused): ${gone.url}/clip.mp4`);
		expect(hint).toContain("'Check Media'");
	});

	it.each([
		['a web page', PAGE],
		['a JSON text', Buffer.from('{"error":"expired"}')],
		['an XML text', Buffer.from('<?xml version="1.0"?><Error>AccessDenied</Error>')],
		['a text', Buffer.from('Not found')],
		['a playlist', Buffer.from('#EXTM3U\n')],
	])('that opens %s is no medium, whatever it is called', async (what, content) => {
		answers['/clip.mp4'] = file(content, { headers: { 'content-type': 'video/mp4' } });
		const { message, hint } = await problemAt('video', '/clip.mp4');
		expect(message).toBe(`The video link opens ${what}, not the file: ${server.url}/clip.mp4`);
		expect(hint).toContain('the direct link to the file');
	});

	it.each([
		['empty', Buffer.alloc(0), 'is empty'],
		['an Ogg file', Buffer.from('OggS\0\x02'), 'is an Ogg file'],
		['a video', FRONT.subarray(0, 4000), 'is incomplete: its end is missing'],
		['noise', Buffer.alloc(5000, 0xee), 'is a file of an unknown format'],
	])('to a file that is %s is refused as an mp3', async (_, content, found) => {
		answers['/voice.mp3'] = file(content, { headers: { 'content-type': 'audio/mpeg' } });
		const { message } = await problemAt('audio', '/voice.mp3');
		expect(message).toBe(`The audio at ${server.url}/voice.mp3 ${found}`);
	});

	it('to an empty file is refused where ranges are served', async () => {
		answers['/clip.mp4'] = file(Buffer.alloc(0));
		expect((await problemAt('video', '/clip.mp4')).message).toMatch(/is empty$/);
	});

	it('is named without the password that is in it', async () => {
		const url = server.url.replace('//', '//anna:s3cret@');
		const { message, hint } = await problemAt('audio', `${url}/gone.mp3`);
		expect(message).toContain(`${server.url}/gone.mp3`);
		expect(message + hint).not.toMatch(/anna|s3cret/);
	});

	it.each([
		['opens a web page', file(PAGE), 'opens a web page, not the file'],
		['asks to sign in', status(401), 'does not open (HTTP 401)'],
	])('to a sharing page that %s is refused with the link to the file', async (_, answer, found) => {
		answers['/file/d/1AbC/view'] = answer;
		const link = 'https://drive.google.com/file/d/1AbC/view';
		const problem = await inNode(async (context) => {
			const toServer = async (options: IHttpRequestOptions): Promise<unknown> =>
				await context.helpers.httpRequest({
					...options,
					url: options.url.replace('https://drive.google.com', server.url),
				});
			const helpers = { ...context.helpers, httpRequest: toServer };
			const looks = new MediaChecks({ ...context, helpers } as IExecuteFunctions);
			return await attemptAsync(async () => await looks.atUrl(link, 'video'));
		});
		expect(problem).toMatchObject({ message: expect.stringContaining(found) });
		expect(problem).toMatchObject({
			hint: expect.stringContaining('https://drive.google.com/uc?export=download&id=1AbC'),
		});
	});

	it('is not tried again when the execution is cancelled', async () => {
		const cancelling = new AbortController();
		answers['/voice.mp3'] = (_, response) => {
			response.writeHead(200).write(VOICE.subarray(0, 900));
			cancelling.abort();
		};
		expect(await look('audio', '/voice.mp3', cancelling.signal)).toBeInstanceOf(Problem);
		expect(requests).toHaveLength(1);
	});
});

describe.each(['filesystem', 'default'])('a file, with binary data in mode %s', (mode) => {
	const lookAt = async (content: Buffer, kind: 'video' | 'audio', fileName?: string) => {
		engine.binaryMode = mode as Engine['binaryMode'];
		const data = await engine.storeBinary(content, { fileName, mimeType: 'video/mp4' });
		return await inNode(async (context) => {
			const looks = new MediaChecks(context);
			return await attemptAsync(async () => await looks.atFile(data, kind));
		});
	};

	it('is looked at like a link', async () => {
		const expected = { format: 'mp4', durationMs: 8000, bytes: BEHIND.length };
		expect(await lookAt(BEHIND, 'video')).toMatchObject(expected);
		expect(await lookAt(VOICE, 'audio')).toMatchObject({ durationMs: 3134, bytes: VOICE.length });
	});

	it.each([
		['is empty', Buffer.alloc(0)],
		['is a web page, not an audio file', PAGE],
		['is an MP4 file, not an audio file', FRONT],
		['is too large: 6.0 MB', Buffer.concat([VOICE, Buffer.alloc(6_000_000 - VOICE.length)])],
	])('is refused when it %s', async (found, content) => {
		const problem = await lookAt(content, 'audio', 'voice.mp3');
		expect(problem).toMatchObject({ message: `The audio file "voice.mp3" ${found}` });
	});
});

it('looks once at a file that several items share, as long as n8n stores it', async () => {
	const data: IBinaryData = await engine.storeBinary(VOICE, { fileName: 'voice.mp3' });
	const opened = await inNode(async (context) => {
		let streams = 0;
		const getBinaryStream: typeof context.helpers.getBinaryStream = async (...parts) => {
			streams++;
			return await context.helpers.getBinaryStream(...parts);
		};
		const helpers = { ...context.helpers, getBinaryStream };
		const looks = new MediaChecks({ ...context, helpers } as IExecuteFunctions);
		for (let item = 0; item < 3; item++) await looks.atFile({ ...data }, 'audio');
		return streams;
	});
	expect(opened).toBe(1);
});

it('looks at an audio that is given as Base64', async () => {
	const outcome = await inNode(async (context) => {
		const looks = new MediaChecks(context);
		return [
			looks.atBytes(VOICE.toString('base64'), 'audio of Face 1'),
			await attemptAsync(async () => looks.atBytes(PAGE.toString('base64'), 'audio of Face 1')),
		];
	});
	expect(outcome[0]).toMatchObject({ format: 'mp3', durationMs: 3134 });
	expect(outcome[1]).toMatchObject({
		message: 'The audio of Face 1 is a web page, not an audio file',
	});
});
