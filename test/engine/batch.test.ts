import type { IConnections } from 'n8n-workflow';
import type { LogEntry } from '../emulator/requests';
import type { Engine } from './harness';
import { startServer } from './localServer';
import type { Api, NodeParameters } from './setup';
import type { NodeData } from './workflows';
import { wired } from './workflows';
import { kling, useWorld } from './setup';
import {
	AUDIO,
	VIDEO,
	bodies,
	createdIds,
	IDENTIFY,
	identified,
	LIP_SYNC,
	numberIn,
	taskOf,
	until,
} from './helpers';

const COUNT = 50;

interface Answered {
	entry: LogEntry;
	at: number;
}
const answered: Answered[] = [];

const onEvent = (kind: string, entry: object) => {
	if (kind === 'request') answered.push({ entry: entry as LogEntry, at: Date.now() });
};

const world = useWorld({ api: { onEvent }, factor: 100 });
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));
beforeEach(() => (answered.length = 0));

const urlOf = (n: number) => `${VIDEO}?n=${n}`;
const input = (count = COUNT) => Array.from({ length: count }, (_, n) => ({ json: { n } }));
const node = (
	options: NodeParameters = {},
	settings: Partial<NodeData> = {},
	more: NodeParameters = {},
) =>
	kling(
		{
			operation: 'identifyFace',
			videoUrl: `=${VIDEO}?n={{ $json.n }}`,
			options,
			...more,
		},
		settings,
	);

/** How many requests were at the API at the same time, at most. */
function mostAtOnce(requests: Answered[]) {
	const changes = requests.flatMap(({ entry, at }) => [
		{ at: entry.at, by: 1 },
		{ at, by: -1 },
	]);
	// Of one millisecond the leaving first: only what surely overlaps counts.
	changes.sort((a, b) => a.at - b.at || a.by - b.by);
	let now = 0;
	return Math.max(...changes.map(({ by }) => (now += by)));
}

/**
 * Stands before the API and lets requests pass only when so many are there together: whoever sends
 * fewer at once waits forever.
 */
async function openGate(together: number, count: number) {
	const held: Array<() => void> = [];
	let left = count;
	let now = 0;
	let most = 0;
	const server = await startServer(async (req, res) => {
		most = Math.max(most, ++now);
		const chunks: Buffer[] = [];
		for await (const chunk of req) chunks.push(chunk);
		await new Promise<void>((resolve) => {
			held.push(resolve);
			if (held.length < Math.min(together, left)) return;
			left -= held.length;
			for (const pass of held.splice(0)) pass();
		});
		const { authorization = '', 'content-type': type = '' } = req.headers;
		const answer = await fetch(`${api.url}${req.url}`, {
			method: req.method,
			headers: { authorization, 'content-type': type },
			body: Buffer.concat(chunks),
		});
		const text = await answer.text();
		now--;
		res.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
	});
	return { ...server, most: () => most };
}

