import type { Outcome } from './problem';
import { Problem } from './problem';
import type { TaskRecord } from './itemJson';
import { isIdentify } from './task';
import { orderDetails } from './itemJson';

/** A failed task as the problem that it is for the item. */
export function failureOf({ task, order }: TaskRecord): Problem {
	const { taskId, state, model, failCode, failMsg } = task;
	return new Problem(
		'taskFailed',
		`${failedStep(task)}: ${failMsg ?? 'the API gave no reason'} (task ${taskId})`,
		adviceFor(failMsg ?? ''),
		{
			taskId,
			state,
			model,
			...(failCode && { failCode }),
			...(failMsg && { failMsg }),
			...orderDetails(order),
		},
	);
}

function failedStep(task: TaskRecord['task']): string {
	return isIdentify(task) ? 'Identify Face failed' : 'Lip Sync failed';
}

/** What to do about a failure, by the vendor's reason for it. */
function adviceFor(reason: string): string {
	if (/face/i.test(reason)) {
		return 'Use a video in which the face is large, well lit and seen from the front, then run this item again.';
	}
	if (/audio|sound/i.test(reason)) {
		return 'Check the audio: mp3, wav, m4a or aac, 2–60 seconds, up to 5 MB, with at least 2 seconds of it while the face is on screen.';
	}
	if (/video|download|url|fetch/i.test(reason)) {
		return 'Check the video: mp4 or mov, 2–60 seconds, 720p or 1080p, up to 100 MB, at a publicly accessible URL.';
	}
	return 'Check the video and the audio of this item, then run it again.';
}

/** Failed tasks turned into problems; everything else as it is. */
export function failuresAsProblems(
	outcomes: Array<Outcome<TaskRecord>>,
): Array<Outcome<TaskRecord>> {
	return outcomes.map((outcome) =>
		!(outcome instanceof Problem) && outcome.task.state === 'failed' ? failureOf(outcome) : outcome,
	);
}
