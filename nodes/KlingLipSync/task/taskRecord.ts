import type { Problem } from './problem';
import type { Task } from './task';

/** A task as a run knows it, with what the item's JSON says besides the task itself. */
export interface TaskRecord {
	task: Task;
	/** The vendor's answer that the task was read from. */
	raw?: unknown;
	timedOut?: boolean;
	/** The identify task of a lip sync that began with a video. */
	identifyTaskId?: string;
	/** The task was created by an earlier execution, and will call that one back. */
	callsElsewhere?: boolean;
}

/** The one shape of a task in an item's JSON, whatever path the task came by. */
export function taskJson(record: TaskRecord, includeRaw: boolean): Record<string, unknown> {
	const { task, raw, timedOut, identifyTaskId } = record;
	return {
		...task,
		...(identifyTaskId && { identifyTaskId }),
		...(timedOut && { timedOut: true }),
		...(includeRaw && raw !== undefined && { raw }),
	};
}

/** A problem in an item's JSON: exactly the keys that n8n routes to an error output. */
export function problemJson(problem: Problem): { error: string; details: Record<string, unknown> } {
	const details = { ...problem.details, ...(problem.hint && { hint: problem.hint }) };
	return { error: problem.message, details };
}
