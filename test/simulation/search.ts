/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import fc from 'fast-check';

import type { Step } from './n8n';
import type { Fault } from './product';
import { loadProduct } from './product';
import type { Scenario } from './scenario';
import { play } from './scenario';

/** Another seed and more runs look further: SIMULATION_SEED, SIMULATION_RUNS. */
const SEED = Number(process.env.SIMULATION_SEED ?? 20_260_801);
export const RUNS = Number(process.env.SIMULATION_RUNS ?? 2_000);

const pause = (name: string, timeoutMinutes = 60): Step => ({
	kind: 'pause',
	name,
	timeoutMinutes,
});
const create = (name: string): Step => ({ kind: 'create', name });
const wait = (name: string): Step => ({ kind: 'wait', name, ms: 5_000 });
const again = (times: number): Step => ({ kind: 'again', name: 'Again', backTo: 0, times });

const workflows = (timeoutMinutes: number): Step[][] => [
	[pause('A', timeoutMinutes)],
	[pause('A', timeoutMinutes), pause('B')],
	[pause('A', timeoutMinutes), pause('B'), create('C'), wait('W')],
	[pause('A', timeoutMinutes), create('C'), wait('W'), create('D')],
	[pause('A', timeoutMinutes), wait('W'), create('C'), pause('B')],
	[pause('A', timeoutMinutes), again(2)],
];

const scenarios: fc.Arbitrary<Scenario> = fc
	.record({
		seed: fc.integer({ min: 0, max: 2 ** 31 }),
		mode: fc.constantFrom('regular' as const, 'queue' as const),
		items: fc.integer({ min: 1, max: 4 }),
		workflow: fc.nat({ max: 5 }),
		tasks: fc.constantFrom('together', 'spread', 'quick', 'late'),
		lost: fc.constantFrom(0, 0, 0, 0.3),
		twice: fc.constantFrom(0, 0.5, 1),
		badQuery: fc.constantFrom(0, 0, 0.2),
		refused: fc.constantFrom(0, 0, 0.3),
		badTime: fc.constantFrom(0, 0.3),
		isBusy: fc.constantFrom(false, false, false, true),
		skewMs: fc.constantFrom(0, 400),
		reachesItself: fc.constantFrom(true, true, false),
		crashes: fc.array(
			fc.record({
				at: fc.integer({ min: 0, max: 30_000 }),
				process: fc.nat({ max: 2 }),
				downMs: fc.integer({ min: 500, max: 15_000 }),
			}),
			{ maxLength: 2 },
		),
	})
	.map(({ workflow, tasks, isBusy, ...rest }): Scenario => {
		const isQueue = rest.mode === 'queue';
		// Late tasks finish around the time when the wait ends.
		const isLate = tasks === 'late';
		const taskMs = {
			together: [9_000, 9_600],
			spread: [3_000, 40_000],
			quick: [50, 4_000],
			late: [50_000, 70_000],
		};
		return {
			...rest,
			steps: workflows(isLate ? 1 : 60)[workflow],
			taskMs: taskMs[tasks as keyof typeof taskMs] as [number, number],
			queryMs: [10, 400],
			lagMs: isBusy ? [1_200, 3_000] : [5, 120],
			longLagMs: [500, isQueue ? 4_000 : 9_000],
			writeMs: [5, 80],
			longWriteMs: [100, isQueue ? 2_000 : isLate ? 4_000 : 20_000],
			uptimeMs: 3_600_000,
		};
	});

/** Looks for a scenario in which something happens that must not; gives its story. */
export async function search(
	fault: Fault,
	runs: number,
	only: (scenario: Scenario) => boolean = () => true,
	seed = SEED,
) {
	const products = [loadProduct(fault), loadProduct(fault), loadProduct(fault)];
	const delays: Record<string, number[]> = { regular: [], queue: [] };
	const holds = fc.asyncProperty(scenarios.filter(only), async (scenario) => {
		const ended = await play(scenario, products);
		delays[scenario.mode].push(...ended.delays);
		return ended.violations.length === 0;
	});
	const { failed, counterexample, numRuns } = await fc.check(holds, {
		numRuns: runs,
		seed,
		endOnFailure: Object.keys(fault).length > 0,
	});
	if (!failed) return { delays, numRuns };
	const [scenario] = counterexample!;
	const { violations, story } = await play(scenario, products);
	return {
		delays,
		numRuns,
		violations,
		story: [JSON.stringify(scenario), ...story, ...violations],
	};
}
