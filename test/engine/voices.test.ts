/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';

import type { Engine } from './harness';
import type { Api, NodeParameters, RunSettings } from './setup';
import { kling, useWorld } from './setup';
import { AUDIO, bodies, IDENTIFY, identified, LIP_SYNC, sample, VIDEO } from './helpers';

const world = useWorld({ api: { faces: 3 }, factor: 50 });
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));

const lipSync = async (parameters: NodeParameters, settings?: RunSettings) =>
	await world.run(
		{
			operation: 'lipSync',
			faceSource: 'video',
			videoUrl: VIDEO,
			audioUrl: AUDIO,
			...parameters,
		},
		settings,
	);

const mapping = (value: NodeParameters) => ({
	faceSelection: 'map',
	matchFacesBy: 'position',
	faces: { mappingMode: 'defineBelow', value },
});
const sent = () => bodies(api, LIP_SYNC)[0].face_choose!;
const opened = () => api.files.filter(({ path: name }) => name.startsWith('/files/sample/'));
const file = async (name: string) =>
	await engine.storeBinary(fs.readFileSync(path.join(__dirname, '../emulator/files', name)), {
		fileName: name,
	});

describe('voices for several faces', () => {
	it('come from two links, one of them starting at 3 s, whatever the video is', async () => {
		const value = { '#1': AUDIO, '#3': sample('voice-2.mp3'), '#3:sound_insert_time': 3000 };
		const run = await lipSync(mapping(value));
		expect(run.error).toBeUndefined();
		expect(sent()).toMatchObject([
			{ face_id: 'face_001', sound_file: AUDIO, sound_insert_time: 0 },
			{ face_id: 'face_003', sound_insert_time: 3000 },
		]);
		expect(run.items('Kling')[0].json.faces).toMatchObject([
			{ faceId: 'face_001', audio: AUDIO, soundInsertTime: 0 },
			{ faceId: 'face_003', soundInsertTime: 3000 },
		]);
	});

	it('come from two files that n8n keeps in memory, inside the request', async () => {
		const [voice, other] = [await file('voice.mp3'), await file('voice-2.mp3')];
		expect(voice.id).toBeUndefined();
		const run = await lipSync(
			{ ...mapping({ '#1': 'voice', '#2': '={{ "other" }}' }), audioSource: 'binary' },
			{ input: [{ json: {}, binary: { voice, other } }] },
		);
		expect(run.error).toBeUndefined();
		expect(sent().map(({ sound_file }) => sound_file)).toEqual([voice.data, other.data]);
		expect(run.items('Kling')[0].json.faces).toMatchObject([
			{ faceId: 'face_001', audio: 'voice.mp3' },
			{ faceId: 'face_002', audio: 'voice-2.mp3' },
		]);
	});

	it.each(['link', 'inline'])('are handed over as the user says (%s)', async (audioTransfer) => {
		engine.binaryMode = 'filesystem';
		const base = await engine.serveBinary();
		const voice = await file('voice.m4a');
		const run = await lipSync(
			{ audioSource: 'binary', audioBinaryPropertyName: 'voice', options: { audioTransfer } },
			{ input: [{ json: {}, binary: { voice } }] },
		);
		expect(run.error).toBeUndefined();
		const [{ sound_file: sound = '' }] = sent();
		expect(sound.startsWith(base)).toBe(audioTransfer === 'link');
	});

	it.each(['', 'data:audio/mpeg;base64,'])(
		'may be given as Base64 (%j), which is sent and looked at',
		async (prefix) => {
			const base64 = (await file('voice.mp3')).data;
			const run = await lipSync({ audioUrl: `${prefix}${base64}` });
			expect(run.error).toBeUndefined();
			expect(sent()).toMatchObject([{ sound_file: base64, sound_end_time: 4950 }]);
			expect(run.items('Kling')[0].json.faces).toMatchObject([
				{ audio: 'audio of Face 1 ("face_001")' },
			]);
		},
	);

	it('that are no audio are refused in any form', async () => {
		const page = Buffer.from('<!DOCTYPE html><title>Sign in</title>').toString('base64');
		const run = await lipSync({ audioUrl: `data:audio/mpeg;base64,${page}` });
		expect(run.error?.message).toBe('The audio of Face 1 is a web page, not an audio file');
		expect(api.creates()).toHaveLength(0);
	});

	it('name a face that this video does not have, before anything is spent on the lip sync', async () => {
		const run = await lipSync(mapping({ '#7': AUDIO }));
		expect(run.error?.message).toBe('There is no Face 7 in this video');
		expect(run.error?.description).toContain('1 ("face_001"), 2 ("face_002"), 3 ("face_003")');
		expect(api.creates(LIP_SYNC)).toHaveLength(0);
	});

	it('are refused before the faces are paid for when an expression comes to nothing', async () => {
		const run = await lipSync(mapping({ '#1': AUDIO, '#2': '={{ $json.second }}' }));
		expect(run.error?.message).toBe('The expression for the audio of Face 2 returned nothing');
		expect(api.creates()).toHaveLength(0);
	});
});

