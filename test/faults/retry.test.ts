/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';
import type { CreateRequest } from '../emulator/requests';
import {
	AUDIO,
	createdIds,
	getTask,
	IDENTIFY,
	identified,
	identifyFace,
	items,
	letFail,
	LIP_SYNC,
	lipSync,
	ON_ERROR,
	until,
	useWorld,
	VIDEO,
	WITHOUT_END,
	type Fault,
	type NodeData,
	type World,
} from './support';

const world = useWorld();

const SAMPLES = path.join(__dirname, '../emulator/files');

const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const LONG = { timeoutMinutes: 60 };

/** How often the API has to say that a task can't be shown. */
const BELIEVED = 3;

/** Lets a number of tries end because they can't ask for their task. */
const failAsking = (tries = 1, more: Partial<Fault> = {}) =>
	world.api.fail({
		method: 'GET',
		kind: 'status',
		status: 401,
		model: LIP_SYNC,
		times: BELIEVED * tries,
		...more,
	});

const tasksOf = (model: string) => createdIds(world, model);

const session = async () => ({
	faceSource: 'session',
	sessionId: (await identified(world.api)).sessionId,
	faceId: 'face_001',
});

/** An item with a file, for which n8n makes another link each time. */
async function fileItem(field: string, file: { fileName: string; mimeType: string }) {
	const content = readFileSync(path.join(SAMPLES, file.fileName));
	world.engine.binaryMode = 'filesystem';
	await world.engine.serveBinary();
	return { json: {}, binary: { [field]: await world.engine.storeBinary(content, file) } };
}

/** Nodes that differ in how they come to their request. */
const requests: Record<
	string,
	(options: object) => Promise<{ node: NodeData; input: Array<Partial<INodeExecutionData>> }>
> = {
	'a fixed URL': async (options) => ({
		node: lipSync({ ...(await session()), options }),
		input: items(1),
	}),
	'a URL that is another one each time': async (options) => ({
		node: lipSync({
			...(await session()),
			audioUrl: `={{ "${AUDIO}?" + $now.toMillis() + Math.random() }}`,
			options,
		}),
		input: items(1),
	}),
	'a file whose link is another one each time': async (options) => ({
		node: lipSync({ ...(await session()), audioSource: 'binary', options }),
		input: [await fileItem('data', { fileName: 'voice.mp3', mimeType: 'audio/mpeg' })],
	}),
	'a mapped face': async (options) => ({
		node: lipSync({
			faceSelection: 'map',
			identifyTaskId: (await identified(world.api)).taskId,
			faces: { mappingMode: 'defineBelow', value: { face_001: AUDIO } },
			options,
		}),
		input: items(1),
	}),
	'every face': async (options) => ({
		node: lipSync({
			faceSelection: 'all',
			identifyTaskId: (await identified(world.api)).taskId,
			options,
		}),
		input: items(1),
	}),
	'faces in JSON': async (options) => ({
		node: lipSync({
			...(await session()),
			faceSelection: 'json',
			faceChoose: JSON.stringify([{ face_id: 'face_001', sound_file: AUDIO }]),
			options,
		}),
		input: items(1),
	}),
	'a video': async (options) => ({
		node: lipSync({ faceSource: 'video', videoUrl: VIDEO, options }),
		input: items(1),
	}),
	'a video file whose link is another one each time': async (options) => ({
		node: lipSync({ faceSource: 'video', videoSource: 'binary', options }),
		input: [await fileItem('data', { fileName: 'video.mp4', mimeType: 'video/mp4' })],
	}),
};

