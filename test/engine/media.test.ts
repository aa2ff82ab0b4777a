/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';
import type { IncomingHttpHeaders } from 'node:http';
import type { IDataObject } from 'n8n-workflow';
import type { Engine } from './harness';
import type { LocalServer } from './localServer';
import { startServer } from './localServer';
import type { Run } from './run';
import type { Api, NodeParameters, RunSettings } from './setup';
import { kling, useWorld, withTrigger } from './setup';
import { AUDIO, bodies, IDENTIFY, identified, LIP_SYNC, VIDEO } from './helpers';

// A public address at which nobody answers: a test that contacts it takes longer than allowed.
const PUBLIC_API = 'http://203.0.113.7';

const world = useWorld({ engine: { binaryMode: 'filesystem' }, factor: 50 });
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));

const run = async (parameters: NodeParameters, settings?: RunSettings) =>
	await world.run(parameters, settings);

const identifyFace = async (parameters: NodeParameters, options?: RunSettings) =>
	await run({ operation: 'identifyFace', ...parameters }, options);

const stored = (name: string) => fs.readFileSync(path.join(__dirname, '../emulator/files', name));

const fileItem = async (
	content: string | Buffer,
	file: { fileName?: string; mimeType?: string },
	property = 'data',
) => ({
	json: {},
	binary: { [property]: await engine.storeBinary(content, file) },
});

const mp4 = { fileName: 'clip.mp4', mimeType: 'video/mp4' };
const mp3 = { fileName: 'voice.mp3', mimeType: 'audio/mpeg' };

describe('files of earlier nodes', () => {
	it('are handed to the vendor as links that open without a login', async () => {
		const base = await engine.serveBinary();
		const video = stored('video.mp4');
		const voice = stored('voice.mp3');
		const binary = {
			data: await engine.storeBinary(video, mp4),
			audio: await engine.storeBinary(voice, mp3),
		};
		const result = await run(
			{
				operation: 'lipSync',
				faceSource: 'video',
				videoSource: 'binary',
				audioSource: 'binary',
				audioBinaryPropertyName: 'audio',
			},
			{ input: [{ json: {}, binary }] },
		);
		expect(result.error).toBeUndefined();
		const [{ video_url: videoUrl }, { face_choose: choices }] = bodies(api);
		expect(videoUrl?.startsWith(`${base}/rest/binary-data/signed?token=`)).toBe(true);
		expect(choices![0].sound_file!.startsWith(`${base}/rest/binary-data/signed?token=`)).toBe(true);
		expect(api.fetched).toMatchObject([
			{ url: videoUrl, status: 200, bytes: video.length, contentType: 'video/mp4' },
			{ url: choices![0].sound_file, status: 200, bytes: voice.length, contentType: 'audio/mpeg' },
		]);
		expect(result.items('Kling')[0].json.state).toBe('completed');
	});

	it('may lie in another field, another one for each item', async () => {
		const input = [
			await fileItem(stored('video.mp4'), mp4, 'one'),
			await fileItem(stored('video.mov'), mp4, 'two'),
		];
		const result = await identifyFace(
			{
				videoSource: 'binary',
				videoBinaryPropertyName: '={{ $itemIndex === 0 ? "one" : "two" }}',
				waitMode: 'none',
			},
			{ input },
		);
		expect(result.error).toBeUndefined();
		expect(new Set(bodies(api).map(({ video_url }) => video_url)).size).toBe(2);
	});

	it.each([
		['a picture', stored('face-1.png'), { fileName: 'a.mp4' }, /"a.mp4" is an image/],
		['an audio', stored('voice.mp3'), mp3, /"voice.mp3" is an MP3 file, not a video/],
		[
			'a format that Kling does not take',
			Buffer.from('1a45dfa3', 'hex'),
			mp4,
			/is a WebM or Matroska file/,
		],
		['an empty file', '', mp4, /The video file "clip.mp4" is empty/],
	])('are refused for a video when they are %s', async (_, content, file, message) => {
		const input = [await fileItem(content, file)];
		const result = await identifyFace({ videoSource: 'binary' }, { input });
		expect(result.error?.message).toMatch(message);
		expect(api.log).toHaveLength(0);
	});

	it('are refused for an audio when they are too large, but not at the limit', async () => {
		await engine.serveBinary();
		const { sessionId } = await identified(api);
		const limit = 5 * 1024 * 1024;
		const ofSize = (bytes: number) =>
			Buffer.concat([stored('voice.wav'), Buffer.alloc(bytes)]).subarray(0, bytes);
		const parameters = {
			operation: 'lipSync',
			faceSource: 'session',
			sessionId,
			faceId: 'face_001',
			audioSource: 'binary',
			waitMode: 'none',
		};
		const tooLarge = await fileItem(ofSize(limit + 1), mp3);
		const refused = await run(parameters, { input: [tooLarge] });
		expect(refused.error?.message).toMatch(/audio file "voice.mp3" is too large: 5\.2 MB/);
		expect(refused.error?.description).toMatch(/up to 5 MB/);
		expect(api.log).toHaveLength(0);
		const taken = await run(parameters, { input: [await fileItem(ofSize(limit), mp3)] });
		expect(taken.error).toBeUndefined();
		expect(api.creates(LIP_SYNC)).toHaveLength(1);
	});

	it.each(['video/quicktime', 'video/mp4; codecs="avc1"', '', 'application/octet-stream'])(
		'are taken with the type "%s"',
		async (mimeType) => {
			const item = await fileItem(stored('video.mp4'), mp4);
			item.binary.data.mimeType = mimeType;
			const result = await identifyFace(
				{ videoSource: 'binary', waitMode: 'none' },
				{ input: [item] },
			);
			expect(result.error).toBeUndefined();
			expect(api.creates(IDENTIFY)).toHaveLength(1);
		},
	);

	it('that are not in the named field are told from those that are there', async () => {
		const input = [await fileItem('x', mp4, 'clip')];
		const result = await identifyFace({ videoSource: 'binary' }, { input });
		expect(result.error?.message).toContain('no file in the field "data"');
		expect(result.error?.description).toContain('"clip"');
		expect(api.log).toHaveLength(0);
	});

	it('that are missing altogether are an error', async () => {
		const result = await identifyFace({ videoSource: 'binary' });
		expect(result.status).toBe('error');
		expect(result.error?.message).toMatch(/binary|file/);
		expect(api.log).toHaveLength(0);
	});

	it('can not be handed over while n8n keeps them in memory, which names the setting', async () => {
		engine.binaryMode = 'default';
		const input = [await fileItem(stored('video.mp4'), mp4)];
		const result = await identifyFace({ videoSource: 'binary' }, { input });
		expect(result.error?.message).toMatch(/in memory/);
		expect(result.error?.description).toContain('N8N_DEFAULT_BINARY_DATA_MODE');
		expect(api.log).toHaveLength(0);
	});
});

