import { belowThreshold, scores } from '../mutation/scores';
import { likeliest, namesIn } from '../mutation/selection';

const mutants = (killed: number, survived: number) => [
	...Array.from({ length: killed }, () => ({ status: 'Killed' })),
	...Array.from({ length: survived }, () => ({ status: 'Survived' })),
	{ status: 'Ignored' },
];

const folders = (skipsStatic: boolean) =>
	scores(
		[
			{
				files: {
					'nodes/KlingLipSync/run/run.ts': {
						mutants: [
							{ status: 'Survived', static: true },
							{ status: 'Killed', static: false },
						],
					},
				},
			},
		],
		skipsStatic,
	).map(({ noticed, mistakes }) => [noticed, mistakes]);

test('what is worked out when a file is loaded counts, unless it is left out', () => {
	expect(folders(false)).toEqual([[1, 2]]);
	expect(folders(true)).toEqual([[1, 1]]);
});

test('a folder has the share of its mistakes that are noticed, ignored ones left out', () => {
	const found = scores(
		[
			{
				files: {
					'nodes/KlingLipSync/task/price.ts': { mutants: mutants(9, 0) },
					'nodes/KlingLipSync/task/task.ts': {
						mutants: [{ status: 'NoCoverage' }, { status: 'Timeout' }],
					},
				},
			},
			{ files: { 'nodes/KlingLipSync/wait/pause.ts': { mutants: mutants(3, 1) } } },
		],
		false,
	);
	expect(found).toEqual([
		{ folder: 'task', noticed: 10, mistakes: 11, score: (100 * 10) / 11, least: 90 },
		{ folder: 'wait', noticed: 3, mistakes: 4, score: 75, least: 80 },
	]);
	expect(belowThreshold(found).map(({ folder }) => folder)).toEqual(['wait']);
});

describe('a mistake meets the tests that reach it', () => {
	const measured = {
		'engine/all.test.ts': {
			'a starts': { ms: 100, reach: 1000 },
			'b is not reached': { ms: 1, reach: 1 },
		},
		'engine/a.test.ts': {
			'a ends': { ms: 100, reach: 100 },
			'a goes on': { ms: 900, reach: 100 },
		},
		'unit/a.test.ts': { 'a is counted': { ms: 0, reach: 5 } },
	};
	const reaching = new Set(['a starts', 'a ends', 'a goes on', 'a is counted']);
	const met = (budget: number) =>
		[...likeliest(measured, reaching, budget)].map(([file, names]) => [file, ...names]);

	test('those first that are quick and are about little else', () => {
		expect(met(10_000)).toEqual([
			['unit/a.test.ts', 'a is counted'],
			['engine/a.test.ts', 'a ends', 'a goes on'],
			['engine/all.test.ts', 'a starts'],
		]);
	});

	test('as many as there is time for, with the loading of their files', () => {
		expect(met(1099)).toEqual([['unit/a.test.ts', 'a is counted']]);
		expect(met(1100)).toEqual([
			['unit/a.test.ts', 'a is counted'],
			['engine/a.test.ts', 'a ends'],
		]);
	});

	test('all of them where the mistake is made when a file is loaded', () => {
		expect(
			[...likeliest(measured, undefined, 10_000).values()].flatMap((names) => [...names]),
		).toHaveLength(5);
	});

	test('named in a pattern that Jest takes', () => {
		expect(namesIn(undefined)).toBeUndefined();
		const names = ['a (b) ends', 'what is 1 + 1?', 'a|b \\ c', '(a)|(b)'];
		const pattern = names.map((name) => `(${name.replace(/[.*+\-?^${}()|[\]\\/]/g, '\\$&')})`);
		expect([...namesIn(pattern.join('|'))!]).toEqual(names);
	});

	test('one at least', () => {
		expect(met(0)).toEqual([['unit/a.test.ts', 'a is counted']]);
	});
});