describe.each(Object.keys(requests))('with Retry On Fail and %s', (name) => {
	test.each(ON_ERROR)('a failure while asking leads to no second task (%s)', async (onError) => {
		const { node, input } = await requests[name](LONG);
		failAsking(2);
		const run = await world.engine.run({ nodes: [{ ...node, ...RETRY, onError }], input });
		expect(run.items('Kling')[0].json).toMatchObject({
			taskId: tasksOf(LIP_SYNC)[0],
			state: 'completed',
		});
		expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
		expect(world.api.creates(IDENTIFY).length).toBe(name.includes('video') ? 1 : 0);
		expect(world.api.queries().filter(({ fault }) => fault)).toHaveLength(2 * BELIEVED);
	});

	test.each(ON_ERROR)(
		'a create without an answer is sent once in all tries (%s)',
		async (onError) => {
			const { node, input } = await requests[name](LONG);
			world.api.fail({ method: 'POST', kind: 'reset-after', model: LIP_SYNC, times: WITHOUT_END });
			const run = await world.engine.run({ nodes: [{ ...node, ...RETRY, onError }], input });
			expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
			expect(world.api.creates(IDENTIFY).length).toBe(name.includes('video') ? 1 : 0);
			const output = onError === 'continueErrorOutput' ? 1 : 0;
			const message =
				onError === 'stopWorkflow' ? run.error?.message : run.items('Kling', output)[0].json.error;
			expect(message).toMatch(/may have been created and charged/);
			if (onError !== 'stopWorkflow' && name.includes('video')) {
				const { details } = run.items('Kling', output)[0].json;
				expect(details.identifyTaskId).toBe(tasksOf(IDENTIFY)[0]);
			}
		},
	);

	test('a refused create is sent again', async () => {
		const { node, input } = await requests[name](LONG);
		world.api.fail({ method: 'POST', kind: 'status', status: 400, model: LIP_SYNC });
		const run = await world.engine.run({ nodes: [{ ...node, ...RETRY }], input });
		expect(run.items('Kling')[0].json.state).toBe('completed');
		expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
		expect(world.api.creates(IDENTIFY).length).toBe(name.includes('video') ? 1 : 0);
	});

	test('a failed task is not paid for again', async () => {
		const { node, input } = await requests[name](LONG);
		world.api.settings.failWith = ({ model }) => (model === LIP_SYNC ? 'no mouth' : null);
		const run = await world.engine.run({ nodes: [{ ...node, ...RETRY }], input });
		expect(run.error?.message).toContain(tasksOf(LIP_SYNC)[0]);
		expect(run.error?.message).toContain('no mouth');
		expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
	});

	test('a failed download is tried again, and nothing else', async () => {
		const { node, input } = await requests[name]({ ...LONG, downloadVideo: true });
		world.api.fail({ method: 'FILE', path: '/result/', kind: 'status', status: 404, times: 2 });
		const run = await world.engine.run({ nodes: [{ ...node, ...RETRY }], input });
		expect(run.items('Kling')[0].binary.data.fileName).toBe(`${tasksOf(LIP_SYNC)[0]}.mp4`);
		expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
		expect(world.api.files.filter(({ path }) => path.includes('/result/'))).toHaveLength(3);
	});

	test('a person’s retry takes up what the request has not changed', async () => {
		const { node, input } = await requests[name](LONG);
		failAsking();
		const failed = await world.engine.run({ nodes: [node], input });
		expect(failed.status).toBe('error');
		// Signed links tell the second in which they were made.
		const { now } = Date;
		const later = jest.spyOn(Date, 'now').mockImplementation(() => now() + 10_000);
		const run = await world.engine.retry(failed);
		later.mockRestore();
		expect(run.executionId).not.toBe(failed.executionId);
		expect(run.items('Kling')[0].json.state).toBe('completed');
		const isAnother = name === 'a URL that is another one each time';
		expect(world.api.creates(LIP_SYNC)).toHaveLength(isAnother ? 2 : 1);
		expect(world.api.creates(IDENTIFY).length).toBe(name.includes('video') ? 1 : 0);
	});
});