describe('fifty items', () => {
	it.each([
		[undefined, 5],
		[3, 3],
		[20, 20],
		[1, 1],
	])('are submitted together, with the option %p exactly %i at once', async (option, most) => {
		const count = most === 1 ? 5 : COUNT;
		const gate = await openGate(most, count);
		const before = engine.credentials;
		engine.credentials = { ...before, baseUrl: gate.url };
		const options = option === undefined ? {} : { maxConcurrency: option };
		const run = await engine.run({
			nodes: [node(options, {}, { waitMode: 'none' })],
			input: input(count),
		});
		engine.credentials = before;
		await gate.close();
		expect(run.items('Kling')).toHaveLength(count);
		expect(api.creates()).toHaveLength(count);
		expect(gate.most()).toBe(most);
	});

	it('are all created before the first is asked for, and each output belongs to its input', async () => {
		api.settings.identifyMs = (request) => numberIn(request.video_url) % 7;
		const run = await engine.run({ nodes: [node()], input: input() });
		expect(run.error).toBeUndefined();
		const methods = api.log.map(({ method }) => method);
		expect(methods.lastIndexOf('POST')).toBeLessThan(methods.indexOf('GET'));
		expect(new Set(bodies(api).map(({ video_url }) => video_url)).size).toBe(COUNT);
		const items = run.items('Kling');
		expect(items).toHaveLength(COUNT);
		for (const [n, { json, pairedItem }] of items.entries()) {
			expect(pairedItem).toEqual({ item: n });
			expect(json.state).toBe('completed');
			expect(taskOf(api, json.taskId).request.video_url).toBe(urlOf(n));
		}
	});

	it('are watched by a bounded number of requests', async () => {
		api.settings.latencyMs = 20;
		await engine.run({ nodes: [node({ maxConcurrency: 8 })], input: input() });
		const queries = answered.filter(({ entry }) => entry.method === 'GET');
		expect(queries.length).toBeGreaterThanOrEqual(COUNT);
		expect(mostAtOnce(answered)).toBeLessThanOrEqual(8);
	});

	it('of videos need one identification and one lip sync each', async () => {
		const parameters = { operation: 'lipSync', faceSource: 'video', audioUrl: AUDIO };
		const run = await engine.run({ nodes: [node({}, {}, parameters)], input: input() });
		expect(run.error).toBeUndefined();
		expect(api.creates(IDENTIFY)).toHaveLength(COUNT);
		expect(api.creates(LIP_SYNC)).toHaveLength(COUNT);
		for (const [n, { json, pairedItem }] of run.items('Kling').entries()) {
			expect(pairedItem).toEqual({ item: n });
			const identify = taskOf(api, json.identifyTaskId);
			expect(identify.request.video_url).toBe(urlOf(n));
			expect(taskOf(api, json.taskId).request.session_id).toBe(identify.sessionId);
		}
	});
});

describe('one item that fails among many', () => {
	const failing: Record<string, () => void> = {
		'as a task': () => {
			api.settings.failWith = ({ video_url: url }) => (url === urlOf(3) ? 'no face' : null);
		},
		'at its create': () => {
			api.fail({ kind: 'status', method: 'POST', status: 402, after: 3 });
		},
	};
	const COUNT_SMALL = 10;
	const run = async (
		settings: Partial<NodeData>,
		connections?: IConnections,
		extra: NodeData[] = [],
	) =>
		await engine.run({
			nodes: [node({ maxConcurrency: 1 }, settings), ...extra],
			connections,
			input: input(COUNT_SMALL),
		});

	it.each(Object.keys(failing))('goes on as an error item in its place (%s)', async (how) => {
		failing[how]();
		const items = (await run({ onError: 'continueRegularOutput' })).items('Kling');
		expect(items).toHaveLength(COUNT_SMALL);
		for (const [n, { json, pairedItem }] of items.entries()) {
			expect(pairedItem).toEqual({ item: n });
			expect(Object.keys(json)).toEqual(
				n === 3 ? ['error', 'details'] : expect.arrayContaining(['taskId', 'sessionId']),
			);
		}
		expect(api.creates()).toHaveLength(COUNT_SMALL);
	});

	it.each(Object.keys(failing))('leaves by the error output (%s)', async (how) => {
		failing[how]();
		const collect = (name: string) => ({ name, type: 'test.collect' });
		const result = await run(
			{ onError: 'continueErrorOutput' },
			wired({ Kling: [['Good'], ['Bad']] }),
			[collect('Good'), collect('Bad')],
		);
		const good = result.items('Good');
		expect(good).toHaveLength(COUNT_SMALL - 1);
		for (const { json } of good) expect(json).toMatchObject({ state: 'completed', faceCount: 2 });
		const bad = result.items('Bad');
		expect(bad).toHaveLength(1);
		expect(bad[0].json).toMatchObject({
			n: 3,
			error: expect.any(String),
			details: { hint: expect.any(String) },
		});
		expect(result.items('Kling', 1)[0].pairedItem).toEqual({ item: 3 });
	});

	it.each(Object.keys(failing))('ends the run, naming it and all tasks (%s)', async (how) => {
		failing[how]();
		const result = await run({});
		expect(result.status).toBe('error');
		expect(result.error?.context.itemIndex).toBe(3);
		const text = `${result.error?.message} ${result.error?.description}`;
		// What is refused ends the spending; what fails later finds all tasks created.
		expect(api.tasks.size).toBe(how === 'at its create' ? 3 : COUNT_SMALL);
		for (const taskId of api.tasks.keys()) expect(text).toContain(taskId);
	});

	it('is not sent at all when its input is bad, nor are the others if the run stops', async () => {
		const bad = (settings: Partial<NodeData>) =>
			engine.run({
				nodes: [node({}, settings, { videoUrl: '={{ $json.n === 3 ? "" : $json.url }}' })],
				input: input(COUNT_SMALL).map(({ json: { n } }) => ({ json: { n, url: urlOf(n) } })),
			});
		const stopped = await bad({});
		expect(stopped.error?.context.itemIndex).toBe(3);
		expect(api.log).toHaveLength(0);
		const continued = await bad({ onError: 'continueRegularOutput' });
		expect(continued.items('Kling')[3].json.error).toMatch(/URL of the video is missing/);
		expect(api.creates()).toHaveLength(COUNT_SMALL - 1);
	});
});

