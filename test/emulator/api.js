'use strict';

const { failureAnswer, send, successAnswer } = require('./answers');
const { outcomeOf, strikesAfterWork } = require('./faults');
const { findRequestFault, isObject } = require('./validate');

const TASKS_PATH = '/api/v1/audio/generations';

function parseBody(text) {
	if (typeof text !== 'string') return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function keyOf(headers) {
	return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

/**
 * Makes the handler of every request that is no file and no control request.
 *
 * @param {object} parts
 * @param {object} parts.settings
 * @param {import('./lifetime').Lifetime} parts.lifetime
 * @param {import('./tasks').TaskStore} parts.store
 * @param {import('./faults').FaultQueue} parts.faults
 * @param {object[]} parts.log
 * @param {(task: object) => object} parts.dataOf the `data` of a query's answer
 * @param {(entry: object) => void} parts.onRequest called with the log entry once the answer is known
 * @returns {import('express').RequestHandler} expects the body as text
 */
function createApiHandler({ settings, lifetime, store, faults, log, dataOf, onRequest }) {
	function create({ headers, body }) {
		if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
			return failureAnswer(400, 'Content-Type must be application/json');
		}
		const fault = findRequestFault(body, (sessionId) => store.session(sessionId));
		if (fault) return failureAnswer(400, fault);
		if (keyOf(headers) === settings.noCreditsKey) return failureAnswer(402);
		const { taskId, model } = store.create(body);
		return { ...successAnswer({ taskId, state: 'pending', model }), taskId };
	}

	function query({ query: { task_id: taskId } }) {
		if (typeof taskId !== 'string' || taskId === '')
			return failureAnswer(400, 'task_id is required');
		const task = store.get(taskId);
		return task ? successAnswer(dataOf(task)) : failureAnswer(404);
	}

	function respond(entry) {
		if (entry.path !== TASKS_PATH) return failureAnswer(404, 'not found');
		const respondTo = { POST: create, GET: query }[entry.method];
		if (!respondTo) return { ...failureAnswer(405), headers: { allow: 'GET, POST' } };
		const keys = [settings.apiKey, settings.noCreditsKey].flat().filter(Boolean);
		return keys.includes(keyOf(entry.headers)) ? respondTo(entry) : failureAnswer(401);
	}

	function record(req) {
		const entry = {
			at: Date.now(),
			method: req.method,
			path: req.path,
			query: { ...req.query },
			headers: { ...req.headers },
			body: parseBody(req.body),
		};
		if (isObject(entry.body) && entry.body.model !== undefined) entry.model = entry.body.model;
		if (entry.method === 'GET' && entry.query.task_id !== undefined) {
			entry.taskId = entry.query.task_id;
			entry.model = store.get(entry.taskId)?.model;
		}
		log.push(entry);
		return entry;
	}

	return async (req, res) => {
		const entry = record(req);
		const fault = faults.take(entry);
		if (fault) entry.fault = fault.kind;
		const usual = fault && !strikesAfterWork(fault) ? {} : respond(entry);
		if (usual.taskId) entry.taskId = usual.taskId;
		const answer = fault ? outcomeOf(fault) : usual;
		if (settings.latencyMs > 0) await lifetime.sleep(settings.latencyMs);
		entry.status = answer.status;
		onRequest(entry);
		send(res, answer, lifetime);
	};
}

module.exports = { createApiHandler, TASKS_PATH };
