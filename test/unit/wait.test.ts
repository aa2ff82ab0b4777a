import { mapLimited } from '../../nodes/KlingLipSync/concurrency';
import { LastingAnswer } from '../../nodes/KlingLipSync/task/lastingAnswer';
import type { ProblemKind } from '../../nodes/KlingLipSync/task/problem';
import { Problem } from '../../nodes/KlingLipSync/task/problem';

describe('working on many items', () => {
	it('keeps their order and never has more in flight than allowed', async () => {
		let inFlight = 0;
		let most = 0;
		const results = await mapLimited([5, 1, 4, 2, 3, 0], 3, async (value, index) => {
			most = Math.max(most, ++inFlight);
			for (let turn = 0; turn < value; turn++) await Promise.resolve();
			inFlight--;
			return `${index}:${value}`;
		});
		expect(results).toEqual(['0:5', '1:1', '2:4', '3:2', '4:3', '5:0']);
		expect(most).toBe(3);
	});

	it('works with none at all, and with a limit of nothing', async () => {
		expect(await mapLimited([], 5, async () => 1)).toEqual([]);
		expect(await mapLimited([1, 2], 0, async (value) => value * 2)).toEqual([2, 4]);
	});
});

describe('what the API says instead of showing a task', () => {
	const problem = (kind: ProblemKind) => new Problem(kind, kind);
	const believed = (lasting: LastingAnswer, kinds: Array<ProblemKind | 'task'>, now = 0) =>
		kinds.map((kind) => lasting.isLasting(kind === 'task' ? {} : problem(kind), now)).at(-1);

	it.each(['refused', 'credential', 'malformed', 'unknownTask'] as const)(
		'is believed when it is the same three times in a row (%s)',
		(kind) => {
			expect(believed(new LastingAnswer(), [kind, kind])).toBe(false);
			expect(believed(new LastingAnswer(), [kind, kind, kind])).toBe(true);
			expect(believed(new LastingAnswer(), [kind, kind, 'task', kind])).toBe(false);
			expect(believed(new LastingAnswer(), [kind, kind, 'unavailable', kind])).toBe(false);
		},
	);

	it.each(['rateLimited', 'unavailable'] as const)(
		'is never believed when it passes (%s)',
		(kind) => {
			expect(believed(new LastingAnswer(), Array(20).fill(kind))).toBe(false);
		},
	);

	it('may be that the task is unknown, for a minute after its create', () => {
		const lasting = new LastingAnswer(1_000);
		expect(believed(lasting, Array(9).fill('unknownTask'), 60_999)).toBe(false);
		expect(believed(lasting, ['unknownTask'], 61_000)).toBe(true);
	});
});
