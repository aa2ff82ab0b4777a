import type { IWebhookFunctions } from 'n8n-workflow';

import { RESUMED, TOO_OLD } from '../../nodes/KlingLipSync/api/postSelfCall';
import { clock } from '../../nodes/KlingLipSync/clock';
import { takePausedCallback } from '../../nodes/KlingLipSync/wait/pausedCallback';
import type { PausedRun } from '../../nodes/KlingLipSync/wait/pausedRuns';
import {
	firstFound,
	isOver,
	keyOf,
	markOver,
	pausedRuns,
	remember,
} from '../../nodes/KlingLipSync/wait/pausedRuns';
import { PAUSE_TIMING } from '../../nodes/KlingLipSync/wait/pauseTiming';
import { resumeBySelfCall } from '../../nodes/KlingLipSync/wait/resumeExecution';
import { WAIT_PARAM } from '../../nodes/KlingLipSync/wait/resumeUrl';
import { readSelfCall, selfCallBody } from '../../nodes/KlingLipSync/wait/selfCall';

const MODEL = 'kling-advanced-lip-sync';
const EXECUTION = '7';
const access = { apiKey: 'key', baseUrl: 'https://api.example.com', revision: 'audio' as const };
const jsons = [{ taskId: 'cl1' }, { error: 'it failed' }];

const waitingFor = (taskId: string): PausedRun['entries'][number] => ({
	task: { taskId, state: 'pending', model: MODEL },
	includeRaw: false,
});

const paused = (more: Partial<PausedRun> = {}): PausedRun => ({
	marker: 'first',
	secret: 'secret',
	url: 'https://n8n.example/webhook-waiting/7/kling-lip-sync',
	until: clock.now() + 600_000,
	entries: [waitingFor('cl1'), { json: { ready: true } }],
	...more,
});

const usual = { ...clock };
afterEach(() => {
	pausedRuns.clear();
	firstFound.at = undefined;
	Object.assign(clock, usual);
});

interface Call {
	body: unknown;
	marker?: string;
	/** The wait as n8n has read it for this call. */
	stored?: PausedRun;
	/** The input items, as n8n gives them to an expression. */
	input?: unknown;
	isGone?: boolean;
	/** What the API says of each task; `completed` where nothing is said. */
	states?: Record<string, string>;
	/** How long the API takes to answer, in ms. */
	takesMs?: number;
	/** What n8n answers when it is asked to go on: a status and a message. */
	itself?: [number, string];
}

/** A call to the resume URL of the execution: what the node makes of it, and what it answers itself. */
async function call({
	body,
	marker = 'first',
	stored,
	input,
	isGone = false,
	states = {},
	takesMs = 0,
	itself = [500, 'no'],
}: Call) {
	const answers: Array<[number, string]> = [];
	const logged: string[] = [];
	const selfCalls = { count: 0 };
	const response = {
		destroyed: isGone,
		writableEnded: false,
		statusCode: 200,
		status: (code: number) => ({
			json: ({ message }: { message: string }) => answers.push([code, message]),
		}),
	};
	const context = {
		getBodyData: () => {
			if (body instanceof Error) throw body;
			return body;
		},
		getQueryData: () => ({ [WAIT_PARAM]: marker }),
		getExecutionId: () => EXECUTION,
		getNode: () => ({ name: 'Kling', typeVersion: 1 }),
		getResponseObject: () => response,
		evaluateExpression: (expression: string) =>
			expression.includes('$input') ? input : stored && JSON.stringify(stored),
		getCredentials: async () => access,
		logger: { error: (message: string) => logged.push(message), warn() {} },
		helpers: {
			async httpRequest({ method, qs }: { method: string; qs: { task_id: string } }) {
				if (method === 'POST') {
					selfCalls.count++;
					return { statusCode: itself[0], headers: {}, body: { message: itself[1] } };
				}
				const { now } = clock;
				clock.now = () => now() + takesMs;
				const data = {
					taskId: qs.task_id,
					model: MODEL,
					state: states[qs.task_id] ?? 'completed',
					resultUrls: ['https://a.example/v.mp4'],
				};
				return { statusCode: 200, headers: {}, body: { code: 200, data } };
			},
		},
	} as unknown as IWebhookFunctions;
	const result = await takePausedCallback(context);
	return { result, answer: answers[0], logged, response, selfCalls: selfCalls.count };
}

const own = (stored: PausedRun, at = clock.now()) => selfCallBody(stored, { at, jsons });
const vendors = { code: 200, data: { taskId: 'cl1', state: 'completed' } };

it('a callback that can not be taken is answered, for n8n would go on with an empty item', async () => {
	const { result, answer, logged } = await call({ body: new Error('no body') });
	expect(answer).toEqual([500, 'The callback could not be taken']);
	expect(result).toEqual({ noWebhookResponse: true });
	expect(logged).toEqual(['Kling Lip Sync: a callback could not be taken: no body']);
});

