import { randomInt } from 'node:crypto';
import { nodeOutput } from '../server/client';
import { chain, items, next, webhookStart } from '../server/workflows';
import { useProduction } from './production';

const TASKS = 200;

const world = useProduction('A trigger', {
	lipSyncMs: () => randomInt(5_000, 60_000),
	callbacks: () => ({ againAfterMs: randomInt(2_000, 6_000) }),
});

describe('a trigger behind two webhook processors', () => {
	test('starts once for each task, also when the other processor is told again seconds later', async () => {
		const workflowId = await world.publish({
			name: 'order',
			nodes: [
				webhookStart('order'),
				...items(TASKS),
				world.lipSync('Kling', { waitMode: 'trigger', options: { maxConcurrency: 20 } }),
				world.kling.trigger({}),
				next(),
			],
			connections: {
				...chain('Start', 'List', 'Items', 'Kling'),
				...chain('Trigger', 'Next'),
			},
		});
		await world.call('order');
		await world.allEnded(workflowId, 1 + TASKS);
		const tasks = [...world.api.tasks.values()].filter(({ callbackUrl }) => callbackUrl);
		expect(tasks).toHaveLength(TASKS);
		await world.answered(tasks, 200, 2 * TASKS);
		const executions = await world.allEnded(workflowId, 1 + TASKS);
		const starts = (
			await Promise.all(
				executions.map(async ({ id, startedAt }) =>
					nodeOutput(await world.server.execution(id), 'Next').map(({ json }) => ({
						taskId: json.taskId as string,
						startedAt,
					})),
				),
			)
		).flat();
		const startsOf = ({ taskId }: { taskId: string }) =>
			starts.filter((start) => start.taskId === taskId);
		const wrong = tasks.filter((task) => startsOf(task).length !== 1);
		// What came when is what one needs to know then.
		expect(
			wrong.map((task) => ({
				starts: startsOf(task),
				deliveries: world
					.deliveriesOf([task])
					.map(({ at, status, durationMs }) => ({ at: new Date(at), status, durationMs })),
			})),
		).toEqual([]);
		expect(executions).toHaveLength(1 + TASKS);
		const startedFor = starts.map(({ taskId }) => taskId);
		expect(startedFor.sort()).toEqual(tasks.map(({ taskId }) => taskId).sort());
		world.expectNothingPaidTwice();
	});
});
