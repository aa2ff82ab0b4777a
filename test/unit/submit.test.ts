import type { IExecuteFunctions } from 'n8n-workflow';

import { clock } from '../../nodes/KlingLipSync/clock';
import { CreatedTasks } from '../../nodes/KlingLipSync/run/createdTasks';
import type { Run } from '../../nodes/KlingLipSync/run/run';
import type { TaskRequest } from '../../nodes/KlingLipSync/run/submit';
import { submitAll } from '../../nodes/KlingLipSync/run/submit';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import { MODELS } from '../../nodes/KlingLipSync/task/task';

const HOUR = 3_600_000;
const failed = (code: string) => Object.assign(new Error('it failed'), { code });

interface Situation {
	executionId?: string;
	continues?: boolean;
	signal?: AbortSignal;
}

/** An API and what the node remembers of it; runs are made by and by. */
function vendor() {
	const api = {
		/** The statuses of the next creates; all others come to a task. */
		creates: [] as Array<number | Error>,
		/** What a query says of a task: fields of it, or a status without one. */
		tasks: new Map<string, Record<string, unknown> | number>(),
		sent: [] as unknown[],
		asked: [] as string[],
		logged: [] as string[],
	};
	const store = {};
	let count = 0;
	const httpRequest = async (options: {
		method: string;
		body: object;
		qs?: { task_id: string };
	}) => {
		if (options.method === 'GET') {
			const taskId = options.qs!.task_id;
			api.asked.push(taskId);
			const told = api.tasks.get(taskId)!;
			return typeof told === 'number'
				? { statusCode: told, headers: {}, body: { code: told } }
				: { statusCode: 200, headers: {}, body: { code: 200, data: { taskId, ...told } } };
		}
		api.sent.push(options.body);
		const status = api.creates.shift() ?? 200;
		if (status instanceof Error) throw status;
		const data = status === 200 ? { taskId: `cl${++count}`, state: 'pending' } : undefined;
		return { statusCode: status, headers: {}, body: { code: status, data } };
	};
	const log = (level: string) => (message: string) => void api.logged.push(`${level}: ${message}`);
	const run = ({ executionId = '1', continues = false, signal }: Situation = {}) => {
		const context = {
			getContext: () => store,
			getExecutionId: () => executionId,
			getWorkflowDataProxy: () => ({ $runIndex: 0 }),
			getNode: () => ({ name: 'Kling "1"', type: 'klingLipSync' }),
			continueOnFail: () => continues,
			helpers: { httpRequest },
			logger: { info: log('info'), warn: log('warn'), debug: log('debug') },
		} as unknown as IExecuteFunctions;
		return {
			context,
			access: { apiKey: 'key', baseUrl: 'https://api.example', revision: 'audio' },
			createdTasks: new CreatedTasks(context),
			concurrency: 1,
			signal,
		} as Run;
	};
	return { api, run };
}

const request = (name: string, model: string = MODELS.identify): TaskRequest => ({
	body: { model, video_url: `https://a.example/${name}` },
	identity: [model, name],
	order: { reference: name },
});
const REQUESTS = [request('a'), request('b')];

let sleep: jest.SpyInstance;
beforeEach(() => (sleep = jest.spyOn(clock, 'sleep').mockResolvedValue()));
afterEach(() => sleep.mockRestore());

describe('the tasks of a run', () => {
	it('are created for all items, each with its callback, and told in the log of n8n', async () => {
		const { api, run } = vendor();
		const urls = [undefined, 'https://n8n.example/waiting'];
		const outcomes = await submitAll(run(), 'identify', REQUESTS, urls);
		expect(outcomes).toMatchObject([
			{ task: { taskId: 'cl1', state: 'pending' }, order: { reference: 'a' } },
			{ task: { taskId: 'cl2', state: 'pending' }, order: { reference: 'b' } },
		]);
		expect(api.sent).toEqual([
			REQUESTS[0].body,
			{ ...REQUESTS[1].body, callback_url: 'https://n8n.example/waiting' },
		]);
		expect(api.logged).toEqual([
			`info: Kling Lip Sync: created task cl1 (${MODELS.identify}) [node "Kling \\"1\\"", item 0, execution 1]`,
			`info: Kling Lip Sync: created task cl2 (${MODELS.identify}) [node "Kling \\"1\\"", item 1, execution 1]`,
		]);
	});

	it('are no more once an item has a problem, for the run will end with it', async () => {
		const { api, run } = vendor();
		api.creates = [402];
		const outcomes = await submitAll(run(), 'identify', REQUESTS);
		expect(outcomes).toMatchObject([
			{ kind: 'credits', details: { reference: 'a' } },
			{ kind: 'refused', message: 'The task was not created' },
		]);
		expect(api.sent).toHaveLength(1);
	});

	it('are created for the other items, where the user wants to go on', async () => {
		const { api, run } = vendor();
		api.creates = [402];
		const outcomes = await submitAll(run({ continues: true }), 'identify', REQUESTS);
		expect(outcomes).toMatchObject([{ kind: 'credits' }, { task: { taskId: 'cl1' } }]);
	});

	it('are none for an item that has a problem already', async () => {
		const { api, run } = vendor();
		const problem = new Problem('input', 'No video');
		const outcomes = await submitAll(run(), 'identify', [problem, REQUESTS[1]]);
		expect(outcomes).toMatchObject([problem, { task: { taskId: 'cl1' } }]);
		expect(api.sent).toHaveLength(1);
	});

	it('are none when the execution is cancelled', async () => {
		const { api, run } = vendor();
		const cancelled = submitAll(run({ signal: AbortSignal.abort() }), 'identify', REQUESTS);
		await expect(cancelled).rejects.toThrow('The execution was cancelled');
		expect(api.sent).toEqual([]);
	});
});

