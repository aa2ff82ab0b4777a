import { Problem } from '../task/problem';
import { logCancelled } from './log';
import { nodeError } from './nodeErrors';
import type { Run } from './run';

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
	logCancelled(run, taskIds);
	throw nodeError(run.context.getNode(), problem, 0, taskIds);
}
