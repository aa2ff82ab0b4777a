import { clock } from '../../nodes/KlingLipSync/clock';
import {
	createdIds,
	getTask,
	identified,
	identifyFace,
	letFail,
	lipSync,
	running,
	synced,
	useWorld,
	WITHOUT_END,
	type Fault,
	type NodeData,
	type Run,
	type World,
} from './support';

const world = useWorld({ factor: 1500 });

/** What passes by itself, what can't be read, and what stays as it is. */
const faults: Record<string, ['passing' | 'unreadable' | 'lasting', Fault]> = {
	'HTTP 429': ['passing', { kind: 'status', status: 429 }],
	'HTTP 429 with Retry-After': ['passing', { kind: 'status', status: 429, retryAfter: 3 }],
	'HTTP 500': ['passing', { kind: 'status', status: 500 }],
	'HTTP 502 with a page': [
		'passing',
		{ kind: 'status', status: 502, body: '<html>Bad Gateway</html>' },
	],
	'HTTP 503': ['passing', { kind: 'status', status: 503 }],
	'a closed connection': ['passing', { kind: 'reset' }],
	'no answer': ['passing', { kind: 'hang' }],
	'an envelope that says 500': ['passing', { kind: 'envelope', code: 500, msg: 'internal error' }],
	'an envelope that says 429': ['passing', { kind: 'envelope', code: 429, msg: 'slow down' }],
	'a page': ['unreadable', { kind: 'garbage' }],
	'an answer without a state': ['unreadable', { kind: 'body', body: { code: 200, data: {} } }],
	'another task': [
		'unreadable',
		{ kind: 'body', body: { code: 200, data: { taskId: 'other', state: 'failed' } } },
	],
	'HTTP 401': ['lasting', { kind: 'status', status: 401 }],
	'HTTP 404': ['lasting', { kind: 'status', status: 404 }],
	'an envelope that says 404': ['lasting', { kind: 'envelope', code: 404, msg: 'task not found' }],
	'an envelope that says 401': ['lasting', { kind: 'envelope', code: 401, msg: 'invalid API key' }],
};

const table = (...kinds: string[]) =>
	Object.entries(faults)
		.filter(([, [kind]]) => kinds.includes(kind))
		.map(([name, [, fault]]): [string, Fault] => [name, fault]);

/** Long enough for anything that passes, even if this machine is slow. */
const options = { timeoutMinutes: 600 };

interface Asking {
	node: NodeData;
	/** How many tasks a run creates, and one that ends with an error where that is another number. */
	creates: number;
	createsAfterError?: number;
	/** The task, where it was created elsewhere. */
	taskId?: string;
	/** What becomes of the item. */
	done: object;
}

/** Each makes a node that will ask for one task. */
const paths: Record<string, (world: World) => Promise<Asking>> = {
	'Identify Face that waits': async () => ({
		node: identifyFace({ options }),
		creates: 1,
		done: { state: 'completed', faceCount: 2 },
	}),
	'Lip Sync that waits': async ({ api }) => ({
		node: lipSync({
			faceSource: 'session',
			sessionId: (await identified(api)).sessionId,
			faceId: 'face_001',
			options,
		}),
		creates: 1,
		done: { state: 'completed', videoUrl: expect.any(String) },
	}),
	'Get Task': async ({ api }) => {
		const taskId = await running(api);
		api.finish(taskId);
		return { node: getTask({ taskId }), creates: 0, taskId, done: { taskId, state: 'completed' } };
	},
	'Get Task that waits': async ({ api }) => {
		const taskId = await running(api);
		return {
			node: getTask({ taskId, waitMode: 'poll', options }),
			creates: 0,
			taskId,
			done: { taskId, state: 'completed' },
		};
	},
	'the look-up of the faces': async ({ api }) => {
		const { taskId } = await identified(api);
		return {
			node: lipSync({ identifyTaskId: taskId, waitMode: 'none' }),
			creates: 1,
			createsAfterError: 0,
			taskId,
			done: { state: 'pending' },
		};
	},
};
const watching = ['Identify Face that waits', 'Lip Sync that waits'];
const asking = Object.keys(paths).filter((name) => !watching.includes(name));

const hits = () => world.api.queries().filter((query) => query.fault);

async function runWith(path: string, fault: Fault, times: number, parameters: object = {}) {
	const prepared = await paths[path](world);
	const node = { ...prepared.node, parameters: { ...prepared.node.parameters, ...parameters } };
	letFail(world, { times, ...fault, method: 'GET' });
	const run = await world.engine.run({ nodes: [node] });
	return { ...prepared, run, taskId: prepared.taskId ?? createdIds(world)[0] };
}

function expectError({ run, taskId, creates, createsAfterError = creates }: Asking & { run: Run }) {
	expect(run.status).toBe('error');
	expect(run.error?.message).toContain(taskId);
	expect(run.error?.context.itemIndex).toBe(0);
	expect(world.api.creates()).toHaveLength(createsAfterError);
}

