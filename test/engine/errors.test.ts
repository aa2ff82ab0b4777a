/* eslint-disable @n8n/community-nodes/no-hardcoded-secrets */
import type { Engine } from './harness';
import { startServer } from './localServer';
import type { Fault } from '../emulator/faults';
import type { Api, NodeParameters } from './setup';
import { kling, useWorld } from './setup';
import { AUDIO, deepText, fetched, IDENTIFY, identified, LIP_SYNC, synced, VIDEO } from './helpers';
import { clock } from '../../nodes/KlingLipSync/clock';

const KEY = 'sk-very-secret-0815';

const world = useWorld({
	api: { apiKey: KEY, noCreditsKey: 'poor-key' },
	engine: { credentials: {} },
	factor: 200,
});
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));
beforeEach(() => (engine.credentials = { apiKey: KEY, baseUrl: api.url }));

const identify = { operation: 'identifyFace', videoUrl: VIDEO };

/** The error of a run that stops, and the item of one that goes on; the key is in neither. */
async function outcomes(parameters: NodeParameters, prepare: () => void) {
	prepare();
	const stopped = await engine.run({ nodes: [kling(parameters)] });
	const creates = api.creates().length;
	prepare();
	const settings = { onError: 'continueRegularOutput' } as const;
	const continued = await engine.run({ nodes: [kling(parameters, settings)] });
	expect(stopped.status).toBe('error');
	expect(continued.status).toBe('success');
	for (const place of [stopped, continued, engine.logs]) expect(deepText(place)).not.toContain(KEY);
	const [{ json }] = continued.items('Kling');
	expect(Object.keys(json)).toEqual(['error', 'details']);
	return { error: stopped.error!, json, creates };
}

const fault = (options: Fault) => () => {
	api.reset();
	api.fail({ times: 100, ...options });
};
const onCreate = (status: number, more: Partial<Fault>) =>
	fault({ kind: 'status', method: 'POST', status, ...more });

describe('an error of the API to a create says what happened and what to do', () => {
	it.each([
		[400, 1, /refused the request: missing or invalid parameters/, /Nothing was created/],
		[401, 1, /does not accept the API key/, /Open the credential/],
		[403, 1, /does not accept the API key/, /Open the credential/],
		[402, 1, /no credits left/, /Top up/],
		[404, 1, /404/, /Base URL/],
		[422, 1, /code 422/, /Nothing was created/],
		[429, 6, /too many requests.*429/, /Max Concurrency/],
		[500, 1, /may have been created.*HTTP 500: internal error/, /not repeated/],
		[502, 1, /may have been created.*HTTP 502/, /Check your account/],
		[503, 1, /may have been created.*HTTP 503/, /Check your account/],
		[504, 1, /may have been created.*HTTP 504/, /Check your account/],
	])('%i', async (status, times, message, hint) => {
		const { error, json, creates } = await outcomes(identify, onCreate(status, { retryAfter: 1 }));
		expect(error.message).toMatch(message);
		expect(error.description).toMatch(hint);
		expect(error.httpCode).toBe(String(status));
		expect(error.name).toBe('NodeApiError');
		expect(error.context.itemIndex).toBe(0);
		expect(json.error).toMatch(message);
		expect(json.details).toMatchObject({
			httpCode: status,
			hint: expect.stringMatching(hint),
		});
		expect(creates).toBe(times);
	});

	it('with the code inside an answer of HTTP 200', async () => {
		const envelope = (code: number, msg: string) =>
			fault({ kind: 'envelope', method: 'POST', code, msg });
		const poor = await outcomes(identify, envelope(402, 'insufficient credits'));
		expect(poor.error?.message).toMatch(/no credits left/);
		expect(poor.creates).toBe(1);
		const ill = await outcomes(identify, envelope(500, 'oops'));
		expect(ill.error?.message).toMatch(/may have been created.*oops/);
		expect(ill.creates).toBe(1);
	});

	it.each([
		['is a page', { kind: 'garbage' }],
		['is no task', { kind: 'body', body: { code: 200, msg: 'success', data: {} } }],
		['is empty', { kind: 'body', body: '' }],
		['never comes', { kind: 'reset' }],
		['is lost after the work', { kind: 'reset-after' }],
	])('when the answer %s', async (_, options) => {
		const { error, json, creates } = await outcomes(
			identify,
			fault({ method: 'POST', ...options }),
		);
		expect(error.message).toMatch(/may have been created and charged/);
		expect(json.details.hint).toMatch(/not repeated/);
		expect(creates).toBe(1);
	});

	it('when the address redirects, and the key is not sent along', async () => {
		const elsewhere: unknown[] = [];
		const server = await startServer((req, res) => {
			elsewhere.push(req.url);
			res.end('{}');
		});
		const location = `http://localhost:${server.port}/x`;
		const { error } = await outcomes(identify, fault({ kind: 'redirect', location }));
		await server.close();
		expect(error.message).toContain(location);
		expect(error.description).toMatch(/Base URL/);
		expect(elsewhere).toEqual([]);
	});

	it('when nobody answers: then nothing can have been created', async () => {
		const { error } = await outcomes(identify, () => {
			engine.credentials = { apiKey: KEY, baseUrl: 'http://127.0.0.1:1' };
		});
		expect(error.message).toBe(
			'The task was not created: http://127.0.0.1:1 does not respond (connection refused)',
		);
		expect(error.description).toMatch(/Base URL/);
	});

	it('when the key or the address is wrong', async () => {
		engine.credentials = { apiKey: 'wrong', baseUrl: api.url };
		const badKey = await engine.run({ nodes: [kling(identify)] });
		expect(badKey.error?.message).toMatch(/does not accept the API key/);
		// n8n's own authenticated request would send a refused create a second time.
		expect(api.creates()).toHaveLength(1);
		for (const baseUrl of ['', 'no url', 'ftp://example.com']) {
			engine.credentials = { apiKey: KEY, baseUrl };
			const run = await engine.run({ nodes: [kling(identify)] });
			expect([baseUrl, run.status]).toEqual([baseUrl, 'error']);
			expect(`${run.error?.message} ${run.error?.description}`).toMatch(
				/Base URL|does not respond/,
			);
			expect(deepText(run)).not.toContain(KEY);
		}
	});

	it('when the account has no credits', async () => {
		engine.credentials = { apiKey: 'poor-key', baseUrl: api.url };
		const run = await engine.run({ nodes: [kling(identify)] });
		expect(run.error?.message).toMatch(/no credits left/);
		expect(api.tasks.size).toBe(0);
	});
});

