import {
	createdIds,
	IDENTIFY,
	identified,
	LIP_SYNC,
	lipSync,
	until,
	useWorld,
	VIDEO,
	type NodeData,
	type World,
} from './support';
import { sample } from '../engine/helpers';

const world = useWorld();

const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const FOREVER = 1e9;

const tasksOf = (model: string) => createdIds(world, model);

const failsFirst: World['api']['settings']['failWith'] = ({ model }, index) =>
	model === LIP_SYNC && index === 0 ? 'out of memory' : null;

/** An answer that the API repeats so often that it is believed. */
const failWhileAsking = () =>
	world.api.fail({ method: 'GET', kind: 'status', status: 401, model: LIP_SYNC, times: 3 });

/** Makes nodes with the same session. */
async function nodes() {
	const { sessionId } = await identified(world.api);
	return (more: object = {}, settings: Partial<NodeData> = {}) =>
		lipSync({ faceSource: 'session', sessionId, faceId: 'face_001', ...more }, settings);
}

describe('a person’s retry of an execution', () => {
	/** An execution that has come to grief, and its node. */
	const failing = async (parameters: object = {}) => {
		const node = await nodes();
		const failed = await world.engine.run({ nodes: [node(parameters)] });
		expect(failed.status).toBe('error');
		return { failed, node };
	};
	const failingWhileAsking = async (parameters: object = {}) => {
		failWhileAsking();
		return await failing(parameters);
	};

	test('creates anew what has failed', async () => {
		world.api.settings.failWith = failsFirst;
		const run = await world.engine.retry((await failing()).failed);
		const [, second] = tasksOf(LIP_SYNC);
		expect(run.items('Kling')[0].json).toMatchObject({ taskId: second, state: 'completed' });
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
	});

	test('creates anew what the API does not know any more', async () => {
		const { failed } = await failingWhileAsking();
		world.api.tasks.delete(tasksOf(LIP_SYNC)[0]);
		const run = await world.engine.retry(failed);
		expect(run.items('Kling')[0].json.taskId).toBe(tasksOf(LIP_SYNC)[1]);
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
	});

	test('takes up what is finished, with one query', async () => {
		const { failed } = await failingWhileAsking();
		const [taskId] = tasksOf(LIP_SYNC);
		world.api.finish(taskId);
		const before = world.api.queries(taskId).length;
		const run = await world.engine.retry(failed);
		expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
		expect(world.api.queries(taskId)).toHaveLength(before + 1);
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
	});

	test('takes up what is still at work', async () => {
		world.api.settings.lipSyncMs = FOREVER;
		const { failed } = await failingWhileAsking();
		const [taskId] = tasksOf(LIP_SYNC);
		const before = world.api.queries(taskId).length;
		const retried = world.engine.retry(failed);
		await until(() => world.api.queries(taskId).length > before + 1);
		world.api.finish(taskId);
		expect((await retried).items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
	});

	test('takes up what can not be asked for at the moment', async () => {
		const { failed } = await failingWhileAsking();
		// The first look is repeated five times.
		world.api.fail({ method: 'GET', kind: 'status', status: 503, model: LIP_SYNC, times: 6 });
		const run = await world.engine.retry(failed);
		expect(run.items('Kling')[0].json.state).toBe('completed');
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
	});

	test('takes up a task that fails then only once, whatever Retry On Fail says', async () => {
		world.api.settings.lipSyncMs = FOREVER;
		const { failed, node } = await failingWhileAsking();
		const [taskId] = tasksOf(LIP_SYNC);
		const before = world.api.queries(taskId).length;
		const retried = world.engine.retry(failed, { nodes: [node({}, RETRY)] });
		await until(() => world.api.queries(taskId).length > before + 1);
		world.api.finish(taskId, { failMsg: 'no mouth' });
		expect((await retried).error!.message).toContain(taskId);
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
	});

	test.each([
		[23, 1],
		[25, 2],
	])(
		'whose faces were found %i h ago identifies the video %i time(s) in all',
		async (hours, times) => {
			world.api.fail({ method: 'POST', kind: 'status', status: 400, model: LIP_SYNC });
			const node = lipSync({ faceSource: 'video', videoUrl: VIDEO });
			const failed = await world.engine.run({ nodes: [node] });
			expect(failed.status).toBe('error');
			world.api.tasks.get(tasksOf(IDENTIFY)[0])!.completeTime! -= hours * 3_600_000;
			const run = await world.engine.retry(failed);
			expect(run.items('Kling')[0].json).toMatchObject({
				state: 'completed',
				identifyTaskId: tasksOf(IDENTIFY).at(-1),
			});
			expect(tasksOf(IDENTIFY)).toHaveLength(times);
		},
	);

	test('after the faces have expired takes up the video that was made of them', async () => {
		const node = lipSync({ faceSource: 'video', videoUrl: VIDEO });
		failWhileAsking();
		const failed = await world.engine.run({ nodes: [node] });
		expect(failed.status).toBe('error');
		world.api.tasks.get(tasksOf(IDENTIFY)[0])!.completeTime! -= 25 * 3_600_000;
		const run = await world.engine.retry(failed);
		const [taskId, ...others] = tasksOf(LIP_SYNC);
		expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
		expect(others).toEqual([]);
		const ofAnotherVideo = lipSync({ faceSource: 'video', videoUrl: `${VIDEO}?take=2` });
		await world.engine.retry(failed, { nodes: [ofAnotherVideo] });
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
	});

	const asked = { options: { extraBody: '{"watermark":true}', soundInsertTime: 100 } };
	test.each<[string, object]>([
		['further fields of the request', { options: { ...asked.options, extraBody: '{}' } }],
		['another timing', { options: { ...asked.options, soundInsertTime: 500 } }],
		['another audio', { ...asked, audioUrl: sample('silence.wav?ms=3000') }],
		['another face', { ...asked, faceId: 'face_002' }],
	])('creates anew what is to have %s', async (_, changed) => {
		const { failed, node } = await failingWhileAsking(asked);
		const same = await world.engine.retry(failed);
		expect(same.status).toBe('success');
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
		const other = await world.engine.retry(failed, { nodes: [node(changed)] });
		expect(other.status).toBe('success');
		expect(tasksOf(LIP_SYNC)).toHaveLength(2);
	});
});

describe('a tool that an agent calls', () => {
	/** What an agent gets, as text, from a tool that it calls several times in one execution. */
	async function callTool(agent: string, node: NodeData, calls: object[]) {
		const run = await world.engine.run({
			nodes: [
				{ name: 'Agent', type: agent, parameters: { calls: JSON.stringify(calls) } },
				{ ...node, name: 'Tool', type: `${node.type}Tool` },
			],
			connections: { Tool: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] } },
		});
		expect(run.error).toBeUndefined();
		return JSON.stringify(run.items('Agent')[0].json.outputs);
	}

	describe.each(['test.agentOneByOne', 'test.agentByEngine'])('again (%s)', (agent) => {
		test.each<[string, Partial<NodeData>]>([
			['', {}],
			[' with Retry On Fail', RETRY],
		])('creates anew what has failed, and nothing before%s', async (_, settings) => {
			const node = await nodes();
			world.api.settings.failWith = failsFirst;
			const outputs = await callTool(
				agent,
				node({}, { ...settings, onError: 'continueRegularOutput' }),
				[{}, {}],
			);
			const [first, second] = tasksOf(LIP_SYNC);
			expect(tasksOf(LIP_SYNC)).toHaveLength(2);
			expect(outputs).toMatch(new RegExp(`${first}.*out of memory.*${second}`, 's'));
		});

		test('takes up what was not finished in time', async () => {
			const node = await nodes();
			world.api.settings.lipSyncMs = FOREVER;
			const timeoutMinutes = "={{ $fromAI('minutes', '', 'number') }}";
			const outputs = callTool(agent, node({ options: { timeoutMinutes } }), [
				{ minutes: 0.1 },
				{ minutes: 60 },
			]);
			// More than in the first call.
			await until(
				() => tasksOf(LIP_SYNC)[0] && world.api.queries(tasksOf(LIP_SYNC)[0]).length > 20,
			);
			world.api.finish(tasksOf(LIP_SYNC)[0]);
			expect(await outputs).toMatch(/timedOut.*completed/s);
			expect(tasksOf(LIP_SYNC)).toHaveLength(1);
		});
	});

	test.each(['engine', 'invoke'] as const)(
		'once does not pay twice for what fails, whatever Retry On Fail says (%s)',
		async (agent) => {
			const node = await nodes();
			world.api.settings.failWith = failsFirst;
			const settings = { ...RETRY, name: 'Tool' };
			await world.engine.runAsTool(node({}, settings), {}, { agent });
			expect(tasksOf(LIP_SYNC)).toHaveLength(1);
		},
	);

	test('several times at the same moment shares one task among equal calls', async () => {
		const node = await nodes();
		world.api.settings.latencyMs = 50;
		const outputs = await callTool('test.agentAtOnce', node(), [{}, {}, {}]);
		const [taskId] = tasksOf(LIP_SYNC);
		expect(tasksOf(LIP_SYNC)).toHaveLength(1);
		const results = JSON.parse(outputs) as string[];
		expect(results).toHaveLength(3);
		for (const result of results)
			expect(JSON.parse(result)).toMatchObject([{ taskId, state: 'completed' }]);
	});

	test('several times at the same moment tells all equal calls of one refusal', async () => {
		const node = await nodes();
		world.api.settings.latencyMs = 50;
		world.api.fail({ method: 'POST', kind: 'status', status: 402, model: LIP_SYNC });
		const settings = { onError: 'continueRegularOutput' } as const;
		const outputs = await callTool('test.agentAtOnce', node({}, settings), [{}, {}]);
		expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
		expect(outputs.match(/no credits left/g)).toHaveLength(2);
		expect(outputs).not.toMatch(/may have been/);
	});
});
