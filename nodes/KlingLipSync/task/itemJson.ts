import { estimateCostUsd } from './price';
import type { ProblemDetails } from './problem';
import type { Task } from './task';

/** A face of a lip sync, with what it says: the times in ms as they were sent. */
export interface SpeakingFace {
	faceId: string;
	/** The link, or the name of the file. */
	audio: string;
	soundStartTime: number;
	soundEndTime: number;
	soundInsertTime: number;
}

/** What the order of a task says, which the vendor's answer does not. It goes out with the item. */
export interface Order {
	/** The identify task of a lip sync that began with a video: both are paid by this item. */
	identifyTaskId?: string;
	/** What the user gave the order, to find its way home. */
	reference?: string;
	/** How much of the audio's end did not fit, in ms. */
	audioCutMs?: number;
	/** Length of the video in s, where it was looked at. */
	videoDuration?: number;
	faces?: SpeakingFace[];
}

/** The order that an item of an earlier node tells of, if the item is that task. */
export function orderOfItem(json: Record<string, unknown>, taskId: string): Order | undefined {
	if (json.taskId !== taskId) return undefined;
	const { identifyTaskId, reference, audioCutMs, videoDuration, faces } = json as Order;
	return {
		...(typeof identifyTaskId === 'string' && { identifyTaskId }),
		...(typeof reference === 'string' && { reference }),
		...(typeof audioCutMs === 'number' && { audioCutMs }),
		...(typeof videoDuration === 'number' && { videoDuration }),
		...(Array.isArray(faces) && { faces }),
	};
}

/** A task as a run knows it. */
export interface TaskRecord {
	task: Task;
	/** The vendor's answer that the task was read from. */
	raw?: unknown;
	order?: Order;
	timedOut?: boolean;
	/** The task was created by an earlier execution, and will call that one back. */
	callsElsewhere?: boolean;
}

/** The one shape of a task in an item's JSON, whatever path the task came by. */
export function taskJson(record: TaskRecord, includeRaw: boolean): Record<string, unknown> {
	const { task, raw, timedOut, order = {} } = record;
	const { identifyTaskId, reference, audioCutMs, faces } = order;
	const videoDuration = task.videoDuration ?? order.videoDuration;
	const estimatedCostUsd = estimateCostUsd(
		{ ...task, videoDuration },
		{ withIdentify: identifyTaskId !== undefined },
	);
	return {
		...task,
		...(faces && !task.faces && { faces }),
		...(videoDuration !== undefined && { videoDuration }),
		...(estimatedCostUsd !== undefined && { estimatedCostUsd }),
		...(audioCutMs && { audioCutMs }),
		...(identifyTaskId && { identifyTaskId }),
		...(reference && { reference }),
		...(timedOut && { timedOut: true }),
		...(includeRaw && raw !== undefined && { raw }),
	};
}

/** What of an order goes into the details of its item's problem. */
export function orderDetails({ identifyTaskId, reference }: Order = {}): ProblemDetails {
	return { ...(identifyTaskId && { identifyTaskId }), ...(reference && { reference }) };
}
