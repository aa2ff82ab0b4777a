'use strict';

const { IDENTIFY } = require('./models');

const PREFIX_IN_CALLBACKS = 'kling-video/';

const toCamelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

const withCamelCase = (object) =>
	Object.fromEntries(Object.entries(object).map(([name, value]) => [toCamelCase(name), value]));

function facesOf(task, settings) {
	if (settings.resultInQuery !== 'resultJson')
		return { session_id: task.sessionId, face_list: task.faces };
	return { sessionId: task.sessionId, faceList: task.faces.map(withCamelCase) };
}

function videoOf(task, settings, baseUrl) {
	const duration = settings.videoDuration === null ? {} : { videoDuration: settings.videoDuration };
	return { resultUrls: [`${baseUrl}/files/result/${task.taskId}.mp4`], ...duration };
}

function resultOf(task, settings, baseUrl) {
	return task.model === IDENTIFY ? facesOf(task, settings) : videoOf(task, settings, baseUrl);
}

function resultFields(task, settings, baseUrl) {
	const result = resultOf(task, settings, baseUrl);
	if (settings.resultInQuery === 'resultJson') return { resultJson: JSON.stringify(result) };
	return task.model === IDENTIFY ? { faceData: result } : { resultUrls: result.resultUrls };
}

function timeFields({ createTime, completeTime, costTime }) {
	return completeTime === null ? { createTime } : { createTime, completeTime, costTime };
}

/**
 * The `data` of a query's answer.
 *
 * @param {object} task
 * @param {object} settings
 * @param {string} baseUrl where the task's files are
 * @returns {object} `{ taskId, model, state, … }`; times in ms
 */
function queryData(task, settings, baseUrl) {
	return {
		taskId: task.taskId,
		model: task.model,
		state: task.state,
		...(settings.timesInQuery ? timeFields(task) : {}),
		...(task.state === 'completed' ? resultFields(task, settings, baseUrl) : {}),
		...(task.failMsg === null ? {} : { failMsg: task.failMsg }),
		...(task.failCode === null ? {} : { failCode: task.failCode }),
		...settings.queryExtras,
	};
}

/**
 * The body of a callback; `param` and `resultJson` are JSON strings, times in ms.
 *
 * @param {object} task
 * @param {object} settings
 * @param {string} baseUrl where the task's files are
 * @returns {{ code: 200, msg: string, data: object }}
 */
function callbackBody(task, settings, baseUrl) {
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

module.exports = { queryData, callbackBody };
