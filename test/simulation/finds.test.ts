import type { Fault } from './product';
import type { Scenario } from './scenario';
import { search } from './search';

describe('the simulation finds', () => {
	const inQueue = ({ mode }: Scenario) => mode === 'queue';
	const inOne = ({ mode }: Scenario) => mode === 'regular';
	const atBadTimes = ({ badTime }: Scenario) => badTime > 0;
	const isBusy = ({ lagMs, badTime }: Scenario) => lagMs[0] > 1_000 && badTime === 0;
	const isKilled = ({ crashes }: Scenario) => crashes.length > 0;
	const pausesTwice = ({ steps }: Scenario) => steps.length > 1;
	const isLate = ({ steps: [first] }: Scenario) =>
		first.kind === 'pause' && first.timeoutMinutes === 1;

	// With these seeds each search comes upon its mistake soon; with any other it takes longer.
	it.each<[string, Fault, Array<(scenario: Scenario) => boolean>, number]>([
		[
			'a run behind a pause that ends before an older copy is too old to be written back',
			{ timing: { settle: 3_000 } },
			[inQueue, atBadTimes, pausesTwice],
			11,
		],
		[
			'calls that a busy n8n can never answer in time',
			{ timing: { freshCall: 1_000 } },
			[inQueue, isBusy],
			3,
		],
		['a run behind a pause that ends at once', { settlesNothing: true }, [pausesTwice], 6],
		[
			'a wait that is not compared with the one in the URL',
			{ comparesNothing: true },
			[inQueue],
			17,
		],
		['callbacks that compete with the timer', { timing: { timerMargin: -Infinity } }, [isLate], 4],
		['two handlers of one process that go on', { claimsNothing: true }, [inOne], 21],
		['a wait that goes on while n8n starts', { timing: { startUp: 0 } }, [inOne, isKilled], 5],
		['a timer of an earlier wait', { timing: { timerLead: 0 } }, [isLate, pausesTwice], 24],
	])(
		'%s',
		async (_, fault, where, seed) => {
			const { violations } = await search(
				fault,
				5_000,
				(scenario) => where.every((holds) => holds(scenario)),
				seed,
			);
			expect(violations).toBeDefined();
		},
		300_000,
	);
});
