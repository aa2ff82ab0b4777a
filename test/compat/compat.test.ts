/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */

/** What the package promises on every n8n that it supports, and what differs on the oldest. */

import fs from 'node:fs';
import path from 'node:path';
import { PackageDirectoryLoader } from 'n8n-core';
import type { IConnections } from 'n8n-workflow';
import { AUDIO, IDENTIFY, LIP_SYNC, VIDEO, identified, until } from '../engine/helpers';
import type { Run } from '../engine/run';
import { createWorld, kling, NODE, TRIGGER, type World } from '../engine/setup';
import type { NodeData } from '../engine/workflows';
import { oldestFolder } from './install';

const isOldest = require.resolve('n8n-core').startsWith(oldestFolder());

let api: World['api'];
let engine: World['engine'];
let world: World;

beforeAll(async () => {
	world = await createWorld({ engine: { binaryMode: 'filesystem' } });
	({ api, engine } = world);
	await engine.serveBinary();
});
afterAll(async () => await world.close());
beforeEach(() => {
	api.reset();
	api.settings.identifyMs = 30;
});

const lipSync = (parameters: object, settings: Partial<NodeData> = {}) =>
	kling(
		{
			operation: 'lipSync',
			faceSource: 'video',
			videoUrl: VIDEO,
			faceSelection: 'all',
			audioUrl: AUDIO,
			...parameters,
		},
		settings,
	);
const identify = (parameters: object = {}, settings: Partial<NodeData> = {}) =>
	kling({ operation: 'identifyFace', videoUrl: '={{ $json.videoUrl }}', ...parameters }, settings);
const branches: IConnections = {
	Kling: {
		main: [[{ node: 'Good', type: 'main', index: 0 }], [{ node: 'Bad', type: 'main', index: 0 }]],
	},
};
const good = { name: 'Good', type: 'test.collect' };
const bad = { name: 'Bad', type: 'test.collect' };
const videos = (...urls: string[]) => urls.map((videoUrl) => ({ json: { videoUrl } }));

it("is loaded by n8n's own loader", async () => {
	const loader = new PackageDirectoryLoader(path.join(__dirname, '../..'));
	await loader.loadAll();
	expect(loader.types.nodes.map(({ name }) => name)).toEqual(
		expect.arrayContaining(['klingLipSync', 'klingLipSyncTrigger']),
	);
	expect(loader.types.credentials.map(({ name }) => name)).toEqual(['klingLipSyncApi']);
	for (const { iconUrl } of loader.types.nodes) expect(iconUrl).toMatchObject({ light: /svg$/ });
});

it('makes a video of a video and an audio, and downloads it', async () => {
	const run = await engine.run({
		nodes: [
			identify({}, { name: 'Identify' }),
			lipSync({ faceSource: 'identifyTask' }, { name: 'Lip Sync' }),
			kling({ operation: 'getTask', options: { downloadVideo: true } }, { name: 'Get' }),
		],
		input: videos(VIDEO),
	});
	expect(run.error).toBeUndefined();
	const [item] = run.items('Get');
	expect(item.json).toMatchObject({ state: 'completed', model: LIP_SYNC });
	expect(item.binary.data).toMatchObject({ mimeType: 'video/mp4' });
	expect((await engine.binary(item)).subarray(4, 8).toString()).toBe('ftyp');
	expect(api.creates(IDENTIFY)).toHaveLength(1);
	expect(api.creates(LIP_SYNC)).toHaveLength(1);
});

it('hands over a file', async () => {
	const clip = fs.readFileSync(path.join(__dirname, '../emulator/files/video.mp4'));
	const video = await engine.storeBinary(clip, { fileName: 'a.mp4', mimeType: 'video/mp4' });
	const run = await engine.run({
		nodes: [identify({ videoSource: 'binary', videoBinaryPropertyName: 'data' })],
		input: [{ json: {}, binary: { data: video } }],
	});
	expect(run.error).toBeUndefined();
	const [{ body }] = api.creates(IDENTIFY);
	const fetched = await (await fetch(body!.video_url!)).arrayBuffer();
	expect(Buffer.from(fetched).equals(clip)).toBe(true);
});

describe('one item that fails', () => {
	const parameters = { options: { maxConcurrency: 1 } };
	const failure = {
		error: expect.stringMatching(/not a web address/),
		details: expect.any(Object),
	};

	it('stops the execution', async () => {
		const run = await engine.run({ nodes: [identify()], input: videos(VIDEO, 'ftp://x') });
		expect(run.status).toBe('error');
		expect(run.error?.context.itemIndex).toBe(1);
	});

	it('goes on with the others', async () => {
		const run = await engine.run({
			nodes: [identify(parameters, { onError: 'continueRegularOutput' })],
			input: videos(VIDEO, 'ftp://x'),
		});
		expect(run.items('Kling')[0].json.state).toBe('completed');
		expect(run.items('Kling')[1].json).toEqual(failure);
	});

	it('leaves by the error output, with its details', async () => {
		const run = await engine.run({
			nodes: [identify(parameters, { onError: 'continueErrorOutput' }), good, bad],
			connections: branches,
			input: videos(VIDEO, 'ftp://x'),
		});
		expect(run.items('Good').map(({ json }) => json.state)).toEqual(['completed']);
		expect(run.items('Bad').map(({ json }) => json)).toEqual([{ videoUrl: 'ftp://x', ...failure }]);
	});

	it('is tried again without a second payment', async () => {
		api.fail({ kind: 'status', method: 'POST', status: 402 });
		const run = await engine.run({
			nodes: [
				identify(parameters, {
					onError: 'continueRegularOutput',
					retryOnFail: true,
					waitBetweenTries: 1,
				}),
			],
			input: videos(VIDEO, VIDEO),
		});
		expect(run.items('Kling').map(({ json }) => json.state)).toEqual(['completed', 'completed']);
		expect(api.tasks.size).toBe(2);
	});
});

