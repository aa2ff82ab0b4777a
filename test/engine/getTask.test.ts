/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';
import type { Engine } from './harness';
import type { Api, NodeParameters, RunSettings } from './setup';
import { kling, useWorld } from './setup';
import { AUDIO, deepText, identified, IDENTIFY, LIP_SYNC, synced, until } from './helpers';

const world = useWorld({ factor: 50 });
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));

const getTask = async (parameters: NodeParameters, settings?: RunSettings) =>
	await world.run({ operation: 'getTask', ...parameters }, settings);

const resultOf = (taskId: string) => `${api.url}/files/result/${taskId}.mp4`;
const failure = { state: 'failed', failMsg: 'audio too short', failCode: '1102' } as const;

it('returns what is known of the task of the incoming item, finished or not', async () => {
	const running = await synced(api);
	const done = await synced(api, { outcome: { state: 'completed' } });
	const { taskId: identifyTask, sessionId } = await identified(api);
	const input = [running, done, identifyTask].map((taskId) => ({ json: { taskId } }));
	const items = (await getTask({}, { input })).items('Kling');
	expect(items.map(({ json }) => [json.taskId, json.state, json.model])).toEqual([
		[running, 'pending', LIP_SYNC],
		[done, 'completed', LIP_SYNC],
		[identifyTask, 'completed', IDENTIFY],
	]);
	expect(items[1].json.videoUrl).toBe(resultOf(done));
	expect(items[2].json).toMatchObject({ sessionId, faceCount: 2 });
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual([
		{ item: 0 },
		{ item: 1 },
		{ item: 2 },
	]);
	expect(api.log.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
});

it('waits for a task that is not finished', async () => {
	const taskId = await synced(api);
	const { promise } = engine.start({
		nodes: [kling({ operation: 'getTask', taskId, waitMode: 'poll' })],
	});
	await until(() => api.queries(taskId).length >= 3);
	api.finish(taskId);
	const run = await promise;
	expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
	expect(api.creates()).toHaveLength(0);
});

it('goes on with its last state when the time is up', async () => {
	const taskId = await synced(api);
	const run = await getTask({ taskId, waitMode: 'poll', options: { timeoutMinutes: 0.5 } });
	expect(run.status).toBe('success');
	expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'pending', timedOut: true });
});

it('finishes what a lip sync did not wait long enough for', async () => {
	const { taskId: identifyTaskId } = await identified(api);
	api.settings.lipSyncMs = 1e9;
	const nodes = [
		kling({
			operation: 'lipSync',
			faceSource: 'identifyTask',
			identifyTaskId,
			audioUrl: AUDIO,
			options: { timeoutMinutes: 0.2 },
		}),
		kling(
			{ operation: 'getTask', waitMode: 'poll', options: { downloadVideo: true } },
			{ name: 'Get' },
		),
	];
	const { promise } = engine.start({ nodes });
	const taskId = await until(() => api.creates(LIP_SYNC)[0]?.taskId);
	await until(() => engine.logs.some(({ message }) => message === 'Running node "Get" started'));
	api.finish(taskId);
	const run = await promise;
	expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'pending', timedOut: true });
	const [item] = run.items('Get');
	expect(item.json).toMatchObject({ taskId, state: 'completed', videoUrl: resultOf(taskId) });
	expect(item.json).not.toHaveProperty('timedOut');
	expect(item.binary.data.fileName).toBe(`${taskId}.mp4`);
	expect(api.creates(LIP_SYNC)).toHaveLength(1);
});

describe('a failed task', () => {
	it.each(['none', 'poll'])('is data (%s)', async (waitMode) => {
		const taskId = await synced(api, { outcome: failure });
		const run = await getTask({ taskId, waitMode });
		expect(run.status).toBe('success');
		expect(run.items('Kling')[0].json).toMatchObject({ taskId, ...failure });
		expect(run.items('Kling')[0].json).not.toHaveProperty('estimatedCostUsd');
	});

	it.each(['none', 'poll'])('is an error when the user wants it to be (%s)', async (waitMode) => {
		const taskId = await synced(api, { outcome: failure });
		const run = await getTask({ taskId, waitMode, options: { failOnFailedTask: true } });
		expect(run.error?.message).toBe(`Lip Sync failed: audio too short (task ${taskId})`);
		expect(run.error?.description).toMatch(/Check the audio/);
	});

	it('does not hold up the others', async () => {
		const ids = [await synced(api, { outcome: failure }), await synced(api)];
		const { promise } = engine.start({
			nodes: [kling({ operation: 'getTask', waitMode: 'poll' })],
			input: ids.map((taskId) => ({ json: { taskId } })),
		});
		await until(() => api.queries(ids[1]).length >= 2);
		api.finish(ids[1]);
		const states = (await promise).items('Kling').map(({ json }) => json.state);
		expect(states).toEqual(['failed', 'completed']);
	});
});