describe('waiting in the node', () => {
	const start = (options: NodeParameters, count = 1) =>
		engine.start({ nodes: [node(options)], input: input(count) });

	it('goes through all states to the end', async () => {
		api.settings.identifyMs = 1e9;
		const { promise } = start({});
		const taskId = await until(() => createdIds(api)[0]);
		await until(() => api.queries(taskId).length >= 1);
		expect(taskOf(api, taskId).state).toBe('pending');
		taskOf(api, taskId).pendingUntil = 0;
		const before = api.queries(taskId).length;
		await until(() => api.queries(taskId).length > before);
		expect(taskOf(api, taskId).state).toBe('processing');
		api.finish(taskId);
		expect((await promise).items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
		expect(api.creates()).toHaveLength(1);
	});

	it('asks again for what is not finished, and no more for what is', async () => {
		api.settings.identifyMs = ({ video_url: url }) => (url === urlOf(0) ? 1e9 : 0);
		const { promise } = start({ checkMedia: false }, 3);
		const slow = await until(() => api.creates().find(({ body }) => body?.video_url === urlOf(0)));
		await until(() => api.queries(slow.taskId).length >= 5);
		api.finish(slow.taskId!);
		await promise;
		for (const { taskId } of api.creates())
			if (taskId !== slow.taskId) expect(api.queries(taskId)).toHaveLength(1);
	});

	it('ends when the time is up: what is not finished keeps its task and its last state', async () => {
		api.settings.identifyMs = ({ video_url: url }) => (url === urlOf(1) ? 0 : 1e9);
		const { promise } = start({ timeoutMinutes: 2 }, 3);
		const taskIds = await until(() => createdIds(api).length === 3 && createdIds(api));
		for (const taskId of taskIds) await until(() => api.tasks.get(taskId));
		const task = [...api.tasks.values()].find(({ request }) => request.video_url === urlOf(2));
		task!.pendingUntil = 0;
		const run = await promise;
		expect(run.status).toBe('success');
		expect(run.items('Kling').map(({ json }) => [json.state, json.timedOut])).toEqual([
			['pending', true],
			['completed', undefined],
			['processing', true],
		]);
		expect(new Set(run.items('Kling').map(({ json }) => json.taskId))).toEqual(new Set(taskIds));
	});

	it('of a video whose faces are not found in time is an error that names the task', async () => {
		api.settings.identifyMs = 1e9;
		const run = await engine.run({
			nodes: [
				kling({
					operation: 'lipSync',
					faceSource: 'video',
					videoUrl: urlOf(0),
					audioUrl: AUDIO,
					options: { timeoutMinutes: 0.2 },
				}),
			],
		});
		const [taskId] = api.tasks.keys();
		expect(run.error?.message).toContain(taskId);
		expect(run.error?.message).toMatch(/not finished/);
		expect(api.creates()).toHaveLength(1);
	});
});

it('takes no item for nothing', async () => {
	const { taskId } = await identified(api);
	const run = await engine.run({
		nodes: [
			{ name: 'Items', type: 'test.items', parameters: { items: [] } },
			kling({ operation: 'getTask', taskId }, { alwaysOutputData: true }),
		],
	});
	expect(run.runs('Kling')).toBe(0);
	expect(api.log).toHaveLength(0);
});