describe('an audio that does not fit', () => {
	it('is cut with the video, which the item and the output panel tell', async () => {
		const run = await lipSync({
			videoUrl: sample('blank.mp4?ms=5000'),
			audioUrl: sample('silence.wav?ms=5300'),
		});
		expect(run.error).toBeUndefined();
		expect(sent()[0]).toMatchObject({ sound_start_time: 0, sound_end_time: 4950 });
		expect(run.items('Kling')[0].json).toMatchObject({ audioCutMs: 350, videoDuration: 5 });
		const [{ hints = [] }] = run.data.resultData.runData.Kling;
		expect(hints.map(({ message }) => message).join()).toMatch(/cut: 0\.35 s of item 0/);
	});

	it('begins with the face, where the face comes late', async () => {
		api.settings.faces = [{ start_time: 6000, end_time: 10_000 }];
		const run = await lipSync({ audioUrl: sample('silence.wav?ms=6000') });
		expect(run.error).toBeUndefined();
		expect(sent()[0]).toMatchObject({ sound_insert_time: 6000, sound_end_time: 3950 });
	});

	it('is refused with the numbers where the user says how it is to fit', async () => {
		for (const [options, message] of [
			[
				{ soundEndTime: 6000 },
				/'Trim Audio To' of Face 1 is 6000 ms, but the audio ends at 5000 ms/,
			],
			[
				{ soundEndTime: 5000, soundInsertTime: 6000 },
				/would play until 11000 ms.*ends at 10000 ms/,
			],
		] as const) {
			const run = await lipSync({ options });
			expect(run.error?.message).toMatch(message);
		}
		expect(api.creates()).toHaveLength(0);
	});
});

describe('the original sound', () => {
	it.each([
		['replaced unless the user says otherwise', {}, 0],
		['kept underneath', { originalSound: 'keep' }, 1],
		['as loud as the option says', { options: { originalAudioVolume: 0.3 } }, 0.3],
	])('is %s', async (_, parameters, volume) => {
		await lipSync(parameters);
		expect(sent()[0].original_audio_volume).toBe(volume);
	});
});

describe('the links of a run', () => {
	it('are opened once each, however many items share them', async () => {
		const input = Array.from({ length: 200 }, (_, n) => ({ json: { n } }));
		const { taskId } = await identified(api);
		await api.tasks.get(taskId)?.look;
		api.files.length = 0;
		const audioUrl = `={{ $json.n % 2 ? '${AUDIO}' : '${sample('voice-2.mp3')}' }}`;
		const parameters = { audioUrl, waitMode: 'none', options: { maxConcurrency: 20 } };
		const run = await lipSync(parameters, { input });
		expect(run.error).toBeUndefined();
		expect(api.creates(IDENTIFY)).toHaveLength(200);
		expect(opened()).toHaveLength(3);
		for (const { headers } of opened()) expect(headers).not.toHaveProperty('authorization');
	});

	it('are not opened when the user does not want it: then the end has to be given', async () => {
		const unchecked = await lipSync({ options: { checkMedia: false } });
		expect(unchecked.error?.message).toMatch(/length of the audio of Face 1/);
		expect(api.creates()).toHaveLength(0);
		const given = await lipSync({ options: { checkMedia: false, soundEndTime: 4000 } });
		expect(given.error).toBeUndefined();
		expect(opened()).toHaveLength(0);
	});
});