describe('an error of the API to a query names the task', () => {
	const query = (status: number) => fault({ kind: 'status', method: 'GET', status, retryAfter: 1 });

	it.each([
		[401, 1, /does not accept the API key/],
		[402, 1, /no credits left/],
		[404, 1, /does not know/],
		[400, 1, /missing or invalid parameters/],
		[429, 6, /too many requests/],
		[500, 6, /internal error/],
		[503, 6, /service unavailable/],
	])('%i', async (status, times, message) => {
		const { error, json } = await outcomes(
			{ operation: 'getTask', taskId: 'cl-42' },
			query(status),
		);
		expect(error.message).toMatch(message);
		expect(error.message).toContain('cl-42');
		expect(error.httpCode).toBe(String(status));
		expect(json.details).toMatchObject({ taskId: 'cl-42', httpCode: status });
		// What passes is repeated, what does not is not.
		expect(api.queries()).toHaveLength(times);
	});

	it.each([
		['a page', { kind: 'garbage' }],
		['nothing', { kind: 'reset' }],
		['no task', { kind: 'body', body: {} }],
		['another task', { kind: 'body', body: { data: { taskId: 'cl-43', state: 'pending' } } }],
	])('that is answered with %s', async (_, options) => {
		const { error, json } = await outcomes(
			{ operation: 'getTask', taskId: 'cl-42' },
			fault({ method: 'GET', ...options }),
		);
		expect(error.message).toContain('cl-42');
		expect(error.description).toMatch(/later|Base URL/);
		expect(json.details.taskId).toBe('cl-42');
	});

	it.each([401, 403])(
		'also while it waits, once it was asked for three times (%i)',
		async (status) => {
			const settings = { onError: 'continueRegularOutput' } as const;
			api.fail({ kind: 'status', method: 'GET', status, times: 100 });
			const run = await engine.run({ nodes: [kling(identify, settings)] });
			const [taskId] = api.tasks.keys();
			expect(run.items('Kling')[0].json).toMatchObject({
				error: expect.stringContaining(taskId),
				details: { taskId, state: 'pending', httpCode: status },
			});
			expect(api.queries()).toHaveLength(3);
			expect(api.creates()).toHaveLength(1);
		},
	);

	it('also while it waits, when the API does not know it a minute later either', async () => {
		const began = clock.now();
		api.fail({ kind: 'status', method: 'GET', status: 404, times: 100 });
		const run = await engine.run({
			nodes: [kling(identify, { onError: 'continueRegularOutput' })],
		});
		expect(run.items('Kling')[0].json).toMatchObject({
			details: { taskId: [...api.tasks.keys()][0], state: 'pending', httpCode: 404 },
		});
		expect(clock.now() - began).toBeGreaterThan(60_000);
	});

	it('never, when the API only did not know it at first', async () => {
		api.fail({ kind: 'status', method: 'GET', status: 404, times: 3 });
		const run = await engine.run({ nodes: [kling(identify)] });
		expect(run.items('Kling')[0].json.state).toBe('completed');
	});
});