test('A failed identification inside of Lip Sync is not paid for again by Retry On Fail', async () => {
	const node = lipSync({ faceSource: 'video', videoUrl: VIDEO }, RETRY);
	failAsking(2, { model: IDENTIFY });
	const run = await world.engine.run({ nodes: [node] });
	expect(run.items('Kling')[0].json).toMatchObject({
		state: 'completed',
		identifyTaskId: tasksOf(IDENTIFY)[0],
	});
	expect(world.api.creates(IDENTIFY)).toHaveLength(1);
	expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
});

test('An identification without an answer is sent once in all tries', async () => {
	const node = lipSync({ faceSource: 'video', videoUrl: VIDEO }, RETRY);
	letFail(world, { method: 'POST', kind: 'hang-after', times: WITHOUT_END });
	const run = await world.engine.run({ nodes: [node] });
	expect(run.error?.message).toMatch(/may have been created and charged/);
	expect(world.api.creates()).toHaveLength(1);
});

describe.each(ON_ERROR)('one failing item among ten (%s)', (onError) => {
	const runTen = async (fault?: Fault, failWith?: World['api']['settings']['failWith']) => {
		const { sessionId } = await identified(world.api);
		world.api.settings.failWith = failWith ?? null;
		if (fault) world.api.fail({ method: 'POST', model: LIP_SYNC, ...fault });
		const node = lipSync(
			{
				faceSource: 'session',
				sessionId,
				faceId: 'face_001',
				audioUrl: `=${AUDIO}?n={{ $json.n }}`,
				options: { ...LONG, maxConcurrency: 1 },
			},
			{ ...RETRY, onError },
		);
		return await world.engine.run({ nodes: [node], input: items(10) });
	};
	const audios = () =>
		world.api
			.creates(LIP_SYNC)
			.filter(({ taskId }) => taskId)
			.map(({ body }) => body?.face_choose?.[0].sound_file);

	test.each([0, 3, 9])('a create refused once leads to one task for each item (%i)', async (n) => {
		const run = await runTen({ kind: 'status', status: 400, after: n });
		// Only a failure of the first item makes n8n run the node again when it continues.
		const isRepeated = onError === 'stopWorkflow' || n === 0;
		expect(world.api.creates(LIP_SYNC)).toHaveLength(isRepeated ? 11 : 10);
		expect(new Set(audios()).size).toBe(audios().length);
		expect(audios()).toHaveLength(isRepeated ? 10 : 9);
		const outputs = [...run.items('Kling', 0), ...run.items('Kling', 1)];
		expect(outputs).toHaveLength(10);
		expect(outputs.filter(({ json }) => json.state === 'completed')).toHaveLength(
			isRepeated ? 10 : 9,
		);
	});

	test.each([0, 3, 9])('a create without an answer is never repeated (%i)', async (n) => {
		const run = await runTen({ kind: 'reset-after', after: n });
		// A run that is to stop spends nothing on the items behind.
		const sent = onError === 'stopWorkflow' ? n + 1 : 10;
		expect(world.api.creates(LIP_SYNC)).toHaveLength(sent);
		expect(new Set(audios()).size).toBe(sent);
		if (onError === 'stopWorkflow') {
			expect(run.error?.message).toMatch(/may have been created/);
			expect(run.error?.context.itemIndex).toBe(n);
			const known = world.api.creates(LIP_SYNC).filter(({ fault }) => !fault);
			for (const { taskId } of known) expect(run.error?.description).toContain(taskId);
		} else {
			const outputs = [...run.items('Kling', 0), ...run.items('Kling', 1)];
			expect(outputs.filter(({ json }) => json.state === 'completed')).toHaveLength(9);
			expect(outputs.filter(({ json }) => /may have been/.test(json.error))).toHaveLength(1);
		}
	});

	test.each([0, 3, 9])('a failed task is never paid for again (%i)', async (n) => {
		const run = await runTen(undefined, (_, index) => (index === n ? 'no mouth' : null));
		expect(world.api.creates(LIP_SYNC)).toHaveLength(10);
		const failedId = tasksOf(LIP_SYNC)[n];
		if (onError === 'stopWorkflow') {
			expect(run.error?.message).toContain(failedId);
			expect(run.error?.context.itemIndex).toBe(n);
			for (const taskId of tasksOf(LIP_SYNC))
				expect(`${run.error?.message} ${run.error?.description}`).toContain(taskId);
		} else {
			const outputs = [...run.items('Kling', 0), ...run.items('Kling', 1)];
			const [{ json }] = outputs.filter(({ json }) => json.error);
			expect(json.details).toMatchObject({
				taskId: failedId,
				state: 'failed',
				failMsg: 'no mouth',
			});
			expect(outputs.filter(({ json }) => json.state === 'completed')).toHaveLength(9);
		}
	});
});

