import { notice, POLLINGS, sweep } from '../bench/pollSweep';
import { pauseAfterProblem, pollInterval } from '../../nodes/KlingLipSync/task/pollInterval';

const SURROUNDINGS = [0, 200, 350, 500].flatMap((requestMs) =>
	[0, 250, 1_000, 2_000].map((waitBeginsAfter) => ({ requestMs, waitBeginsAfter })),
);

describe.each(SURROUNDINGS)(
	'with requests of $requestMs ms and a wait that begins $waitBeginsAfter ms after the create',
	(surroundings) => {
		const { worst, mean, queriesOf3Minutes } = sweep(POLLINGS.ours, surroundings);

		it('notices every task from 4 s to 10 min with a delay of at most 30 % of its time', () => {
			expect(worst).toBeLessThanOrEqual(0.3);
		});

		it('notices tasks from 4 s to 10 min with a delay of 3 % of their time on average', () => {
			expect(mean).toBeLessThanOrEqual(0.03);
		});

		it('asks for a task of 3 minutes at most 40 times', () => {
			expect(queriesOf3Minutes).toBeLessThanOrEqual(40);
		});
	},
);

it('asks ever less often, at least every 30 s', () => {
	let before = 0;
	for (let begunAt = 2_500; begunAt < 24 * 3_600_000; begunAt *= 1.1) {
		const pause = pollInterval(begunAt, 0);
		expect(pause).toBeGreaterThanOrEqual(before);
		expect(pause).toBeLessThanOrEqual(30_000);
		before = pause;
	}
	expect(before).toBe(30_000);
});

it('asks for nothing before 2.5 s have passed, also when a first look came too early', () => {
	expect(pollInterval(0, 0)).toBe(2_500);
	expect(pollInterval(1_000, 0)).toBe(1_500);
});

it('takes a break that is half of the interval, however long asking for all tasks took', () => {
	const interval = pollInterval(60_000, 0);
	expect(pollInterval(60_000, 1_000)).toBe(interval - 1_000);
	expect(pollInterval(60_000, 3_600_000)).toBe(interval / 2);
});

it('is less late than fixed pauses that cost as many queries in 10 min', () => {
	const { queries } = notice(POLLINGS.ours, 600_000);
	const fixed = { name: 'fixed', pause: () => 600_000 / queries };
	expect(sweep(POLLINGS.ours).mean).toBeLessThan(sweep(fixed).mean);
	expect(sweep(POLLINGS.ours).worst).toBeLessThan(sweep(fixed).worst / 2);
});

it('pauses as long as a busy API asks for, within bounds', () => {
	expect([undefined, 0, 2_001, 60_000, 60_001].map(pauseAfterProblem)).toEqual([
		2_000, 2_000, 2_001, 60_000, 60_000,
	]);
});