describe('the price', () => {
	it('of a run is the sum over its items, both steps of a video included', async () => {
		const run = await lipSync({}, { input: [{ json: {} }, { json: {} }] });
		const costs = run.items('Kling').map(({ json }) => json.estimatedCostUsd);
		expect(costs).toEqual([0.0133, 0.0133]);
	});

	it('is carried once by faces that are split into items', async () => {
		const run = await engine.run({
			nodes: [kling({ operation: 'identifyFace', videoUrl: VIDEO, options: { splitFaces: true } })],
		});
		const costs = run.items('Kling').map(({ json }) => json.estimatedCostUsd);
		expect(costs).toEqual([0.0007, undefined, undefined]);
	});
});

describe("answers in the words of Kling's own reference", () => {
	it('lead to the same lip sync', async () => {
		Object.assign(api.settings, { vocabulary: 'kling', faceIds: 'number', faceTimes: 's' });
		Object.assign(api.settings, { unknownForMs: 20 });
		const run = await lipSync({});
		expect(run.error).toBeUndefined();
		expect(sent()[0]).toMatchObject({ face_id: '0', sound_end_time: 4950 });
		expect(run.items('Kling')[0].json.state).toBe('completed');
	});
});

describe("the vendor's newer revision", () => {
	beforeEach(() => {
		engine.credentials.apiRevision = 'video';
		api.settings.faces = 1;
	});
	const body = () => api.creates().at(-1)?.body as Record<string, unknown>;

	it('drives one face with what its page names, and nothing else', async () => {
		const run = await lipSync({});
		expect(run.error).toBeUndefined();
		expect(body()).toEqual({
			model: 'kling-lip-sync-video',
			sessionId: expect.any(String),
			faceId: 'face_001',
			audioUrl: AUDIO,
		});
		expect(run.items('Kling')[0].json).toMatchObject({
			state: 'completed',
			model: 'kling-lip-sync-video',
		});
		for (const { path: name } of api.log) expect(name).toBe('/api/v1/video/generations');
	});

	it('drives a face with an audio that Kling has made', async () => {
		const faceChoose = JSON.stringify([{ face_id: 'face_001', audio_id: 'a-1' }]);
		const run = await lipSync({ faceSelection: 'json', faceChoose });
		expect(run.error).toBeUndefined();
		expect(body()).toMatchObject({ faceId: 'face_001', audioId: 'a-1' });
		expect(body()).not.toHaveProperty('audioUrl');
	});

	it('takes no audio inside of the request', async () => {
		const run = await lipSync({ audioUrl: (await file('voice.mp3')).data });
		expect(run.error?.message).toBe("The audio can't be sent inside the request");
		expect(run.error?.description).toContain('Or use the URL of the audio.');
		expect(api.creates(LIP_SYNC)).toHaveLength(0);
	});

	it.each([
		['several faces', mapping({ '#1': AUDIO, '#2': AUDIO }), 'Only one face can speak in a video'],
		['a time', { options: { soundInsertTime: 1000 } }, "'Start Speaking At (ms)' can't be used"],
		['a volume', { options: { soundVolume: 0.5 } }, "'Voice Volume' can't be used"],
		[
			'the original sound',
			{ originalSound: 'keep' },
			"'Original Sound' can't be set to 'Keep Underneath'",
		],
	])('has no place for %s, which is refused before anything is sent', async (_, given, message) => {
		const run = await lipSync(given);
		expect(run.error?.message).toBe(message);
		expect(run.error?.description).toContain("API revision 'Video'");
		expect(api.creates()).toHaveLength(0);
	});
});