test('A loop over the same input creates a task each time round', async () => {
	const { sessionId } = await identified(world.api);
	const node = lipSync({ faceSource: 'session', sessionId, faceId: 'face_001' });
	const again = {
		name: 'Again',
		type: 'test.switch',
		parameters: { output: '={{ $runIndex === 0 ? 0 : 1 }}' },
	};
	const run = await world.engine.run({
		nodes: [node, again],
		connections: {
			Kling: { main: [[{ node: 'Again', type: 'main', index: 0 }]] },
			Again: { main: [[{ node: 'Kling', type: 'main', index: 0 }]] },
		},
	});
	expect(run.runs('Kling')).toBe(2);
	expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
	const ids = run.data.resultData.runData.Kling.map(({ data }) => data?.main[0]?.[0].json.taskId);
	expect(new Set(ids).size).toBe(2);
});

test('A loop whose second round fails while asking takes up only its own task', async () => {
	const { sessionId } = await identified(world.api);
	const node = lipSync(
		{ faceSource: 'session', sessionId, faceId: 'face_001' },
		{ ...RETRY, onError: 'continueRegularOutput' },
	);
	const again = {
		name: 'Again',
		type: 'test.switch',
		parameters: { output: '={{ $runIndex === 0 ? 0 : 1 }}' },
	};
	// So the first round is done with its first query.
	world.api.settings.lipSyncMs = 1;
	failAsking(1, { after: 1 });
	const run = await world.engine.run({
		nodes: [node, again],
		connections: {
			Kling: { main: [[{ node: 'Again', type: 'main', index: 0 }]] },
			Again: { main: [[{ node: 'Kling', type: 'main', index: 0 }]] },
		},
	});
	expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
	const ids = run.data.resultData.runData.Kling.map(({ data }) => data?.main[0]?.[0].json.taskId);
	expect(ids).toEqual(tasksOf(LIP_SYNC));
});

test('Two nodes with the same request in one execution create a task each', async () => {
	const { sessionId } = await identified(world.api);
	const parameters = { faceSource: 'session', sessionId, faceId: 'face_001' };
	const run = await world.engine.run({
		nodes: [lipSync(parameters), lipSync(parameters, { name: 'Second' })],
	});
	expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
	expect(run.items('Kling')[0].json.taskId).not.toBe(run.items('Second')[0].json.taskId);
});

test('Two equal items of one run get a task each', async () => {
	const run = await world.engine.run({ nodes: [identifyFace()], input: items(2, { n: 0 }) });
	expect(world.api.creates()).toHaveLength(2);
	expect(run.items('Kling').map(({ json }) => json.taskId)).toEqual(tasksOf(IDENTIFY));
});

