import { clock } from '../../nodes/KlingLipSync/clock';
import {
	identified,
	identifyFace,
	KEY,
	letFail,
	lipSync,
	serve,
	synced,
	useWorld,
	WITHOUT_END,
	type Fault,
	type NodeData,
	type World,
} from './support';

const world = useWorld();

/** Each makes a node that will create one task. */
const paths: Record<string, (world: World) => Promise<NodeData>> = {
	'Identify Face': async () => identifyFace({ options: { timeoutMinutes: 60 } }),
	'Lip Sync': async ({ api }) =>
		lipSync({
			faceSource: 'session',
			sessionId: (await identified(api)).sessionId,
			faceId: 'face_001',
			options: { timeoutMinutes: 60 },
		}),
};

const MAY_EXIST = /may have been created and charged/;

/** What the message says, and whether a task may exist without the user knowing its id. */
const refusals: Record<string, [Fault, RegExp]> = {
	'HTTP 400': [{ kind: 'status', status: 400 }, /refused the request.*missing or invalid/],
	'HTTP 401': [{ kind: 'status', status: 401 }, /does not accept the API key/],
	'HTTP 402': [{ kind: 'status', status: 402 }, /no credits left/],
	'HTTP 403': [{ kind: 'status', status: 403 }, /does not accept the API key/],
	'HTTP 404': [{ kind: 'status', status: 404 }, /code 404/],
	'an envelope that says 400': [
		{ kind: 'envelope', code: 400, msg: 'video is too long' },
		/video is too long/,
	],
	'an envelope that says 401': [{ kind: 'envelope', code: 401, msg: '' }, /API key/],
	'an envelope that says 402': [{ kind: 'envelope', code: 402, msg: 'no money' }, /no credits/],
	'a redirect': [
		{ kind: 'redirect', location: 'https://other.example.com/' },
		/redirects to https:\/\/other\.example\.com/,
	],
};
const doubts: Record<string, Fault> = {
	'HTTP 500': { kind: 'status', status: 500 },
	'HTTP 500 after the task was created': { kind: 'status-after', status: 500 },
	'HTTP 500 whose body says 400': { kind: 'status', status: 500, body: { code: 400, msg: 'no' } },
	'HTTP 500 whose body says 429': { kind: 'status', status: 500, body: { code: 429, msg: 'no' } },
	'HTTP 503': { kind: 'status', status: 503 },
	'HTTP 504 with a page': { kind: 'status', status: 504, body: '<html>Gateway</html>' },
	'a connection closed before': { kind: 'reset' },
	'a connection closed after the task was created': { kind: 'reset-after' },
	'no answer': { kind: 'hang' },
	'no answer after the task was created': { kind: 'hang-after' },
	'an envelope that says 500': { kind: 'envelope', code: 500, msg: 'internal error' },
	'a page': { kind: 'garbage' },
	'an empty answer': { kind: 'garbage', body: '' },
	'an answer without data': { kind: 'body', body: { code: 200, msg: 'success' } },
	'an answer without a task ID': {
		kind: 'body',
		body: { code: 200, msg: 'success', data: { state: 'pending' } },
	},
	'an envelope with an unheard-of code': { kind: 'envelope', code: 1, msg: 'hm' },
	'HTTP 204': { kind: 'status', status: 204, body: '' },
};

async function runWith(path: string, fault: Fault, settings: Partial<NodeData> = {}) {
	const node = { ...(await paths[path](world)), ...settings };
	letFail(world, { ...fault, method: 'POST' });
	return await world.engine.run({ nodes: [node] });
}

