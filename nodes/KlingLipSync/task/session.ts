import { Problem } from './problem';
import type { Face, Task } from './task';
import { isIdentify } from './task';

/** The vendor keeps a session for this long, in ms. */
const SESSION_LIFETIME = 24 * 60 * 60 * 1000;

/** The faces that can be driven. `faces` is absent when only the session's id is known. */
export interface Session {
	sessionId: string;
	faces?: Face[];
	/** The task that opened the session, when the node created it itself. */
	identifyTaskId?: string;
	/** What stays the same about that task's video when its faces are found once more. */
	videoIdentity?: string;
	/** Length of the video in ms, where it is known. */
	videoMs?: number;
}

/** Whether the session of an identify task is over; not known is not over. `now` in ms. */
export function isExpired({ completeTime, createTime }: Task, now: number): boolean {
	const openedAt = completeTime ?? createTime;
	return openedAt !== undefined && now - openedAt > SESSION_LIFETIME;
}

/**
 * The session that an identify task has opened.
 *
 * @param now ms since the epoch; left out for a task that this very run has created, whose session
 *   lives whatever the vendor's clock says
 * @throws Problem of kind `input` saying what is wrong with the task and what to do
 */
export function sessionOfTask(task: Task, now?: number): Session {
	const { taskId, state, faces, sessionId } = task;
	const refuse = (what: string, hint: string) =>
		new Problem('input', `${what} (task ${taskId})`, hint, {
			taskId,
			state,
			...(task.failCode && { failCode: task.failCode }),
			...(task.failMsg && { failMsg: task.failMsg }),
		});
	if (!isIdentify(task) && !sessionId) {
		throw refuse(
			'This is not an Identify Face task',
			'Use the taskId that Identify Face returned.',
		);
	}
	if (state === 'failed') {
		throw refuse(
			`Identify Face failed: ${task.failMsg ?? 'the API gave no reason'}`,
			'Use a video in which the face is large, well lit and seen from the front, and identify it again.',
		);
	}
	if (state !== 'completed' || !sessionId) {
		throw refuse(
			'Identify Face is not finished yet',
			"Let Identify Face wait for its result, or add a Get Task with 'Wait in This Node' after it.",
		);
	}
	if (!faces || faces.length === 0) {
		throw refuse(
			'No face was found in this video',
			'Use a video in which the face is large, well lit and seen from the front.',
		);
	}
	if (now !== undefined && isExpired(task, now)) {
		throw refuse(
			'The faces were found more than 24 hours ago and have expired',
			'Run Identify Face again and use the new task ID.',
		);
	}
	return { sessionId, faces };
}
