import { clock } from '../../nodes/KlingLipSync/clock';
import { pollTasks } from '../../nodes/KlingLipSync/wait/poll';
import type { Run } from '../../nodes/KlingLipSync/run/run';
import type { Task } from '../../nodes/KlingLipSync/task/task';
import { row } from './stats';

const MODEL = 'kling-advanced-lip-sync';

/** Watches one task with the node's own code, in simulated time. */
async function watch(durationMs: number) {
	const real = { ...clock };
	let now = 0;
	let queries = 0;
	clock.now = () => now;
	clock.sleep = async (ms) => void (now += ms);
	const answer = () => ({
		taskId: 'task',
		model: MODEL,
		...(now >= durationMs
			? { state: 'completed', resultUrls: ['https://example.com/result.mp4'] }
			: { state: 'processing' }),
	});
	const run = {
		context: {
			helpers: {
				async httpRequest() {
					queries += 1;
					return { statusCode: 200, headers: {}, body: { code: 200, data: answer() } };
				},
			},
			logger: { debug() {} },
		},
		access: { apiKey: 'key', baseUrl: 'https://example.com' },
		concurrency: 5,
	} as unknown as Run;
	const task: Task = { taskId: 'task', state: 'pending', model: MODEL };
	const [end] = await pollTasks(run, [{ task }], 30 * 60_000, () => false);
	Object.assign(clock, real);
	if (!('task' in end) || end.task.state !== 'completed') throw new Error('The task is not done');
	return { queries, delay: (now - durationMs) / 1000 };
}

/** Queries and the delay until a finished task is noticed, when the node waits by asking. */
export async function poll() {
	const rows = [];
	for (const seconds of [5, 60, 180]) {
		const { queries, delay } = await watch(seconds * 1000);
		const isLong = seconds === 180;
		rows.push(
			row(
				`poll: a task of ${seconds} s (simulated)`,
				`${queries} queries, noticed after ${delay.toFixed(1)} s`,
				'',
				isLong ? '≤ 14 queries, ≤ 10 s' : '≤ 10 s',
				delay <= 10 && (!isLong || queries <= 14),
			),
		);
	}
	return rows;
}