describe('an execution that is paused', () => {
	const LONG = 1e9;
	const ended = async ({ executionId }: Run) =>
		await until(async () => {
			const run = await engine.finished(executionId);
			return run.status !== 'waiting' && run;
		});
	const paused = async (
		nodes: NodeData[] = [identify({ waitMode: 'callback' })],
		connections?: IConnections,
	) => {
		api.settings.identifyMs = LONG;
		const run = await engine.run({ nodes, connections, input: videos(VIDEO, VIDEO) });
		expect(run.status).toBe('waiting');
		return { run, tasks: [...api.tasks.values()] };
	};

	it('goes on when all tasks are finished', async () => {
		const { run, tasks } = await paused();
		for (const { taskId } of tasks) api.finish(taskId);
		const done = await ended(run);
		expect(done.items('Kling').map(({ json }) => json.state)).toEqual(['completed', 'completed']);
	});

	it('goes on when the time is over', async () => {
		const { run, tasks } = await paused();
		const done = await engine.resumeByTimeout(run);
		expect(done.items('Kling').map(({ json }) => json)).toEqual(
			tasks.map(({ taskId }) => expect.objectContaining({ taskId, timedOut: true })),
		);
	});

	it('does not believe a callback, with or without a signature in its URL', async () => {
		const { run, tasks } = await paused();
		const [{ taskId, request }] = tasks;
		const url = request.callback_url!;
		expect(new URL(url).searchParams.has('signature')).toBe(!isOldest);
		const body = { code: 200, data: { taskId, state: 'completed' } };
		const answer = await engine.deliver(url, { body });
		expect(answer).toMatchObject({ status: 503, resumed: false });
		expect((await engine.resumeByTimeout(run)).items('Kling')[0].json.timedOut).toBe(true);
	});

	it(`has failed tasks ${isOldest ? 'with the others' : 'at the error output'}`, async () => {
		const node = identify({ waitMode: 'callback' }, { onError: 'continueErrorOutput' });
		const { run, tasks } = await paused([node, good, bad], branches);
		api.finish(tasks[0].taskId);
		api.finish(tasks[1].taskId, { state: 'failed', failMsg: 'no faces found' });
		const done = await ended(run);
		const failure = {
			error: expect.stringMatching(/no faces found/),
			details: expect.objectContaining({ taskId: tasks[1].taskId, state: 'failed' }),
		};
		expect(done.items('Good').map(({ json }) => json)).toEqual([
			expect.objectContaining({ taskId: tasks[0].taskId, state: 'completed' }),
			...(isOldest ? [failure] : []),
		]);
		if (!isOldest) expect(done.items('Bad')[0].json).toMatchObject(failure);
	});
});

it('works for an agent', async () => {
	const node = { type: NODE, parameters: identify({ videoUrl: VIDEO }).parameters };
	const { output, run } = await engine.runAsTool(node, {}, { agent: 'invoke' });
	expect(run.error).toBeUndefined();
	expect(output).toEqual([expect.objectContaining({ state: 'completed', faceCount: 2 })]);
});

it('offers the faces', async () => {
	const { taskId } = await identified(api);
	const parameters = { operation: 'lipSync', faceSource: 'identifyTask', identifyTaskId: taskId };
	const { fields } = await engine.loadFields('getFaces', { parameters });
	expect(fields.map(({ id }) => id)).toEqual(expect.arrayContaining(['face_001', 'face_002']));
});

it('tests the credential', async () => {
	const test = async (changes: object = {}) => {
		const data = { apiKey: 'test-key', baseUrl: api.url, ...changes };
		return await engine.testCredential('klingLipSyncApi', data);
	};
	expect((await test()).status).toBe('OK');
	expect(await test({ apiKey: 'wrong' })).toMatchObject({
		status: 'Error',
		message: expect.stringMatching(/does not accept/),
	});
	const seen = api.log.length;
	api.fail({ kind: 'redirect', status: 301, location: `${api.url}/api/v1/audio/generations` });
	const redirected = await test();
	// Only a newer n8n tells the status of an answer that it was told to take.
	if (!isOldest) expect(redirected).toMatchObject({ message: expect.stringMatching(/redirects/) });
	expect(api.log).toHaveLength(seen + 1);
});

describe('the trigger', () => {
	const trigger = { name: 'Trigger', type: TRIGGER, webhookId: 'a1b2' };

	it.each(['completed', 'failed'] as const)('starts the workflow (%s)', async (state) => {
		const { taskId } = await identified(api);
		api.finish(taskId, { state });
		const deliver = async () =>
			await engine.webhook(trigger, { body: { code: 200, data: { taskId, state } } });
		const first = await deliver();
		// What comes long after the task's end may be a repetition: it is told to come once more.
		const answer = first.status === 503 ? await deliver() : first;
		expect(answer.status).toBe(200);
		expect(answer.workflowData?.[0][0].json).toMatchObject({ taskId });
	});
});
