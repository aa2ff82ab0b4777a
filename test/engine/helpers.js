'use strict';

const IDENTIFY = 'kling-identify-face';
const LIP_SYNC = 'kling-advanced-lip-sync';
const VIDEO = 'https://example.com/video.mp4';
const AUDIO = 'https://example.com/voice.mp3';

/** Waits until a condition holds, however slow the machine is. */
async function until(condition) {
	const end = Date.now() + 30_000;
	for (;;) {
		const value = await condition();
		if (value) return value;
		if (Date.now() > end) throw new Error(`Never came true: ${condition}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** Creates a task as some other client would, without a trace in the emulator's log. */
async function createTask(api, body) {
	const response = await fetch(`${api.url}/api/v1/audio/generations`, {
		method: 'POST',
		headers: { authorization: `Bearer ${api.settings.apiKey}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	const answer = await response.json();
	if (response.status !== 200) throw new Error(`The emulator refused: ${answer.msg}`);
	api.log.splice(
		api.log.findIndex((entry) => entry.taskId === answer.data.taskId),
		1,
	);
	return answer.data.taskId;
}

/** A finished identify task: `{ taskId, sessionId }`. */
async function identified(api, settings = {}) {
	const before = { ...api.settings };
	Object.assign(api.settings, settings);
	const taskId = await createTask(api, { model: IDENTIFY, video_url: VIDEO });
	Object.assign(api.settings, before);
	const { sessionId } = api.finish(taskId);
	return { taskId, sessionId };
}

/** A lip sync task: its id, and with `ms` how long it takes. */
async function synced(api, { ms = 1e9, outcome } = {}) {
	const { sessionId } = await identified(api);
	const before = api.settings.lipSyncMs;
	api.settings.lipSyncMs = ms;
	const face_choose = [{ face_id: 'face_001', sound_file: AUDIO }];
	const taskId = await createTask(api, { model: LIP_SYNC, session_id: sessionId, face_choose });
	api.settings.lipSyncMs = before;
	if (outcome) api.finish(taskId, outcome);
	return taskId;
}

/** The bodies of the creates of a model that the emulator has seen. */
const bodies = (api, model) => api.creates(model).map(({ body }) => body);

/** All that can be read in an error or a run: its JSON, with messages, causes and stacks. */
function deepText(value, seen = new Set()) {
	if (typeof value === 'function') return '';
	if (typeof value !== 'object' || value === null) return String(value);
	if (seen.has(value)) return '';
	seen.add(value);
	return Object.getOwnPropertyNames(value)
		.map((name) => `${name}: ${deepText(value[name], seen)}`)
		.join('\n');
}

module.exports = {
	AUDIO,
	bodies,
	createTask,
	deepText,
	IDENTIFY,
	identified,
	LIP_SYNC,
	synced,
	until,
	VIDEO,
};