describe('a task that was created before', () => {
	/** Has the task of one request created, and asks for it again in another situation. */
	async function again(
		told: Record<string, unknown> | number,
		{ urls = [], model, ...situation }: Situation & { urls?: string[]; model?: string } = {},
	) {
		const { api, run } = vendor();
		const requests = [request('a', model)];
		await submitAll(run(), 'step', requests, ['https://n8n.example/1']);
		api.tasks.set('cl1', told);
		const [outcome] = await submitAll(run(situation), 'step', requests, urls);
		return { outcome, asked: api.asked.length, creates: api.sent.length };
	}
	const person = { executionId: '2' };
	const session = { sessionId: 's-1', faceList: [{ face_id: 'one' }] };
	const video = { resultUrls: ['https://a.example/v.mp4'] };

	it('is taken up by n8n without asking', async () => {
		const urls = ['https://n8n.example/1'];
		expect(await again({}, { urls })).toEqual({
			outcome: {
				task: { taskId: 'cl1', state: 'pending', model: MODELS.identify },
				callsElsewhere: false,
				order: { reference: 'a' },
			},
			asked: 0,
			creates: 1,
		});
		expect((await again({})).outcome).toMatchObject({ callsElsewhere: true });
	});

	it.each([
		['runs still', { state: 'processing' }],
		['is finished', { state: 'completed', faceData: session }],
	])('and %s is taken up by a person', async (_, told) => {
		const { outcome, asked, creates } = await again(told, person);
		expect(outcome).toMatchObject({ task: { state: told.state }, callsElsewhere: true });
		expect([asked, creates]).toEqual([1, 1]);
		const urls = ['https://n8n.example/1'];
		expect((await again(told, { ...person, urls })).outcome).toMatchObject({
			callsElsewhere: false,
		});
	});

	it.each([
		['failed', { state: 'failed', failMsg: 'no face' }],
		['the API does not know any more', 404],
		[
			'has an expired session',
			{ state: 'completed', faceData: session, completeTime: clock.now() - 25 * HOUR },
		],
	])('and %s is created anew for a person', async (_, told) => {
		const { outcome, creates } = await again(told, person);
		expect(outcome).toMatchObject({ task: { taskId: 'cl2' } });
		expect(creates).toBe(2);
	});

	it('serves for a lip sync however old it is', async () => {
		const completeTime = clock.now() - 25 * HOUR;
		const told = { state: 'completed', completeTime, ...video };
		const { outcome } = await again(told, { ...person, model: MODELS.lipSync });
		expect(outcome).toMatchObject({ task: { taskId: 'cl1', state: 'completed' } });
	});

	it('and can not be asked for now may be good', async () => {
		const { outcome, creates } = await again(503, person);
		expect(outcome).toMatchObject({ task: { taskId: 'cl1', state: 'pending' } });
		expect(creates).toBe(1);
	});
});

describe('a create', () => {
	it('without an answer is told in the log, and not sent again by n8n', async () => {
		const { api, run } = vendor();
		api.creates = [failed('ECONNRESET')];
		const [first] = await submitAll(run(), 'identify', [REQUESTS[0]]);
		expect(first).toMatchObject({ kind: 'unanswered', details: { reference: 'a' } });
		expect(api.logged).toEqual([
			expect.stringMatching(
				/^warn: Kling Lip Sync: A task may have been created .* \[node "Kling \\"1\\"", item 0, execution 1\]$/,
			),
		]);
		const [second] = await submitAll(run(), 'identify', [REQUESTS[0]]);
		expect(second).toMatchObject({ kind: 'unanswered' });
		expect(api.sent).toHaveLength(1);
	});

	it('that was refused is sent again', async () => {
		const { api, run } = vendor();
		api.creates = [402];
		await submitAll(run(), 'identify', [REQUESTS[0]]);
		const [second] = await submitAll(run(), 'identify', [REQUESTS[0]]);
		expect(second).toMatchObject({ task: { taskId: 'cl1' } });
		expect(api.logged).toHaveLength(1);
	});
});