describe('as a tool of an agent', () => {
	const tool = async (settings: Partial<NodeData> = {}, parameters: object = {}) =>
		lipSync({ ...(await session()), options: LONG, ...parameters }, { name: 'Tool', ...settings });
	const askedTool = async () =>
		await tool({}, { audioUrl: "={{ $fromAI('audio', '', 'string') }}" });

	test.each(['engine', 'invoke'])('a call creates one task (%s)', async (agent) => {
		const node = await tool();
		const { output } = await world.engine.runAsTool(node, {}, { agent });
		expect(JSON.stringify(output)).toContain(tasksOf(LIP_SYNC)[0]);
		expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
	});

	test.each(['engine', 'invoke'])(
		'a failure while asking leads to no second task with Retry On Fail (%s)',
		async (agent) => {
			const node = await tool(RETRY);
			failAsking();
			const { output } = await world.engine.runAsTool(node, {}, { agent });
			expect(JSON.stringify(output)).toContain(tasksOf(LIP_SYNC)[0]);
			expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
		},
	);

	test.each(['test.agentOneByOne', 'test.agentAtOnce', 'test.agentByEngine'])(
		'two calls with different arguments get a task each (%s)',
		async (agent) => {
			const outputs = await callTool(await askedTool(), ['a', 'b'], agent);
			expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
			for (const taskId of tasksOf(LIP_SYNC)) expect(outputs).toContain(taskId);
		},
	);

	test.each(['test.agentOneByOne', 'test.agentByEngine'])(
		'a call that repeats one that succeeded creates another task (%s)',
		async (agent) => {
			const outputs = await callTool(await askedTool(), ['a', 'a'], agent);
			expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
			for (const taskId of tasksOf(LIP_SYNC)) expect(outputs).toContain(taskId);
		},
	);

	test('a call that takes long does not lose its task to one that ends before', async () => {
		const isSlow = ({ face_choose: faces }: CreateRequest) =>
			faces?.[0].sound_file?.endsWith('n=slow');
		world.api.settings.lipSyncMs = (request) => (isSlow(request) ? 600_000 : 1);
		const node = { ...(await askedTool()), ...RETRY };
		const calls = callTool(node, ['slow', 'fast'], 'test.agentAtOnce');
		await until(() => tasksOf(LIP_SYNC).length === 2);
		const [slow, fast] = [true, false].map(
			(wanted) => world.api.creates().find(({ body }) => isSlow(body!) === wanted)!.taskId!,
		);
		const asked = (taskId: string) => world.api.queries(taskId).length;
		await until(() => world.api.tasks.get(fast)?.outcome && asked(fast) > 0);
		const before = asked(slow);
		await until(() => asked(slow) > before + 2);
		failAsking(1, { taskId: slow });
		await until(() => world.api.queries(slow).some(({ fault }) => fault));
		world.api.finish(slow);

		const outputs = await calls;
		expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
		for (const taskId of [slow, fast]) expect(outputs).toContain(taskId);
	});

	test('a call whose create is slow does not lose its task to one that ends before', async () => {
		world.api.settings.lipSyncMs = 1;
		const node = await askedTool();
		// The second create is repeated after the first call has come to its end.
		world.api.fail({ method: 'POST', kind: 'status', status: 429, retryAfter: 60, after: 1 });
		const outputs = await callTool(node, ['a', 'b'], 'test.agentAtOnce');
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
		for (const taskId of tasksOf(LIP_SYNC)) expect(outputs).toContain(taskId);
	});

	/** What an agent gets, as text, from a tool that it calls several times in one execution. */
	async function callTool(node: NodeData, names: string[], agent: string) {
		const calls = names.map((name) => ({ audio: `${AUDIO}?n=${name}` }));
		const run = await world.engine.run({
			nodes: [
				{ name: 'Agent', type: agent, parameters: { calls: JSON.stringify(calls) } },
				{ ...node, type: `${node.type}Tool` },
			],
			connections: { Tool: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] } },
		});
		expect(run.error).toBeUndefined();
		return JSON.stringify(run.items('Agent')[0].json.outputs);
	}
});

