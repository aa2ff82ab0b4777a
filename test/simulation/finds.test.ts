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

	it.each<[string, Fault, Array<(scenario: Scenario) => boolean>]>([
		[
			'a run behind a pause that ends before an older copy is too old to be written back',
			{ timing: { settle: 3_000 } },
			[inQueue, atBadTimes, pausesTwice],
		],
		[
			'calls that a busy n8n can never answer in time',
			{ timing: { freshCall: 1_000 } },
			[inQueue, isBusy],
		],
		['a run behind a pause that ends at once', { settlesNothing: true }, [pausesTwice]],
		['a wait that is not compared with the one in the URL', { comparesNothing: true }, [inQueue]],
		['callbacks that compete with the timer', { timing: { timerMargin: -Infinity } }, [isLate]],
		['two handlers of one process that go on', { claimsNothing: true }, [inOne]],
		['a wait that goes on while n8n starts', { timing: { startUp: 0 } }, [inOne, isKilled]],
		['a timer of an earlier wait', { timing: { timerLead: 0 } }, [isLate, pausesTwice]],
	])(
		'%s',
		async (_, fault, where) => {
			const { violations } = await search(fault, 5_000, (scenario) =>
				where.every((holds) => holds(scenario)),
			);
			expect(violations).toBeDefined();
		},
		300_000,
	);
});
