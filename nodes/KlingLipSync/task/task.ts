import { REVISIONS } from './modelsAndPaths';

/**
 * State of a task as the API names it: `pending`, `processing`, `completed` or `failed`. Any other is
 * a task that is not known to be finished.
 */
export type TaskState = string;

/** A face that was found. Keeps every field the vendor sent, in camelCase. */
export interface Face {
	faceId: string;
	faceReference?: string;
	[field: string]: unknown;
}

/**
 * A task, whatever path it came by. Times in ms since the epoch, `costTime` in ms,
 * `videoDuration` in seconds. What the vendor did not say is absent.
 */
export interface Task {
	taskId: string;
	state: TaskState;
	model: string;
	sessionId?: string;
	faces?: Face[];
	faceCount?: number;
	videoUrl?: string;
	resultUrls?: string[];
	videoDuration?: number;
	failCode?: string;
	failMsg?: string;
	createTime?: number;
	completeTime?: number;
	costTime?: number;
	estimatedCostUsd?: number;
}

/** What is known of a task before the API is asked about it. */
export interface TaskHint {
	taskId?: string;
	model?: string;
}

/** The two steps and the model that does each, as users choose among them. */
export const MODELS = {
	identify: REVISIONS.audio.identifyModel,
	lipSync: REVISIONS.audio.lipSyncModel,
} as const;

/** Whether nothing more will happen to the task. */
export function isTerminal(task: { state: TaskState }): boolean {
	return task.state === 'completed' || task.state === 'failed';
}

/** Whether the task is one of Identify Face (any revision's model name). */
export function isIdentify(task: { model: string }): boolean {
	return task.model.includes('identify');
}

/** Which of the two models of this package did the task; newer revisions have other names. */
export function kindOf(task: { model: string }): (typeof MODELS)[keyof typeof MODELS] {
	return isIdentify(task) ? MODELS.identify : MODELS.lipSync;
}