describe('a person’s retry of a failed execution', () => {
	const node = (sessionId: string, more: object = {}, settings: Partial<NodeData> = {}) =>
		lipSync(
			{
				faceSource: 'session',
				sessionId,
				faceId: 'face_001',
				audioUrl: `=${AUDIO}?n={{ $json.n }}`,
				...more,
			},
			settings,
		);

	test('creates anew what has been changed, and nothing else', async () => {
		const { sessionId } = await identified(world.api);
		failAsking(3);
		const failed = await world.engine.run({ nodes: [node(sessionId)], input: items(3) });
		expect(world.api.creates(LIP_SYNC)).toHaveLength(3);
		const audioUrl = `=${AUDIO}?n={{ $json.n === 1 ? "new" : $json.n }}`;
		const run = await world.engine.retry(failed, { nodes: [node(sessionId, { audioUrl })] });
		expect(world.api.creates(LIP_SYNC)).toHaveLength(4);
		const [first, , third, anew] = tasksOf(LIP_SYNC);
		expect(run.items('Kling').map(({ json }) => json.taskId)).toEqual([first, anew, third]);
	});

	test('sends a create again whose answer never came', async () => {
		const { sessionId } = await identified(world.api);
		world.api.fail({ method: 'POST', kind: 'reset-after' });
		const failed = await world.engine.run({ nodes: [node(sessionId, {}, RETRY)], input: items(2) });
		expect(world.api.creates(LIP_SYNC)).toHaveLength(2);
		const run = await world.engine.retry(failed);
		expect(world.api.creates(LIP_SYNC)).toHaveLength(3);
		expect(run.items('Kling').map(({ json }) => json.state)).toEqual(['completed', 'completed']);
	});

	test('sends a create again that was refused', async () => {
		const { sessionId } = await identified(world.api);
		world.api.fail({ method: 'POST', kind: 'status', status: 402 });
		const failed = await world.engine.run({ nodes: [node(sessionId)], input: items(2) });
		const run = await world.engine.retry(failed);
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
		expect(run.items('Kling').map(({ json }) => json.state)).toEqual(['completed', 'completed']);
	});

	test('that fails once more can be retried once more', async () => {
		const { sessionId } = await identified(world.api);
		// One is used up by the look before the task is taken up.
		failAsking(2, { times: 2 * BELIEVED + 1 });
		const first = await world.engine.run({ nodes: [node(sessionId)] });
		const second = await world.engine.retry(first);
		expect(second.status).toBe('error');
		const third = await world.engine.retry(second);
		expect(third.items('Kling')[0].json.state).toBe('completed');
		expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
	});

	test('waits for tasks that call the earlier execution back', async () => {
		await world.engine.serveBinary();
		const { sessionId } = await identified(world.api);
		world.api.fail({ method: 'POST', kind: 'status', status: 400, after: 1 });
		Object.assign(world.api.settings, { callbacks: 'dropped', lipSyncMs: 1e9 });
		const failed = await world.engine.run({
			nodes: [node(sessionId, { waitMode: 'callback' })],
			input: items(2),
		});
		expect(failed.status).toBe('error');
		const retried = world.engine.retry(failed);
		await until(() => tasksOf(LIP_SYNC).length === 2);
		for (const taskId of tasksOf(LIP_SYNC)) world.api.finish(taskId);
		const run = await retried;
		expect(run.status).toBe('success');
		expect(run.items('Kling').map(({ json }) => json.state)).toEqual(['completed', 'completed']);
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
	});
});

test('Get Task never creates anything, whatever fails', async () => {
	const { taskId } = await identified(world.api);
	world.api.fail({ method: 'GET', kind: 'status', status: 401, times: 2 });
	const run = await world.engine.run({ nodes: [getTask({ taskId }, RETRY)] });
	expect(run.items('Kling')[0].json.state).toBe('completed');
	expect(world.api.creates()).toHaveLength(0);
	expect(world.api.queries()).toHaveLength(3);
});

test('A key that is refused once leads to one task with Retry On Fail', async () => {
	world.api.fail({ method: 'POST', kind: 'status', status: 401 });
	const run = await world.engine.run({ nodes: [identifyFace({}, RETRY)] });
	expect(run.items('Kling')[0].json.state).toBe('completed');
	expect(world.api.creates()).toHaveLength(2);
});