describe('a failed task', () => {
	it.each([
		['Face detection failed: no faces found', /face is large/],
		['audio is shorter than 2 s', /mp3, wav, m4a or aac/],
		['could not download the video', /mp4 or mov/],
		['something odd', /Check the video and the audio/],
	])('"%s" comes with advice that fits', async (failMsg, advice) => {
		api.settings.failWith = { failMsg, failCode: '7' };
		const stopped = await engine.run({ nodes: [kling(identify)] });
		const [taskId] = api.tasks.keys();
		expect(stopped.error?.message).toBe(`Identify Face failed: ${failMsg} (task ${taskId})`);
		expect(stopped.error?.description).toMatch(advice);
		api.reset();
		const settings = { onError: 'continueRegularOutput' } as const;
		const run = await engine.run({ nodes: [kling(identify, settings)] });
		expect(run.items('Kling')[0].json).toEqual({
			error: `Identify Face failed: ${failMsg} (task ${[...api.tasks.keys()][0]})`,
			details: {
				taskId: [...api.tasks.keys()][0],
				state: 'failed',
				model: IDENTIFY,
				failCode: '7',
				failMsg,
				hint: expect.stringMatching(advice),
			},
		});
	});
});

it('a vendor that quotes the key brings it into no item, error or log', async () => {
	const quoting = `Bearer ${KEY} is over its limit`;
	const { error, json } = await outcomes(
		identify,
		fault({ kind: 'status', status: 400, body: { code: 400, msg: quoting } }),
	);
	expect(error.message).toContain('Bearer *** is over its limit');
	expect(json.error).toContain('***');
	const { taskId } = await (async () => {
		api.reset();
		return await identified(api);
	})();
	api.settings.queryExtras = { param: JSON.stringify({ headers: { Authorization: KEY } }) };
	const run = await engine.run({
		nodes: [kling({ operation: 'getTask', taskId, options: { includeRaw: true } })],
	});
	api.settings.queryExtras = {};
	expect(run.items('Kling')[0].json.raw.data.param).toContain('***');
	expect(deepText(run)).not.toContain(KEY);
});

it('the key is in the header of requests to the API only', async () => {
	const { taskId: identifyTaskId } = await identified(api);
	const options = { downloadVideo: true };
	const run = await world.run({
		operation: 'lipSync',
		faceSource: 'identifyTask',
		identifyTaskId,
		audioUrl: AUDIO,
		options,
	});
	expect(run.status).toBe('success');
	for (const { headers, query, body } of api.log) {
		expect(headers.authorization).toBe(`Bearer ${KEY}`);
		expect(deepText([query, body])).not.toContain(KEY);
	}
	expect(fetched(api)).toHaveLength(1);
	expect(deepText(api.files)).not.toContain(KEY);
	expect(deepText(run)).not.toContain(KEY);
	expect(deepText(engine.logs)).not.toContain(KEY);
});

it('a message about one item names the tasks that its neighbours were given', async () => {
	const good = await identified(api);
	api.fail({ kind: 'status', method: 'POST', model: LIP_SYNC, status: 402, after: 1 });
	const run = await engine.run({
		nodes: [
			kling({
				operation: 'lipSync',
				faceSource: 'identifyTask',
				identifyTaskId: good.taskId,
				audioUrl: AUDIO,
				options: { maxConcurrency: 1 },
			}),
		],
		input: [{ json: {} }, { json: {} }, { json: {} }],
	});
	const created = api.creates(LIP_SYNC).flatMap(({ taskId }) => taskId ?? []);
	expect(created).toHaveLength(1);
	expect(api.creates(LIP_SYNC)).toHaveLength(2);
	expect(run.error?.message).toMatch(/no credits left/);
	expect(run.error?.context.itemIndex).toBe(1);
	for (const taskId of created) expect(run.error?.description).toContain(taskId);
});

it('a key with blanks around it is used without them', async () => {
	engine.credentials = { apiKey: ` ${KEY}\n`, baseUrl: ` ${api.url}/ ` };
	const taskId = await synced(api);
	const run = await engine.run({ nodes: [kling({ operation: 'getTask', taskId })] });
	expect(run.status).toBe('success');
});

describe('an error of n8n itself reaches the user with all that n8n says about it', () => {
	const own = async (parameters: NodeParameters, nodeSettings = {}) =>
		await engine.run({
			nodes: [kling({ operation: 'identifyFace', videoUrl: VIDEO, ...parameters }, nodeSettings)],
			input: [{ json: {} }],
		});

	it('when an expression names a node that is not there', async () => {
		const parameters = { videoUrl: '={{ $("Nowhere").item.json.url }}' };
		const { error } = await own(parameters);
		expect(error?.name).toBe('ExpressionError');
		expect(error?.message).toMatch(/Nowhere|node/);
		expect(error?.context.itemIndex).toBe(0);
		const continued = await own(parameters, { onError: 'continueRegularOutput' });
		const [{ json }] = continued.items('Kling');
		expect(json.error).toBe(error?.message);
		expect(json.details.hint).toBe(error?.description);
		expect(api.creates()).toHaveLength(0);
	});

	it('when the item has no file at all', async () => {
		const { error } = await own({ videoSource: 'binary' });
		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toMatch(/expects the node's input data to contain a binary file/);
		expect(error?.description).toMatch(/Make sure that the previous node outputs a binary file/);
	});
});