describe.each(Object.keys(paths))('%s', (path) => {
	describe.each([1, 5])('with %i bad answers', (times) => {
		test.each(table('passing', ...(times === 1 || asking.includes(path) ? ['unreadable'] : [])))(
			'gets over %s',
			async (_, fault) => {
				const { run, creates, done } = await runWith(path, fault, times);
				expect(run.error).toBeUndefined();
				expect(run.items('Kling')).toEqual([expect.objectContaining({ json: expect.any(Object) })]);
				expect(run.items('Kling')[0].json).toMatchObject(done);
				expect(run.items('Kling')[0].json).not.toHaveProperty('timedOut');
				expect(hits()).toHaveLength(times);
				expect(world.api.creates()).toHaveLength(creates);
			},
		);
	});

	test.each(table('lasting'))('ends with an error for %s', async (_, fault) => {
		const result = await runWith(path, fault, WITHOUT_END);
		expectError(result);
		// Who watches a task of his own asks again, and for a minute when it is not known yet.
		const isUnknown = fault.status === 404 || fault.code === 404;
		const isWatching = watching.includes(path);
		expect(hits().length).toBeGreaterThanOrEqual(isWatching ? 3 : 1);
		expect(hits().length).toBeLessThanOrEqual(isWatching ? (isUnknown ? 20 : 3) : 1);
	});

	test.each(table('unreadable'))('ends with an error when it is always %s', async (_, fault) => {
		const result = await runWith(path, fault, WITHOUT_END);
		expectError(result);
		expect(hits().length).toBeGreaterThanOrEqual(3);
		expect(hits().length).toBeLessThanOrEqual(6);
	});
});

test.each(watching)('%s waits on in a state that it does not know', async (path) => {
	const dreaming = { kind: 'body', body: { code: 200, data: { state: 'dreaming' } } };
	const { run, done } = await runWith(path, dreaming, 8);
	expect(run.items('Kling')[0].json).toMatchObject(done);
	expect(hits()).toHaveLength(8);
});

test.each(watching)('%s gives up after three unreadable answers in a row', async (path) => {
	const result = await runWith(path, { kind: 'garbage' }, 3);
	expectError(result);
	expect(hits()).toHaveLength(3);
});

test.each(watching)('%s counts only unreadable answers in a row', async (path) => {
	const { node, done } = await paths[path](world);
	for (let round = 0; round < 3; round++) {
		world.api.fail({ method: 'GET', kind: 'garbage', times: 2 });
		world.api.fail({ method: 'GET', kind: 'status', status: 503 });
	}
	const run = await world.engine.run({ nodes: [node] });
	expect(run.items('Kling')[0].json).toMatchObject(done);
	expect(hits()).toHaveLength(9);
});

describe.each(watching)('%s', (path) => {
	test.each(table('passing'))('goes on with its task when it is always %s', async (_, fault) => {
		const timeoutMinutes = fault.kind === 'hang' ? 15 : 5;
		const parameters = { options: { timeoutMinutes } };
		const { run, taskId } = await runWith(path, fault, WITHOUT_END, parameters);
		expect(run.error).toBeUndefined();
		expect(run.items('Kling')).toHaveLength(1);
		expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'pending', timedOut: true });
		expect(hits().length).toBeGreaterThan(1);
		expect(world.api.creates()).toHaveLength(1);
	});
});

describe.each(asking)('%s', (path) => {
	test.each(table('passing'))('ends with an error when it is always %s', async (_, fault) => {
		const result = await runWith(path, fault, WITHOUT_END);
		expectError(result);
		expect(hits()).toHaveLength(6);
	});
});

test.each(Object.keys(paths))(
	'%s hands its task on with Continue, whatever the answers',
	async (path) => {
		const prepared = await paths[path](world);
		world.api.fail({ method: 'GET', kind: 'status', status: 401, times: WITHOUT_END });
		const node: NodeData = { ...prepared.node, onError: 'continueRegularOutput' };
		const run = await world.engine.run({ nodes: [node] });
		const [{ json }] = run.items('Kling');
		const taskId = prepared.taskId ?? createdIds(world)[0];
		expect(Object.keys(json)).toEqual(['error', 'details']);
		expect(json.error).toContain(taskId);
		expect(json.details).toMatchObject({ taskId, httpCode: 401 });
	},
);

test('Get Task that waits keeps asking for what it has seen running', async () => {
	const taskId = await synced(world.api);
	world.api.fail({ method: 'GET', kind: 'status', status: 503, after: 1, times: WITHOUT_END });
	const node = getTask({ taskId, waitMode: 'poll', options: { timeoutMinutes: 20 } });
	const run = await world.engine.run({ nodes: [node] });
	expect(run.items('Kling')[0].json).toMatchObject({ taskId, timedOut: true });
	expect(hits().length).toBeGreaterThan(6);
});

test('A Retry-After is waited for before a task is asked for again', async () => {
	world.api.fail({ method: 'GET', kind: 'status', status: 429, retryAfter: 40 });
	const run = await world.engine.run({ nodes: [identifyFace({ options })] });
	expect(run.items('Kling')[0].json.state).toBe('completed');
	const [first, second] = world.api.queries();
	// 40 s of the fast clock; a pause without the header would be 5 s.
	expect(second.at - first.at).toBeGreaterThanOrEqual(40_000 / 1500 - 2);
});

test('A Retry-After is waited for in Get Task', async () => {
	const pauses = jest.spyOn(clock, 'sleep');
	const taskId = await synced(world.api, { outcome: { state: 'completed' } });
	world.api.fail({ method: 'GET', kind: 'status', status: 429, retryAfter: 40 });
	const run = await world.engine.run({ nodes: [getTask({ taskId })] });
	expect(run.items('Kling')[0].json.state).toBe('completed');
	expect(pauses.mock.calls.map(([ms]) => ms)).toEqual([40_000]);
});
