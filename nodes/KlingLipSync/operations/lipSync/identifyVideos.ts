import type { Run } from '../../run/run';
import { forEachValue } from '../../run/run';
import { submitAll } from '../../run/submit';
import type { Outcome } from '../../task/problem';
import { attempt, Problem } from '../../task/problem';
import type { Session } from '../../task/session';
import { sessionOfTask } from '../../task/session';
import { pollToEnd } from '../../wait/poll';
import { timeoutOf } from '../../wait/timeout';
import { identifyRequest } from '../identifyFace/identifyRequest';
import type { PreparedItem } from './prepareItem';

/**
 * The session of each item, where an item's video is new after its faces have been found here. The id
 * of that task goes with the item from then on.
 */
export async function identifyVideos(
	run: Run,
	prepared: Array<Outcome<PreparedItem>>,
): Promise<Array<Outcome<Session>>> {
	const nothingToDo = new Problem('input', 'There is no video to identify');
	const requests = prepared.map((item) => {
		if (item instanceof Problem) return item;
		return item.video ? identifyRequest(item.video, item.input.reference) : nothingToDo;
	});
	const identified = requests.every((request) => request instanceof Problem)
		? requests
		: await pollToEnd(run, await submitAll(run, 'identify', requests), timeoutOf(run, 'poll'));
	return await forEachValue(run, prepared, async ({ session, video }, index) => {
		if (session) return session;
		const record = identified[index];
		if (record instanceof Problem) return record;
		if (!('task' in record)) return nothingToDo;
		const { taskId, state } = record.task;
		if (record.timedOut) {
			return new Problem(
				'unavailable',
				`Finding the faces was not finished in time (task ${taskId})`,
				"Raise the option 'Timeout (Minutes)'. The task is paid for: to use it, set 'Faces From' to 'Previous Identify Face' and enter its ID.",
				{ taskId, identifyTaskId: taskId, state },
			);
		}
		const found = attempt(() => sessionOfTask(record.task));
		if (found instanceof Problem) return found.with({ identifyTaskId: taskId });
		return {
			...found,
			identifyTaskId: taskId,
			videoIdentity: video?.identity,
			...(video?.durationMs !== undefined && { videoMs: video.durationMs }),
		};
	});
}
