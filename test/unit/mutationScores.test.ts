import { belowThreshold, scores } from '../mutation/scores';

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