describe.each(Object.keys(paths))('%s', (path) => {
	test.each(Object.entries(refusals))(
		'reports %s, and that nothing was charged or created',
		async (_, [fault, message]) => {
			const run = await runWith(path, fault);
			expect(run.error?.message).toMatch(message);
			expect(run.error?.message).not.toMatch(MAY_EXIST);
			expect(run.error?.description.length).toBeGreaterThan(20);
			expect(run.error?.context.itemIndex).toBe(0);
			expect(world.api.creates()).toHaveLength(1);
			expect(world.api.queries()).toHaveLength(0);
		},
	);

	test.each(Object.entries(doubts))(
		'says after %s that a task may exist and that the request was not repeated',
		async (_, fault) => {
			const run = await runWith(path, fault);
			expect(run.error?.message).toMatch(MAY_EXIST);
			expect(run.error?.description).toMatch(/not repeated/);
			expect(run.error?.context.itemIndex).toBe(0);
			expect(world.api.creates()).toHaveLength(1);
			expect(world.api.queries()).toHaveLength(0);
		},
	);

	test.each([
		['without Retry-After', {}, [1000, 2000]],
		['with Retry-After', { retryAfter: 7 }, [7000, 7000]],
		['with Retry-After 0', { retryAfter: 0 }, [0, 0]],
		['with a Retry-After of an hour', { retryAfter: 3600 }, [120_000, 120_000]],
		['with a date as Retry-After', { retryAfter: 'Wed, 21 Oct 2015 07:28:00 GMT' }, [1000, 2000]],
	])('repeats a create that got a 429 %s', async (_, more, waits) => {
		const pauses = jest.spyOn(clock, 'sleep');
		const run = await runWith(path, { kind: 'status', status: 429, times: 2, ...more });
		// Looking at media has time-outs of its own, and after the creates the tasks are waited for.
		const slept = pauses.mock.calls.map(([ms]) => ms).filter((ms) => waits.includes(ms));
		expect(slept.slice(0, 2)).toEqual(waits);
		expect(run.items('Kling')[0].json.state).toBe('completed');
		expect(world.api.creates()).toHaveLength(3);
		expect(world.api.creates().filter(({ taskId }) => taskId)).toHaveLength(1);
	});

	test('gives up when it gets 429 for ever, and says that nothing was created', async () => {
		const run = await runWith(path, { kind: 'status', status: 429, times: WITHOUT_END });
		expect(run.error?.message).toMatch(/too many requests/);
		expect(run.error?.description).toMatch(/Nothing was created/);
		expect(world.api.creates()).toHaveLength(6);
	});

	test('stops repeating when what follows a 429 leaves a doubt', async () => {
		const node = await paths[path](world);
		world.api.fail({ method: 'POST', kind: 'status', status: 429 });
		world.api.fail({ method: 'POST', kind: 'reset-after' });
		const run = await world.engine.run({ nodes: [node] });
		expect(run.error?.message).toMatch(MAY_EXIST);
		expect(world.api.creates()).toHaveLength(2);
	});

	test.each([
		['without a state', { code: 200, data: {} }],
		['in a state that is not known', { code: 200, data: { state: 'queued' } }],
		['that is said to be finished already', { code: 200, data: { state: 'completed' } }],
		['in an envelope that says 0', { code: 0, data: { state: 'pending' } }],
		['in an envelope that says 500', { code: 500, data: { state: 'pending' } }],
	])('follows a new task %s', async (_, body) => {
		const node = await paths[path](world);
		const taskId = await taskFor(path);
		world.api.fail({
			method: 'POST',
			kind: 'body',
			body: { ...body, data: { taskId, ...body.data } },
		});
		const run = await world.engine.run({ nodes: [node] });
		expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
		expect(world.api.creates()).toHaveLength(1);
	});

	const statuses = [201, 202, 400, 429, 500, 503];
	test.each(statuses)('follows a new task that is answered with HTTP %i', async (status) => {
		const node = await paths[path](world);
		const taskId = await taskFor(path);
		const body = { code: 200, data: { taskId, state: 'pending' } };
		world.api.fail({ method: 'POST', kind: 'status', status, body });
		const run = await world.engine.run({ nodes: [node] });
		expect(run.items('Kling')[0].json).toMatchObject({ taskId, state: 'completed' });
		expect(world.api.creates()).toHaveLength(1);
	});

	test('keeps the reason in the details with Continue', async () => {
		const fault = { kind: 'envelope', code: 400, msg: 'video is too long' };
		const run = await runWith(path, fault, { onError: 'continueRegularOutput' });
		expect(run.items('Kling')).toHaveLength(1);
		expect(run.items('Kling')[0].json).toEqual({
			error: expect.stringMatching(/video is too long/),
			details: {
				httpCode: 400,
				vendorMessage: 'video is too long',
				hint: expect.stringMatching(/Nothing was created/),
			},
		});
		expect(world.api.creates()).toHaveLength(1);
	});
});

