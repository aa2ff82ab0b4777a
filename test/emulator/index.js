'use strict';

const { once } = require('node:events');
const http = require('node:http');
const express = require('express');
const { failureAnswer, send } = require('./answers');
const { createApiHandler, TASKS_PATH } = require('./api');
const { Callbacks } = require('./callbacks');
const { createControlRoutes } = require('./control');
const { FaultQueue } = require('./faults');
const { createFileHandler } = require('./files');
const { Lifetime } = require('./lifetime');
const { createMediaFetcher } = require('./media');
const { callbackBody, queryData } = require('./results');
const { createSettings } = require('./settings');
const { TaskStore } = require('./tasks');

// Longer than any pause between two polls: a client must not find its connection closed under a request.
const KEEP_ALIVE_MS = 65_000;

/**
 * Starts an HTTP server that behaves as the task API is documented, on 127.0.0.1 only.
 *
 * @param {object} [options] the settings (see settings.js), and
 * @param {number} [options.port] 0, the default, takes a free one
 * @param {(kind: 'request' | 'file' | 'callback', entry: object) => void} [options.onEvent] called with each
 * entry of `log`, `files` and `deliveries`
 * @returns {Promise<object>} `{ url, settings, tasks, log, deliveries, files, fetched, creates(), queries(),
 * fail(), clearFaults(), finish(), deliver(), reset(), close() }`
 */
async function startEmulator({ port = 0, onEvent = () => {}, ...given } = {}) {
	const settings = createSettings(given);
	const lifetime = new Lifetime();
	const faults = new FaultQueue();
	const [log, deliveries, files, fetched] = [[], [], [], []];
	let url;

	const filesUrl = () => (settings.resultsHost ?? url).replace(/\/+$/, '');
	const callbacks = new Callbacks({
		settings,
		lifetime,
		bodyOf: (task) => callbackBody(task, settings, filesUrl()),
		onDelivery: (delivery) => {
			deliveries.push(delivery);
			onEvent('callback', delivery);
		},
	});
	const store = new TaskStore({
		settings,
		lifetime,
		filesUrl,
		fetchMedia: createMediaFetcher({ settings, lifetime, fetched }),
		onSettled: (task) => callbacks.announce(task),
	});

	const api = {
		settings,
		tasks: store.tasks,
		log,
		deliveries,
		files,
		fetched,
		creates: (model) =>
			log.filter((entry) => entry.method === 'POST' && (!model || entry.model === model)),
		queries: (taskId) =>
			log.filter(
				(entry) =>
					entry.method === 'GET' &&
					entry.path === TASKS_PATH &&
					(!taskId || entry.taskId === taskId),
			),
		fail: (fault) => faults.add(fault),
		clearFaults: () => faults.clear(),
		finish: (taskId, outcome) => store.finish(taskId, outcome),
		deliver: (taskId, message) => callbacks.deliver(taskId, store.get(taskId), message),
		reset() {
			lifetime.end();
			store.clear();
			faults.clear();
			for (const list of [log, deliveries, files, fetched]) list.length = 0;
		},
		async close() {
			lifetime.end();
			if (!server.listening) return;
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
			// Tasks may have been created while the last connections were closing.
			lifetime.end();
		},
	};

	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.use('/_emulator', createControlRoutes(api));
	const serveFile = createFileHandler({
		settings,
		lifetime,
		faults,
		files,
		onRequest: (entry) => onEvent('file', entry),
	});
	app.use((req, res, next) => (req.path.startsWith('/files/') ? serveFile(req, res) : next()));
	app.use(express.text({ type: () => true, limit: '10mb' }));
	app.use(
		createApiHandler({
			settings,
			lifetime,
			store,
			faults,
			log,
			dataOf: (task) => queryData(task, settings, filesUrl()),
			onRequest: (entry) => onEvent('request', entry),
		}),
	);
	app.use((error, req, res, next) => {
		if (res.headersSent) return next(error);
		send(res, failureAnswer(error.status ?? 500, error.message), lifetime);
	});

	const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	url = `http://127.0.0.1:${server.address().port}`;
	return Object.assign(api, { url });
}

module.exports = { startEmulator };
