import { queryTaskPatiently } from '../api/tasks';
import { clock } from '../clock';
import type { TaskRecord } from '../task/itemJson';
import { Problem } from '../task/problem';
import { isExpired } from '../task/session';
import type { Task } from '../task/task';
import { isIdentify } from '../task/task';
import type { Slot } from './createdTasks';
import type { Run } from './run';

/**
 * The task that exists for the request, if it serves. n8n's own repetition takes up every task of its
 * first try. Where a person or an agent asks again, a task that failed, that the API does not know any
 * more or whose session has expired is no good; one that can't be asked for now may be.
 *
 * @throws Problem `unanswered` when a task may exist whose id is not known
 */
export async function reuseTask(
	run: Run,
	slot: Slot,
	model: string,
	callbackUrl?: string,
): Promise<TaskRecord | undefined> {
	const earlier = run.createdTasks.find(slot);
	if (!earlier) return undefined;
	const known: Task = { taskId: earlier.taskId, state: 'pending', model };
	const callsElsewhere = earlier.callbackUrl !== callbackUrl;
	if (!earlier.isAskedForAgain) return { task: known, callsElsewhere };
	const asked = await queryTaskPatiently(run.context, run.access, known, run.signal);
	if (asked instanceof Problem)
		return asked.kind === 'unknownTask' ? undefined : { task: known, callsElsewhere };
	const { task } = asked;
	if (task.state === 'failed' || (isIdentify(task) && isExpired(task, clock.now())))
		return undefined;
	return { ...asked, callsElsewhere };
}
