'use strict';

const { randomInt, randomUUID } = require('node:crypto');
const { IDENTIFY } = require('./models');
const { valueOf } = require('./settings');

const ALPHANUMERICS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SHARE_PENDING = 0.2;
const SESSION_MS = 24 * 60 * 60_000;
const NO_FACES = 'Face detection failed: no faces found';

const makeTaskId = () =>
	`cl${Array.from({ length: 23 }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('')}`;

function toFailure(failure) {
	if (!failure) return null;
	const { failMsg, failCode = null } = typeof failure === 'string' ? { failMsg: failure } : failure;
	return { failMsg, failCode: failCode === null ? null : String(failCode) };
}

/**
 * A task. `state` follows the clock until the task is settled. Times are ms since the epoch,
 * `costTime` is in ms; `completeTime`, `costTime`, `failMsg` and `failCode` are null until known.
 */
class Task {
	constructor({ request, ms, failure }) {
		this.taskId = makeTaskId();
		this.model = request.model;
		this.request = request;
		this.callbackUrl = request.callback_url;
		this.createTime = Date.now();
		this.pendingUntil = this.createTime + ms * SHARE_PENDING;
		this.endsAt = this.createTime + ms;
		this.plannedFailure = failure;
		this.isFetchingMedia = false;
		this.outcome = null;
		this.completeTime = null;
		this.costTime = null;
		this.failMsg = null;
		this.failCode = null;
	}

	get state() {
		if (this.outcome) return this.outcome;
		return Date.now() < this.pendingUntil ? 'pending' : 'processing';
	}
}

/** Creates tasks, brings them to their end and keeps the sessions that they open. */
class TaskStore {
	/**
	 * @param {object} parts
	 * @param {object} parts.settings
	 * @param {import('./lifetime').Lifetime} parts.lifetime
	 * @param {() => string} parts.filesUrl where the pictures of faces are
	 * @param {(task: Task) => Promise<string | null>} parts.fetchMedia yields the reason of a failure
	 * @param {(task: Task) => void} parts.onSettled called once for each task that reached its end
	 */
	constructor({ settings, lifetime, filesUrl, fetchMedia, onSettled }) {
		Object.assign(this, { settings, lifetime, filesUrl, fetchMedia, onSettled });
		this.tasks = new Map();
		this.sessions = new Map();
		this.created = new Map();
	}

	/**
	 * Duration, faces and failure are settled here, from the settings of this moment. The functions among
	 * them get the request and its index among the tasks of its model, from 0.
	 *
	 * @param {object} request a valid create request
	 * @returns {Task}
	 */
	create(request) {
		const { settings } = this;
		const index = this.created.get(request.model) ?? 0;
		this.created.set(request.model, index + 1);
		const isIdentify = request.model === IDENTIFY;
		const task = new Task({
			request,
			ms: Math.round(
				valueOf(isIdentify ? settings.identifyMs : settings.lipSyncMs, request, index),
			),
			failure: toFailure(valueOf(settings.failWith, request, index)),
		});
		if (isIdentify) this.addFaces(task);
		this.tasks.set(task.taskId, task);
		this.lifetime.after(task.endsAt - task.createTime, () => this.settleWhenDone(task, Infinity));
		if (settings.fetchMedia) this.awaitMedia(task);
		return task;
	}

	addFaces(task) {
		const wanted = valueOf(this.settings.faces, task.request);
		const given = Array.isArray(wanted) ? wanted : Array.from({ length: wanted }, () => ({}));
		task.sessionId = randomUUID();
		task.faces = given.map((face, index) => ({
			face_id: `face_${String(index + 1).padStart(3, '0')}`,
			face_reference: `${this.filesUrl()}/files/face/${task.taskId}/${index + 1}.png`,
			start_time: 0,
			end_time: (this.settings.videoDuration ?? 8) * 1000,
			...face,
		}));
		if (task.faces.length === 0) task.plannedFailure ??= toFailure(NO_FACES);
	}

	async awaitMedia(task) {
		task.isFetchingMedia = true;
		const failMsg = await this.fetchMedia(task);
		task.isFetchingMedia = false;
		task.endsAt = Math.max(task.endsAt, Date.now());
		if (failMsg) task.plannedFailure ??= toFailure(failMsg);
		this.settleWhenDone(task, Date.now());
	}

	/**
	 * @param {string} taskId
	 * @returns {Task | undefined} brought up to date with the clock
	 */
	get(taskId) {
		const task = this.tasks.get(taskId);
		if (task) this.settleWhenDone(task, Date.now());
		return task;
	}

	settleWhenDone(task, now) {
		if (task.outcome || task.isFetchingMedia || now < task.endsAt) return;
		const failure = task.plannedFailure;
		this.settle(task, failure ? 'failed' : 'completed', failure, task.endsAt);
	}

	settle(task, state, failure, completeTime) {
		task.outcome = state;
		task.completeTime = completeTime;
		task.costTime = completeTime - task.createTime;
		if (failure) Object.assign(task, failure);
		if (state === 'completed' && task.model === IDENTIFY) {
			this.sessions.set(task.sessionId, { faces: task.faces, openedAt: this.settings.now() });
		}
		this.onSettled(task);
	}

	/**
	 * Ends a task now, whatever its duration; one that has ended stays as it is.
	 *
	 * @param {string} taskId
	 * @param {{ state?: 'completed' | 'failed', failMsg?: string, failCode?: string }} [outcome] as planned when left out
	 * @returns {Task}
	 */
	finish(taskId, { state, failMsg, failCode } = {}) {
		const task = this.get(taskId);
		if (!task) throw new Error(`There is no task "${taskId}"`);
		if (task.outcome) return task;
		const isFailure = state ? state === 'failed' : Boolean(failMsg || task.plannedFailure);
		const failure = failMsg
			? toFailure({ failMsg, failCode })
			: (task.plannedFailure ?? toFailure({ failMsg: 'Task failed', failCode }));
		this.settle(task, isFailure ? 'failed' : 'completed', isFailure ? failure : null, Date.now());
		return task;
	}

	/**
	 * @param {string} sessionId
	 * @returns {{ faces: object[], openedAt: number } | undefined} undefined for an unknown or expired session
	 */
	session(sessionId) {
		for (const task of this.tasks.values()) this.settleWhenDone(task, Date.now());
		const session = this.sessions.get(sessionId);
		return session && this.settings.now() - session.openedAt < SESSION_MS ? session : undefined;
	}

	/** Forgets all tasks and sessions. */
	clear() {
		this.tasks.clear();
		this.sessions.clear();
		this.created.clear();
	}
}

module.exports = { TaskStore };