/** A finished task of the kind that the path creates, made outside of the run. */
const taskFor = async (path: string) =>
	path === 'Identify Face'
		? (await identified(world.api)).taskId
		: await synced(world.api, { outcome: { state: 'completed' } });

test.each([301, 302, 303, 307, 308])(
	'The key does not follow a redirect (HTTP %i) to another host',
	async (status) => {
		const other = await serve((req, res) =>
			res.writeHead(200, { 'content-type': 'application/json' }).end('{"code":200,"data":{}}'),
		);
		world.api.fail({ method: 'POST', kind: 'redirect', status, location: `${other.url}/tasks` });
		const run = await world.engine.run({ nodes: [identifyFace()] });
		expect(run.error?.message).toContain(other.url);
		expect(run.error?.description).toMatch(/Base URL/);
		expect(other.requests).toHaveLength(0);
		expect(world.api.creates()).toHaveLength(1);
	},
);

test('The key does not follow a redirected query either', async () => {
	const other = await serve((req, res) => res.end('{}'));
	world.api.fail({ method: 'GET', kind: 'redirect', location: other.url, times: WITHOUT_END });
	const run = await world.engine.run({ nodes: [identifyFace()] });
	expect(run.error?.message).toContain(world.api.creates()[0].taskId);
	expect(other.requests).toHaveLength(0);
});

test.each([
	['no server', 'http://127.0.0.1:9'],
	['a host that does not exist', 'http://nowhere.invalid'],
	['no protocol', 'apimodels.app'],
	['an unknown protocol', 'ftp://127.0.0.1'],
	['nothing', ''],
	['a server without TLS', (url: string) => url.replace('http:', 'https:')],
])('A Base URL with %s is an error that leaves no doubt', async (_, baseUrl) => {
	const url = typeof baseUrl === 'function' ? baseUrl(world.api.url) : baseUrl;
	world.engine.credentials = { apiKey: KEY, baseUrl: url };
	const run = await world.engine.run({ nodes: [identifyFace()] });
	expect(run.error?.message).toMatch(/The task was not created/);
	expect(run.error?.description).toMatch(/Base URL/);
	expect(run.error?.message).not.toMatch(MAY_EXIST);
	expect(world.api.creates()).toHaveLength(0);
});

test.each(['key with a line\nbreak', 'kéy…', 'key\u200b'])(
	'A key that no header can carry (%j) is an error that leaves no doubt',
	async (apiKey) => {
		world.engine.credentials = { apiKey, baseUrl: world.api.url };
		const run = await world.engine.run({ nodes: [identifyFace()] });
		expect(run.status).toBe('error');
		expect(run.error?.message).not.toMatch(MAY_EXIST);
		expect(`${run.error?.message} ${run.error?.description}`).toMatch(/API key/);
		expect(world.api.creates().filter(({ taskId }) => taskId)).toHaveLength(0);
	},
);

test('Bad input is refused before anything is sent', async () => {
	const parameters = [
		identifyFace({ videoUrl: '' }),
		identifyFace({ videoUrl: 'file:///etc/passwd' }),
		identifyFace({ options: { timeoutMinutes: 0 } }),
		identifyFace({ options: { timeoutMinutes: -1 } }),
		lipSync({ faceSource: 'video', videoUrl: 'https://a.example/v.mp4', audioUrl: 'nothing' }),
		lipSync({
			faceSource: 'video',
			videoUrl: 'https://a.example/v.mp4',
			options: { timeoutMinutes: 0 },
		}),
		lipSync({
			faceSource: 'video',
			videoUrl: 'https://a.example/v.mp4',
			options: { soundEndTime: 100 },
		}),
	];
	for (const node of parameters) {
		const run = await world.engine.run({ nodes: [node] });
		expect(run.status).toBe('error');
		expect(world.api.creates()).toHaveLength(0);
	}
});