describe('an n8n that can not be reached from outside, while the API is public', () => {
	const own = {
		restApiUrl: 'http://localhost:5678/rest',
		webhookBaseUrl: 'http://localhost:5678/webhook',
		webhookWaitingBaseUrl: 'http://localhost:5678/webhook-waiting',
	};
	let before: Partial<Engine>;

	beforeEach(() => {
		const { restApiUrl, webhookBaseUrl, webhookWaitingBaseUrl } = engine;
		before = { restApiUrl, webhookBaseUrl, webhookWaitingBaseUrl };
		Object.assign(engine, own, { credentials: { apiKey: 'test-key', baseUrl: PUBLIC_API } });
	});
	afterEach(() => Object.assign(engine, before));

	const refused = (result: Run) => {
		expect(result.status).toBe('error');
		expect(result.error?.message).toContain('http://localhost:5678');
		expect(result.error?.description).toContain('WEBHOOK_URL');
		expect(result.error?.description).toMatch(/Nothing was sent or charged/);
	};

	it('can not hand over a file', async () => {
		const input = [await fileItem('x', mp4)];
		refused(await identifyFace({ videoSource: 'binary' }, { input }));
	}, 20_000);

	it('can not pause an execution', async () => {
		refused(await identifyFace({ videoUrl: VIDEO, waitMode: 'callback' }));
	}, 20_000);

	it('can not start a trigger', async () => {
		refused(await identifyFace({ videoUrl: VIDEO, waitMode: 'trigger' }, { active: true }));
	}, 20_000);

	it.each(['callback', 'trigger'])(
		'does not even identify the faces of a lip sync (%s)',
		async (waitMode) => {
			const parameters = { operation: 'lipSync', faceSource: 'video', videoUrl: VIDEO };
			refused(await run({ ...parameters, audioUrl: AUDIO, waitMode }, { active: true }));
		},
		20_000,
	);

	it('is told which field to change when the address was typed in', async () => {
		const result = await identifyFace({
			videoUrl: VIDEO,
			waitMode: 'none',
			options: { callbackUrl: 'http://192.168.0.7/done' },
		});
		expect(result.error?.message).toContain('http://192.168.0.7');
		expect(result.error?.description).toContain('Callback URL');
	}, 20_000);
});

