import type { Asker } from '../../nodes/KlingLipSync/wait/confirmFinished';
import { FinishedTasks } from '../../nodes/KlingLipSync/wait/confirmFinished';
import type { Task } from '../../nodes/KlingLipSync/task/task';

const MODEL = 'kling-advanced-lip-sync';
const PATIENCE = 5_000;
const URLS = ['https://a.example/v.mp4'];

const waiting = (taskIds: string[]) =>
	new FinishedTasks(
		taskIds.map((taskId): Task => ({ taskId, state: 'pending', model: MODEL })),
		Date.now(),
	);

/** An API by what it answers about each task: a state, or a status that shows none. */
function apiOf(
	answers: Record<string, string | number>,
	completeTimes: Record<string, number> = {},
) {
	const asked: string[] = [];
	const asker: Asker = {
		sender: {
			helpers: {
				async httpRequest({ qs }) {
					const taskId = String(qs?.task_id);
					asked.push(taskId);
					const answer = answers[taskId];
					const statusCode = typeof answer === 'number' ? answer : 200;
					const data = {
						taskId,
						model: MODEL,
						state: answer,
						resultUrls: URLS,
						completeTime: completeTimes[taskId],
					};
					return { statusCode, headers: {}, body: { code: statusCode, data } };
				},
			},
		},
		access: async () => ({ apiKey: 'key', baseUrl: 'https://api.example.com', revision: 'audio' }),
		onProblem() {},
	};
	return { asker, asked };
}

it('a callback is believed when its task is finished, and another one is seen to run', async () => {
	const { asker, asked } = apiOf({ a: 'completed', b: 'processing' });
	expect(await waiting(['a', 'b']).hear('a', asker, PATIENCE)).toBe('some');
	expect(asked).toEqual(['a', 'b']);
});

it('the last callback finds everything finished', async () => {
	const { asker } = apiOf({ a: 'completed', b: 'completed' });
	expect(await waiting(['a', 'b']).hear('b', asker, PATIENCE)).toBe('all');
});

it('a callback comes again when it could be the last one, for the other task can not be asked for', async () => {
	const { asker } = apiOf({ a: 'completed', b: 503 });
	expect(await waiting(['a', 'b']).hear('a', asker, PATIENCE)).toBe('unsure');
});

it('a callback need not come again when that of the other task is being refused itself', async () => {
	const answers: Record<string, string | number> = { a: 'completed', b: 503 };
	const { asker } = apiOf(answers);
	const tasks = waiting(['a', 'b']);
	const [ofA, ofB] = await Promise.all([
		tasks.hear('a', asker, PATIENCE),
		tasks.hear('b', asker, PATIENCE),
	]);
	expect([ofA, ofB]).toEqual(['some', 'unsure']);
	answers.b = 'completed';
	expect(await tasks.hear('b', asker, PATIENCE)).toBe('all');
});

it('a callback of a task that the API shows running is refused', async () => {
	const { asker } = apiOf({ a: 'processing', b: 'processing' });
	expect(await waiting(['a', 'b']).hear('a', asker, PATIENCE)).toBe('unsure');
});

it('a task that is finished is not asked for again', async () => {
	const { asker, asked } = apiOf({ a: 'completed', b: 'processing' });
	const tasks = waiting(['a', 'b']);
	await tasks.hear('a', asker, PATIENCE);
	await tasks.hear('a', asker, PATIENCE);
	expect(asked.filter((taskId) => taskId === 'a')).toHaveLength(1);
});

it('the task that finished last is known where the API says when each of them did', async () => {
	const { asker } = apiOf(
		{ a: 'completed', b: 'completed' },
		{ a: 1_800_000_002_000, b: 1_800_000_001_000 },
	);
	const timed = waiting(['a', 'b']);
	await timed.hear('b', asker, PATIENCE);
	expect(timed.last()).toBe('a');
	const untimed = waiting(['a', 'b']);
	await untimed.hear('b', apiOf({ a: 'completed', b: 'completed' }).asker, PATIENCE);
	expect(untimed.last()).toBeUndefined();
});
