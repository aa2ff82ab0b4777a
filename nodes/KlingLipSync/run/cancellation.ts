import { Problem } from '../task/problem';
import { nodeError } from './nodeErrors';
import type { Run } from './run';

/** Leaves a trace of a task in n8n's log, for those who look for what became of it. */
export function noteState(run: Run, taskId: string, state: string): void {
	run.context.logger.debug(`Kling Lip Sync: task ${taskId} is ${state}`, { taskId, state });
}

/**
 * Ends a cancelled run. n8n drops what a cancelled node returns, so the ids go to the log.
 *
 * @throws NodeOperationError when the execution was cancelled
 */
export function stopIfCancelled(run: Run): void {
	if (!run.signal?.aborted) return;
	const taskIds = run.createdTasks.taskIds();
	const problem = new Problem(
		'cancelled',
		'The execution was cancelled',
		'Tasks can not be cancelled: those already created go on and are charged. Ask for them with the operation Get Task.',
	);
	if (taskIds.length > 0) {
		run.context.logger.warn(
			`Kling Lip Sync: the execution was cancelled. Tasks already created: ${taskIds.join(', ')}`,
			{ taskIds },
		);
	}
	throw nodeError(run.context.getNode(), problem, 0, taskIds);
}
