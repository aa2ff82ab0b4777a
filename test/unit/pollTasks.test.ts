import { notice, POLLINGS } from '../bench/pollSweep';
import { clock } from '../../nodes/KlingLipSync/clock';
import type { Run } from '../../nodes/KlingLipSync/run/run';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import type { Task } from '../../nodes/KlingLipSync/task/task';
import { pollTasks } from '../../nodes/KlingLipSync/wait/poll';

const REQUEST_MS = 300;
const MODEL = 'kling-advanced-lip-sync';
const usual = { ...clock };
let now = 0;

beforeEach(() => {
	now = 0;
	clock.now = () => now;
	clock.sleep = async (ms) => void (now += ms);
});
afterEach(() => Object.assign(clock, usual));

/** Waits for one task in played time. `answerOf` gives the status and the state of each query. */
async function waitFor(
	answerOf: (query: number) => { status?: number; state?: string },
	timeoutMs = 3_600_000,
) {
	let queries = 0;
	const run = {
		context: {
			helpers: {
				async httpRequest() {
					now += REQUEST_MS / 2;
					const { status = 200, state } = answerOf(++queries);
					now += REQUEST_MS / 2;
					const data = { taskId: 'task', model: MODEL, state, resultUrls: ['https://a.example/v'] };
					return { statusCode: status, headers: {}, body: { code: status, data } };
				},
			},
			logger: { debug() {} },
		},
		access: { apiKey: 'key', baseUrl: 'https://api.example.com', revision: 'audio' },
		concurrency: 5,
	} as unknown as Run;
	const task: Task = { taskId: 'task', state: 'pending', model: MODEL };
	const [end] = await pollTasks(
		run,
		[{ task, order: { identifyTaskId: 'identify', reference: 'row 7' } }],
		timeoutMs,
		() => false,
	);
	if (end instanceof Problem) throw end;
	return { state: end.task.state, timedOut: end.timedOut, queries };
}

it.each([4_000, 5_250, 20_000, 61_500, 180_000, 600_000])(
	'a task of %i ms is noticed when the schedule says so',
	async (durationMs) => {
		const { state, queries } = await waitFor(() => ({
			state: now >= durationMs ? 'completed' : 'processing',
		}));
		const expected = notice(POLLINGS.ours, durationMs, { requestMs: REQUEST_MS });
		expect(state).toBe('completed');
		expect({ queries, delayMs: Math.round(now - durationMs) }).toEqual({
			queries: expected.queries,
			delayMs: Math.round(expected.delayMs),
		});
	},
);

it.each([1_000, 61_000, 1_800_000])(
	'a wait of %i ms ends when its time is up, with a last look',
	async (timeoutMs) => {
		let askedAt = 0;
		const end = await waitFor(() => {
			askedAt = now - REQUEST_MS / 2;
			return { state: 'processing' };
		}, timeoutMs);
		expect(end).toMatchObject({ state: 'processing', timedOut: true });
		expect(askedAt).toBe(timeoutMs);
		expect(now).toBe(timeoutMs + REQUEST_MS);
	},
);

it('an API that is in trouble is left alone for 2 s, even while the wait is young', async () => {
	const asked: number[] = [];
	await waitFor((query) => {
		asked.push(now);
		return query <= 3 ? { status: 503 } : { state: 'completed' };
	});
	for (const [index, at] of asked.slice(1).entries())
		expect(at - asked[index]).toBeGreaterThanOrEqual(2_000);
});

it('a wait that fails names the other task that was paid for, the reference and the last state', async () => {
	const failed = await waitFor((query) =>
		query === 1 ? { state: 'processing' } : { status: 401 },
	).catch((problem: Problem) => problem);
	expect(failed).toBeInstanceOf(Problem);
	expect((failed as Problem).details).toMatchObject({
		taskId: 'task',
		identifyTaskId: 'identify',
		reference: 'row 7',
		state: 'processing',
	});
});