describe('a call of n8n to itself', () => {
	it('lets the execution go on with its items, failed ones and files too', async () => {
		const stored = paused({ keepsFiles: true });
		const binary = { data: { mimeType: 'video/mp4', data: '' } };
		const { result } = await call({
			body: own(stored),
			stored,
			input: [{ json: {}, binary }, { json: {} }],
		});
		expect(result.webhookResponse).toEqual({ message: RESUMED });
		const [[done, failed]] = result.workflowData!;
		expect(done).toMatchObject({ json: { taskId: 'cl1' }, pairedItem: { item: 0 }, binary });
		expect(failed).toMatchObject({ json: { error: 'it failed' }, pairedItem: { item: 1 } });
	});

	it.each([
		['are not kept', {}, [{ binary: { data: {} } }]],
		['can not be found', { keepsFiles: true }, undefined],
	])('goes on without files that %s', async (_, more, input) => {
		const stored = paused(more);
		const { result } = await call({ body: own(stored), stored, input });
		expect(result.workflowData![0][0]).not.toHaveProperty('binary');
	});

	it('is told when the execution waits for something else, or for nothing', async () => {
		const stored = paused();
		const other = paused({ marker: 'second' });
		const told = [409, 'Not waiting for this any more'];
		expect((await call({ body: own(stored), stored: other })).answer).toEqual(told);
		expect((await call({ body: own(stored) })).answer).toEqual(told);
	});

	it('is refused without the secret of the wait', async () => {
		const stored = paused();
		const told = [401, 'The signature is wrong'];
		const forged = own(paused({ secret: 'guess' }));
		expect((await call({ body: forged, stored })).answer).toEqual(told);
		const changed = { ...own(stored), resume: '{"at":1,"jsons":[]}' };
		expect((await call({ body: changed, stored })).answer).toEqual(told);
		const old = paused({ secret: undefined });
		expect((await call({ body: own(old), stored: old })).answer).toEqual(told);
		expect(readSelfCall(old, own(old))).toBeUndefined();
	});

	it.each([
		['old', -PAUSE_TIMING.freshCall - 1_000],
		['from the future', PAUSE_TIMING.skew + 1_000],
	])('is refused when it is %s', async (_, offset) => {
		const stored = paused();
		const { answer } = await call({ body: own(stored, clock.now() + offset), stored });
		expect(answer).toEqual([503, TOO_OLD]);
	});

	it('is made again when its caller has hung up, or another one is going on', async () => {
		const stored = paused();
		const gone = await call({ body: own(stored), stored, isGone: true });
		expect(gone.answer).toEqual([503, 'Not now']);
		expect((await call({ body: own(stored), stored })).result.workflowData).toBeDefined();
		expect((await call({ body: own(stored), stored })).answer).toEqual([503, 'Not now']);
	});

	it('is told when the execution has gone on, or its time is up', async () => {
		const stored = paused();
		const told = [409, 'The workflow has gone on'];
		markOver(remember(EXECUTION, stored));
		expect((await call({ body: own(stored), stored })).answer).toEqual(told);
		const ending = paused({ marker: 'second', until: clock.now() + 1_000 });
		const late = await call({ body: own(ending), stored: ending, marker: 'second' });
		expect(late.answer).toEqual(told);
	});
});

describe('the last callback', () => {
	it('lets the execution go on at once in the process that has paused it', async () => {
		const stored = paused();
		const known = remember(EXECUTION, stored, access);
		const { result, response } = await call({ body: vendors, stored });
		expect(result.workflowData![0].map(({ json }) => json)).toEqual([
			expect.objectContaining({ taskId: 'cl1', state: 'completed' }),
			{ ready: true },
		]);
		expect(isOver(known)).toBe(false);
		response.writableEnded = true;
		expect(isOver(known)).toBe(true);
		expect((await call({ body: vendors, stored })).answer).toEqual([
			200,
			'The workflow has gone on',
		]);
	});

	it('comes again where the wait has begun anew', async () => {
		remember(EXECUTION, paused(), access);
		const { answer } = await call({ body: vendors, stored: paused({ secret: 'another' }) });
		expect(answer).toEqual([503, 'The wait has begun anew']);
		expect(pausedRuns.has(keyOf(EXECUTION, 'first'))).toBe(false);
	});

	it('is not needed where n8n has read that the execution waits for something else', async () => {
		remember(EXECUTION, paused(), access);
		const { answer } = await call({ body: vendors, stored: paused({ marker: 'second' }) });
		expect(answer).toEqual([200, 'The workflow goes on']);
	});

	it('comes again when its caller has hung up', async () => {
		const stored = paused();
		remember(EXECUTION, stored, access);
		const { answer } = await call({ body: vendors, stored, isGone: true });
		expect(answer).toEqual([503, 'The caller has hung up']);
	});
});

