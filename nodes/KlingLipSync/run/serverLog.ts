import type { Problem } from '../task/problem';
import type { Task } from '../task/task';
import type { Run } from './run';

/** Keeps the id in n8n's log at its default level, before anything else can happen to it. */
export function logCreated(run: Run, itemIndex: number, { taskId, model }: Task): void {
	run.context.logger.info(
		`Kling Lip Sync: created task ${taskId} (${model}) ${where(run, itemIndex)}`,
		{
			taskId,
			itemIndex,
		},
	);
}

/** Tells of a create that may have led to a task, which is looked for by the time of this line. */
export function logUnanswered(run: Run, itemIndex: number, { message }: Problem): void {
	run.context.logger.warn(`Kling Lip Sync: ${message} ${where(run, itemIndex)}`, { itemIndex });
}

/** Leaves a trace of a task for those who look for what became of it. */
export function logState(run: Run, taskId: string, state: string): void {
	run.context.logger.debug(`Kling Lip Sync: task ${taskId} is ${state}`, { taskId, state });
}

/** n8n drops what a cancelled node returns. */
export function logCancelled(run: Run, taskIds: string[]): void {
	if (taskIds.length === 0) return;
	run.context.logger.warn(
		`Kling Lip Sync: the execution was cancelled. Tasks already created: ${taskIds.join(', ')}`,
		{ taskIds },
	);
}

/** n8n's log shows the text of a line and nothing else. */
function where({ context }: Run, itemIndex: number): string {
	const node = JSON.stringify(context.getNode().name);
	return `[node ${node}, item ${itemIndex}, execution ${context.getExecutionId()}]`;
}
