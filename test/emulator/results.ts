import { IDENTIFY } from './models';
import type { EmulatorSettings } from './settings';
import type { Face, Task } from './tasks';

const PREFIX_IN_CALLBACKS = 'kling-video/';

/** The body of a callback; `param` and `resultJson` are JSON strings, times in ms. */
export interface CallbackBody {
	code: number;
	msg: string;
	data: {
		taskId: string;
		model: string;
		state: string;
		param: string;
		resultJson: string | null;
		failCode: string | null;
		failMsg: string | null;
		costTime: number | null;
		completeTime: number | null;
		createTime: number;
	};
}

const KLING_STATES: EmulatorSettings['stateNames'] = { pending: 'submitted', completed: 'succeed' };

const toCamelCase = (name: string) =>
	name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const withCamelCase = (object: object) =>
	Object.fromEntries(Object.entries(object).map(([name, value]) => [toCamelCase(name), value]));

function faceOf(face: Face, { vocabulary, faceIds, faceTimes }: EmulatorSettings) {
	const { face_id: id, face_reference: picture, start_time: start, end_time: end, ...more } = face;
	const inUnit = (ms: number) => (faceTimes === 's' ? ms / 1000 : ms);
	return {
		face_id: faceIds === 'number' ? Number(id) : id,
		[vocabulary === 'kling' ? 'face_image' : 'face_reference']: picture,
		start_time: inUnit(start),
		end_time: inUnit(end),
		...more,
	};
}

function facesOf(task: Task, settings: EmulatorSettings) {
	const { sessionId } = task;
	const faces = task.faces.map((face) => faceOf(face, settings));
	// The newer page shows one id and nothing else.
	if (task.revision === 'video') return { sessionId, faceId: faces[0]?.face_id };
	const list = settings.vocabulary === 'kling' ? 'face_data' : 'face_list';
	const result = { session_id: sessionId, [list]: faces };
	return settings.resultInQuery === 'resultJson'
		? withCamelCase({ ...result, [list]: faces.map(withCamelCase) })
		: result;
}

function videoOf(task: Task, settings: EmulatorSettings, baseUrl: string) {
	const duration = settings.videoDuration === null ? {} : { videoDuration: task.videoMs / 1000 };
	return { resultUrls: [`${baseUrl}/files/result/${task.taskId}.mp4`], ...duration };
}

function resultOf(task: Task, settings: EmulatorSettings, baseUrl: string) {
	return task.model === IDENTIFY ? facesOf(task, settings) : videoOf(task, settings, baseUrl);
}

function resultFields(task: Task, settings: EmulatorSettings, baseUrl: string) {
	if (settings.resultInQuery === 'resultJson' || task.revision === 'video')
		return { resultJson: JSON.stringify(resultOf(task, settings, baseUrl)) };
	if (task.model === IDENTIFY) return { faceData: facesOf(task, settings) };
	return { resultUrls: videoOf(task, settings, baseUrl).resultUrls };
}

function stateName({ state }: Task, { vocabulary, stateNames }: EmulatorSettings): string {
	const usual = vocabulary === 'kling' ? KLING_STATES[state] : undefined;
	return stateNames[state] ?? usual ?? state;
}

function timeFields({ createTime, completeTime, costTime }: Task) {
	return completeTime === null ? { createTime } : { createTime, completeTime, costTime };
}

/** The `data` of a query's answer; times in ms. The task's files are at `baseUrl`. */
export function queryData(task: Task, settings: EmulatorSettings, baseUrl: string) {
	return {
		taskId: task.taskId,
		model: task.model,
		state: stateName(task, settings),
		...(settings.timesInQuery ? timeFields(task) : {}),
		...(task.state === 'completed' ? resultFields(task, settings, baseUrl) : {}),
		...(task.failMsg === null ? {} : { failMsg: task.failMsg }),
		...(task.failCode === null ? {} : { failCode: task.failCode }),
		...settings.queryExtras,
	};
}

/** The body of a task's callback. The task's files are at `baseUrl`. */
export function callbackBody(
	task: Task,
	settings: EmulatorSettings,
	baseUrl: string,
): CallbackBody {
	const isCompleted = task.state === 'completed';
	return {
		code: 200,
		msg: 'success',
		data: {
			taskId: task.taskId,
			model: PREFIX_IN_CALLBACKS + task.model,
			state: task.state,
			param: JSON.stringify(task.request),
			resultJson: isCompleted ? JSON.stringify(resultOf(task, settings, baseUrl)) : null,
			failCode: task.failCode,
			failMsg: task.failMsg,
			costTime: task.costTime,
			completeTime: task.completeTime,
			createTime: task.createTime,
		},
	};
}