describe('the last callback at a process that did not pause the execution', () => {
	const HOUR = 3_600_000;
	beforeEach(() => {
		clock.uptime = () => HOUR;
		// Pauses are over at once; how long a caller waits is not.
		clock.sleep = async (ms, signal) => {
			if (ms >= PAUSE_TIMING.answerWithin)
				await new Promise((resolve) => signal?.addEventListener('abort', resolve));
		};
	});

	it('has n8n read the execution anew and go on', async () => {
		const { answer, selfCalls } = await call({
			body: vendors,
			stored: paused(),
			itself: [200, RESUMED],
		});
		expect(answer).toEqual([200, 'Confirmed, the workflow goes on']);
		expect(selfCalls).toBe(1);
		expect((await call({ body: vendors })).answer).toEqual([200, 'The workflow has gone on']);
	});

	it('leaves it to the next call when n8n is too busy, after three times', async () => {
		const stored = paused();
		const { answer, selfCalls } = await call({ body: vendors, stored, itself: [503, 'Not now'] });
		expect(answer).toEqual([503, 'The next call goes on']);
		expect(selfCalls).toBe(3);
		const next = await call({ body: vendors, stored, itself: [200, RESUMED] });
		expect(next.answer).toEqual([200, 'Confirmed, the workflow goes on']);
	});

	it('goes on itself where n8n can not call itself, with what it has read a moment ago', async () => {
		const stored = paused();
		const first = await call({ body: vendors, stored, itself: [404, 'Cannot POST'] });
		expect([first.answer, first.selfCalls]).toEqual([[503, 'The next call goes on'], 1]);
		expect((await call({ body: vendors, stored })).result.workflowData).toHaveLength(1);
	});

	it('does not go on from what n8n has read long ago', async () => {
		const stored = paused({ entries: [waitingFor('cl1'), waitingFor('cl2')] });
		remember(EXECUTION, stored).isOutOfReach = true;
		const { answer } = await call({ body: vendors, stored, takesMs: PAUSE_TIMING.fresh });
		expect(answer).toEqual([503, 'Held too long, the next call goes on']);
	});

	it.each([
		['young', PAUSE_TIMING.young, 0, true],
		['older', PAUSE_TIMING.young + 1, 0, false],
		['young, after a while', PAUSE_TIMING.young, PAUSE_TIMING.startUp, false],
	])('waits while n8n may be starting, as one does that is %s', async (_, uptime, later, waits) => {
		clock.uptime = () => uptime;
		const stored = paused();
		remember(EXECUTION, stored);
		const { now } = clock;
		clock.now = () => now() + later;
		const { answer } = await call({ body: vendors, stored, itself: [200, RESUMED] });
		expect(answer[1] === 'n8n may still be starting').toBe(waits);
	});
});

describe('a callback', () => {
	it('is confirmed while another task runs', async () => {
		const stored = paused({ entries: [waitingFor('cl1'), waitingFor('cl2')] });
		const states = { cl2: 'processing' };
		expect((await call({ body: vendors, stored, states })).answer).toEqual([200, 'Confirmed']);
	});

	it('comes again when the API does not confirm it', async () => {
		const states = { cl1: 'processing' };
		const { answer } = await call({ body: vendors, stored: paused(), states });
		expect(answer).toEqual([503, 'The task could not be confirmed yet']);
	});

	it.each([
		['that is none', { hello: 'there' }, 400, 'This is no callback of a task'],
		['of another task', { code: 200, data: { taskId: 'cl9' } }, 200, 'Not waiting for this task'],
	])('%s changes nothing', async (_, body, status, message) => {
		remember(EXECUTION, paused(), access);
		expect((await call({ body, stored: paused() })).answer).toEqual([status, message]);
	});

	it('for a wait that nobody knows changes nothing', async () => {
		const told = [200, 'Not waiting for this task'];
		expect((await call({ body: vendors })).answer).toEqual(told);
		expect((await call({ body: vendors, stored: paused({ marker: 'second' }) })).answer).toEqual(
			told,
		);
	});

	it('leaves it to the timer of n8n when the time is nearly up', async () => {
		remember(EXECUTION, paused({ until: clock.now() + 1_000 }), access);
		expect((await call({ body: vendors })).answer).toEqual([200, 'The time of the wait is up']);
	});
});

it.each([{ url: undefined }, { secret: undefined }])(
	'n8n can not call itself for a wait of an older version (%p)',
	async (more) => {
		const known = remember(EXECUTION, paused(more));
		const sent = jest.fn();
		const context = { helpers: { httpRequest: sent } } as unknown as IWebhookFunctions;
		expect(await resumeBySelfCall(context, known, jsons)).toBe(false);
		expect(known.isOutOfReach).toBe(true);
		expect(sent).not.toHaveBeenCalled();
	},
);
