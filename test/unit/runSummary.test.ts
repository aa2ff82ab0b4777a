import type { TaskRecord } from '../../nodes/KlingLipSync/task/itemJson';
import type { Outcome } from '../../nodes/KlingLipSync/task/problem';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import { runSummary } from '../../nodes/KlingLipSync/task/runSummary';
import type { TaskState } from '../../nodes/KlingLipSync/task/task';

const record = (state: TaskState, more: Partial<TaskRecord> = {}): TaskRecord => ({
	task: { taskId: 't', model: 'kling-advanced-lip-sync', state, videoDuration: 5 },
	...more,
});
const cutBy = (audioCutMs: number) => record('completed', { order: { audioCutMs } });
const CUT = 'The end of the audio did not fit and was cut:';
const WHY = 'The audio ends with the video, or when the face leaves the screen.';

it.each<[string, Array<Outcome<TaskRecord>>, string]>([
	[
		'what became of each, and what it cost',
		[
			record('completed'),
			record('completed'),
			new Problem('input', 'x'),
			record('processing', { timedOut: true }),
			record('pending'),
		],
		'2 completed, 1 failed, 1 timed out, 1 not finished. Estimated cost: $0.0252, by the price list of 2026.',
	],
	['nothing of the cost where there is none', [new Problem('input', 'x')], '1 failed.'],
	[
		'whose audio was cut',
		[
			record('pending', { task: { taskId: 't', model: 'kling-identify-face', state: 'failed' } }),
			cutBy(350),
		],
		`1 failed, 1 completed. ${CUT} 0.35 s of item 1. ${WHY} Estimated cost: $0.0063, by the price list of 2026.`,
	],
	[
		'five of those whose audio was cut, and how many more there are',
		Array.from({ length: 7 }, () => cutBy(1000)),
		`7 completed. ${CUT} 1.00 s of item 0, 1.00 s of item 1, 1.00 s of item 2, 1.00 s of item 3, 1.00 s of item 4 and 2 more. ${WHY} Estimated cost: $0.0441, by the price list of 2026.`,
	],
	[
		'no number where all are named',
		Array.from({ length: 5 }, () => cutBy(1000)),
		`5 completed. ${CUT} 1.00 s of item 0, 1.00 s of item 1, 1.00 s of item 2, 1.00 s of item 3, 1.00 s of item 4. ${WHY} Estimated cost: $0.0315, by the price list of 2026.`,
	],
])('says %s', (_, outcomes, text) => {
	expect(runSummary(outcomes)).toBe(text);
});
