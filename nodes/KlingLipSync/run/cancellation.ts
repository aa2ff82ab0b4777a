import { Problem } from '../task/problem';
import { logCancelled } from './serverLog';
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
		"Kling can't cancel tasks: those already created continue and are charged. Retrieve them with Get Task.",
	);
	logCancelled(run, taskIds);
	throw nodeError(run.context.getNode(), problem, 0, taskIds);
}