it('may be private while the API is private, too', async () => {
	Object.assign(engine, { webhookWaitingBaseUrl: 'http://localhost:5678/webhook-waiting' });
	api.settings.callbacks = 'dropped';
	const result = await identifyFace({ videoUrl: VIDEO, waitMode: 'callback' });
	api.settings.callbacks = 'normal';
	expect(result.status).toBe('waiting');
	expect(bodies(api)[0].callback_url).toMatch(/^http:\/\/localhost:5678\/webhook-waiting\//);
});

describe('bad input is refused before the request', () => {
	const given = (value: unknown) => [{ json: { value } as IDataObject }];
	const value = '={{ $json.value }}';

	it.each([
		[undefined, /URL of the video is missing/],
		[null, /URL of the video is missing/],
		['', /URL of the video is missing/],
		['  ', /URL of the video is missing/],
		[{ url: VIDEO }, /URL of the video is missing/],
		['video.mp4', /not a web address/],
		['ftp://example.com/v.mp4', /not a web address/],
		['file:///etc/passwd', /not a web address/],
		['data:video/mp4;base64,AAAA', /not a web address/],
		['//example.com/v.mp4', /not a web address/],
	])('a video at %p', async (url, message) => {
		const result = await identifyFace({ videoUrl: value }, { input: given(url) });
		expect(result.error?.message).toMatch(message);
		expect(result.error?.context.itemIndex).toBe(0);
		expect(api.log).toHaveLength(0);
	});

	const timing = (options: NodeParameters) => ({ options });
	it.each([
		['no audio', { audioUrl: value }, /URL of the audio of Face 1 .* is missing/],
		['a part that is too short', timing({ soundStartTime: 1, soundEndTime: 2000 }), /too short/],
		['an end before the start', timing({ soundStartTime: 9000, soundEndTime: 5000 }), /too short/],
		[
			'a negative time',
			timing({ soundInsertTime: -1 }),
			/'Start Speaking At' must be 0 or more. It is -1/,
		],
		['a volume above 2', timing({ soundVolume: 2.1 }), /'Voice Volume' must be between 0 and 2/],
		[
			'a volume below 0',
			timing({ originalAudioVolume: -1 }),
			/'Original Audio Volume' must be between 0 and 2/,
		],
		['a volume that is no number', timing({ soundVolume: '={{ "loud" }}' }), /must be a number/],
		['extra fields that are no JSON', timing({ extraBody: '{a}' }), /not valid JSON/],
		['extra fields that are no object', timing({ extraBody: '[1]' }), /JSON object/],
		['a time-out of nothing', timing({ timeoutMinutes: 0 }), /above 0/],
		['a time-out that is no number', timing({ timeoutMinutes: '={{ "soon" }}' }), /above 0/],
		['malformed JSON', { faceSelection: 'json', faceChoose: '={{ "[" }}' }, /not valid JSON/],
		['JSON that is no list', { faceSelection: 'json', faceChoose: '{}' }, /must be a list/],
		['no face chosen', { faceSelection: 'json', faceChoose: '[]' }, /No face is chosen/],
		[
			'a face twice',
			{
				faceSelection: 'json',
				faceChoose: JSON.stringify([1, 2].map(() => ({ face_id: 'face_001', sound_file: AUDIO }))),
			},
			/"face_001"\) is chosen twice/,
		],
		[
			'two audios for a face',
			{
				faceSelection: 'json',
				faceChoose: JSON.stringify([{ face_id: 'face_001', sound_file: AUDIO, audio_id: '1' }]),
			},
			/two audios/,
		],
		['an unknown face', { faceId: 'face_009' }, /"face_009" is not in this video/],
		['no identify task', { identifyTaskId: value }, /No identify task is given/],
	])('a lip sync with %s', async (_, parameters, message) => {
		const { taskId } = await identified(api);
		const result = await run({
			operation: 'lipSync',
			faceSource: 'identifyTask',
			identifyTaskId: taskId,
			audioUrl: AUDIO,
			...parameters,
		});
		expect(result.error?.message).toMatch(message);
		expect(api.creates()).toHaveLength(0);
	});

	it.each([
		['a callback URL that is none', 'no url', /not a web address/],
		['a callback URL without http', 'ftp://example.com', /https:\/\/ or http:\/\//],
	])('%s', async (_, callbackUrl, message) => {
		const parameters = { videoUrl: VIDEO, callbackUrl: value, waitMode: 'trigger' };
		const result = await identifyFace(parameters, { input: given(callbackUrl), active: true });
		expect(result.error?.message).toMatch(message);
		expect(api.log).toHaveLength(0);
	});

	it('a trigger of a workflow that is not published', async () => {
		// What n8n answers for a path that nothing listens at.
		const n8n = await startServer((_, response) =>
			response.writeHead(204, { 'access-control-allow-methods': 'OPTIONS' }).end(),
		);
		const before = engine.webhookWaitingBaseUrl;
		engine.webhookWaitingBaseUrl = `${n8n.url}/webhook-waiting`;
		const result = await identifyFace({ videoUrl: VIDEO, waitMode: 'trigger' });
		engine.webhookWaitingBaseUrl = before;
		await n8n.close();
		expect(result.error?.message).toMatch(/not published/);
		expect(api.log).toHaveLength(0);
	});

	it('a trigger that can not be found, because the endpoints of n8n are renamed', async () => {
		const before = engine.webhookWaitingBaseUrl;
		engine.webhookWaitingBaseUrl = 'https://n8n.example.com/hooks-waiting';
		const parameters = { videoUrl: VIDEO, waitMode: 'trigger' };
		const result = await identifyFace(parameters, { active: true });
		engine.webhookWaitingBaseUrl = before;
		expect(result.error?.message).toMatch(/renamed/);
		expect(api.log).toHaveLength(0);
	});
});

describe('the way to a trigger', () => {
	beforeEach(() => {
		api.settings.callbacks = 'dropped';
		engine.webhookWaitingBaseUrl = 'https://n8n.example.com/webhook-waiting';
	});
	afterEach(() => (api.settings.callbacks = 'normal'));

	it("is the URL of the workflow's own trigger, signed", async () => {
		const result = await identifyFace(
			{ videoUrl: VIDEO, waitMode: 'trigger' },
			{ active: true, workflowId: 'wf-7' },
		);
		expect(bodies(api)[0].callback_url).toMatch(
			/^https:\/\/n8n\.example\.com\/webhook\/wf-7\/kling-lip-sync\?signature=[0-9a-f]{64}$/,
		);
		expect(result.items('Kling')[0].json.state).toBe('pending');
		expect(api.queries()).toHaveLength(0);
	});

	describe('in a workflow that is run by hand, which n8n never calls active', () => {
		let server: LocalServer;
		let methods: string | undefined;
		const asked: Array<{ method?: string; url?: string; headers: IncomingHttpHeaders }> = [];
		beforeAll(async () => {
			server = await startServer(({ method, url, headers }, res) => {
				asked.push({ method, url, headers });
				// As n8n does it: the methods of the webhooks that are registered at the path.
				res.writeHead(204, methods ? { 'Access-Control-Allow-Methods': methods } : {}).end();
			});
		});
		beforeEach(() => {
			asked.length = 0;
			engine.webhookWaitingBaseUrl = `${server.url}/webhook-waiting`;
		});
		afterAll(async () => await server.close());
		const byHand = async () =>
			await identifyFace(
				{ videoUrl: VIDEO, waitMode: 'trigger' },
				{ mode: 'manual', workflowId: 'wf-9', input: [{ json: {} }, { json: {} }] },
			);

		it('it is taken where n8n says that it listens, which is asked once and without the key', async () => {
			methods = 'OPTIONS, POST';
			const result = await byHand();
			expect(result.error).toBeUndefined();
			expect(api.creates()).toHaveLength(2);
			expect(asked).toHaveLength(1);
			expect(asked[0]).toMatchObject({ method: 'OPTIONS', url: '/webhook/wf-9/kling-lip-sync' });
			expect(asked[0].headers).not.toHaveProperty('authorization');
		});

		it('it is refused where nothing listens', async () => {
			methods = 'OPTIONS';
			const result = await byHand();
			expect(result.error?.message).toMatch(/not published/);
			expect(api.log).toHaveLength(0);
		});

		it('it is taken where n8n does not say', async () => {
			methods = undefined;
			expect((await byHand()).error).toBeUndefined();
			expect(api.creates()).toHaveLength(2);
		});
	});

	describe('is refused before anything is spent', () => {
		/** n8n, as it answers for a path: with the methods of the webhooks that are registered there. */
		async function refusal(
			callbackUrl: string,
			{ listening = '', ...options }: RunSettings & { listening?: string },
		) {
			const n8n = await startServer(({ url = '' }, response) => {
				const isRegistered = listening && url.startsWith(listening);
				if (!isRegistered && url.startsWith('/webhook-test/')) {
					const message = `The requested webhook "${url.slice(14)}" is not registered.`;
					response.writeHead(404, { 'content-type': 'application/json' });
					response.end(JSON.stringify({ code: 404, message }));
					return;
				}
				const methods = isRegistered ? 'OPTIONS, POST' : 'OPTIONS';
				response.writeHead(204, { 'access-control-allow-methods': methods }).end();
			});
			engine.webhookWaitingBaseUrl = `${n8n.url}/webhook-waiting`;
			const parameters = { videoUrl: VIDEO, waitMode: 'trigger', callbackUrl };
			const result = await identifyFace(
				{ ...parameters, callbackUrl: callbackUrl.replace('N8N', n8n.url) },
				{ mode: 'manual', ...options },
			);
			await n8n.close();
			if (!result.error) return undefined;
			expect(api.creates()).toEqual([]);
			return `${result.error.message}. ${result.error.description}`;
		}

		it('when the workflow has no trigger, and says where one may be', async () => {
			const nodes = [kling({ operation: 'identifyFace', videoUrl: VIDEO, waitMode: 'trigger' })];
			for (const active of [false, true]) {
				expect(await refusal('', { nodes, active })).toMatch(
					/^There is no Kling Lip Sync Trigger in this workflow\. Add one.*another workflow/,
				);
			}
		});

		it('when the trigger is deactivated', async () => {
			const node = kling({ operation: 'identifyFace', videoUrl: VIDEO, waitMode: 'trigger' });
			expect(await refusal('', withTrigger(node, { disabled: true }))).toMatch(
				/is deactivated\. Activate the node/,
			);
		});

		it('when the workflow is not published', async () => {
			expect(await refusal('', {})).toMatch(/^This workflow is not published.*Publish/);
		});

		it.each([
			[
				'a Test URL at which nothing listens',
				'N8N/webhook-test/wf-8/kling-lip-sync',
				/is the Test URL of a trigger that is not listening\. Paste the trigger's Production URL/,
			],
			[
				'a Production URL of this n8n at which nothing listens',
				'N8N/webhook/wf-8/kling-lip-sync',
				/^No trigger receives results at the callback URL\. Publish the workflow of the trigger/,
			],
		])('when the URL is %s', async (_, callbackUrl, message) => {
			expect(await refusal(callbackUrl, {})).toMatch(message);
		});

		it.each(['/webhook/wf-8/kling-lip-sync', '/webhook-test/wf-8/kling-lip-sync'])(
			'but not when something listens at %s',
			async (listening) => {
				expect(await refusal(`N8N${listening}`, { listening })).toBeUndefined();
				expect(api.creates()).toHaveLength(1);
			},
		);
	});

	it('is a trigger of another workflow, signed for that one, or another receiver, as it is', async () => {
		const create = async (callbackUrl: string) => {
			await identifyFace({ videoUrl: VIDEO, waitMode: 'trigger', callbackUrl });
			return bodies(api).at(-1)!.callback_url!;
		};
		const own = await create('https://n8n.example.com/webhook/workflow-1/kling-lip-sync');
		const other = await create('https://n8n.example.com/webhook/wf-8/kling-lip-sync');
		expect(other).toMatch(
			/^https:\/\/n8n\.example\.com\/webhook\/wf-8\/kling-lip-sync\?signature=/,
		);
		expect(other.slice(-64)).not.toBe(own.slice(-64));
		expect(await create('https://example.com/hook?a=b')).toBe('https://example.com/hook?a=b');
	});
});