describe('downloading', () => {
	const video = fs.readFileSync(path.join(__dirname, '../emulator/files/result.mp4'));

	it('adds the video as a file, fetched without the key', async () => {
		const taskId = await synced(api, { outcome: { state: 'completed' } });
		const run = await getTask({ taskId, options: { downloadVideo: true } });
		const [item] = run.items('Kling');
		expect(item.binary.data).toMatchObject({ fileName: `${taskId}.mp4`, mimeType: 'video/mp4' });
		expect((await engine.binary(item)).equals(video)).toBe(true);
		expect(api.files.map((file) => file.path)).toEqual([`/files/result/${taskId}.mp4`]);
		expect(deepText(api.files)).not.toContain('test-key');
	});

	it('puts it into the field of the user', async () => {
		const taskId = await synced(api, { outcome: { state: 'completed' } });
		const options = { downloadVideo: true, binaryPropertyName: 'dubbed' };
		const run = await getTask({ taskId, options });
		expect(Object.keys(run.items('Kling')[0].binary)).toEqual(['dubbed']);
	});

	it('is left out where there is no video', async () => {
		const ids = [
			await synced(api),
			await synced(api, { outcome: failure }),
			(await identified(api)).taskId,
		];
		const run = await getTask(
			{ options: { downloadVideo: true } },
			{ input: ids.map((taskId) => ({ json: { taskId } })) },
		);
		expect(run.items('Kling').map(({ binary }) => binary)).toEqual([
			undefined,
			undefined,
			undefined,
		]);
		expect(api.files).toHaveLength(0);
	});

	it('that fails says that the video is paid for and where it is', async () => {
		const taskId = await synced(api, { outcome: { state: 'completed' } });
		api.fail({ kind: 'status', method: 'FILE', status: 403 });
		const run = await getTask({ taskId, options: { downloadVideo: true } });
		expect(run.error?.message).toContain(taskId);
		expect(run.error?.message).toMatch(/paid for/);
		expect(run.error?.description).toContain(resultOf(taskId));
		expect(api.files).toHaveLength(1);
	});

	it('keeps the task in an item that goes on', async () => {
		const taskId = await synced(api, { outcome: { state: 'completed' } });
		api.fail({ kind: 'html', method: 'FILE', times: 3 });
		const run = await getTask(
			{ taskId, options: { downloadVideo: true } },
			{ nodeSettings: { onError: 'continueRegularOutput' } },
		);
		expect(run.items('Kling')[0].json.details).toMatchObject({
			taskId,
			state: 'completed',
			videoUrl: resultOf(taskId),
		});
		expect(run.items('Kling')[0].binary).toBeUndefined();
	});

	it('is done by Lip Sync itself, too', async () => {
		const { taskId: identifyTaskId } = await identified(api);
		const run = await world.run({
			operation: 'lipSync',
			faceSource: 'identifyTask',
			identifyTaskId,
			audioUrl: AUDIO,
			options: { downloadVideo: true, binaryPropertyName: 'video' },
		});
		const [item] = run.items('Kling');
		expect(item.binary.video.fileName).toBe(`${item.json.taskId}.mp4`);
		expect((await engine.binary(item, 'video')).equals(video)).toBe(true);
	});
});

describe('a task that can not be had', () => {
	it('because it is unknown names its id and what to check', async () => {
		const run = await getTask({ taskId: 'cl-unknown' });
		expect(run.error?.message).toBe('The API does not know task cl-unknown');
		expect(run.error?.description).toMatch(/account that created/);
		expect(run.error?.httpCode).toBe('404');
		expect(api.log).toHaveLength(1);
	});

	it('because no id arrives is not asked for', async () => {
		const run = await getTask({}, { input: [{ json: { other: 1 } }] });
		expect(run.error?.message).toBe('The task ID is missing');
		expect(api.log).toHaveLength(0);
	});

	it('because its id is strange is asked for as it is', async () => {
		const taskId = 'a b&model=x/../?#';
		const run = await getTask({ taskId });
		expect(run.error?.message).toContain(taskId);
		expect(api.log[0].query).toEqual({ task_id: taskId });
	});
});

it('adds the answer of the API as it came, and the duration where it is told', async () => {
	api.settings.resultInQuery = 'resultJson';
	const taskId = await synced(api, { outcome: { state: 'completed' } });
	const run = await getTask({ taskId, options: { includeRaw: true } });
	const { raw, ...task } = run.items('Kling')[0].json;
	expect(raw.data).toMatchObject({ taskId, resultJson: expect.any(String) });
	expect(task).toMatchObject({ videoDuration: 8, estimatedCostUsd: 0.0126 });
});
