/* eslint-disable @n8n/community-nodes/no-restricted-imports */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { failureAnswer, send } from './answers';
import { createApiHandler } from './api';
import { Callbacks, type Delivery, type Message } from './callbacks';
import { createControlRoutes } from './control';
import { FaultQueue, type Fault } from './faults';
import { FileServer } from './files';
import { Judge } from './judge';
import { Lifetime } from './lifetime';
import { MediaOpener, type Fetched } from './media';
import { revisionAt } from './models';
import type { FileEntry, LogEntry } from './requests';
import { callbackBody, queryData } from './results';
import { createSettings, type EmulatorSettings } from './settings';
import { TaskStore, type Outcome, type Task } from './tasks';

// Longer than any pause between two polls: a client must not find its connection closed under a request.
const KEEP_ALIVE_MS = 65_000;

// Some faces, each with a file of 5 MB in Base64.
const LARGEST_BODY = '64mb';

/** A running emulator of the task API. */
export interface Emulator {
	url: string;
	/** May be changed at any time. */
	settings: EmulatorSettings;
	tasks: Map<string, Task>;
	log: LogEntry[];
	deliveries: Delivery[];
	files: FileEntry[];
	fetched: Fetched[];
	/** The creates seen so far, of one model or of all. */
	creates(model?: string): LogEntry[];
	/** The queries seen so far, of one task or of all. */
	queries(taskId?: string): LogEntry[];
	/** Lets a coming request fail. */
	fail(fault: Fault): void;
	clearFaults(): void;
	/** Ends a task now. */
	finish(taskId: string, outcome?: Outcome): Task;
	/** Sends one callback that is not repeated. */
	deliver(
		taskId: string,
		message?: Message,
	): Promise<{ status?: number; text?: string; error?: string }>;
	/** Forgets everything but the settings, and drops what is under way. */
	reset(): void;
	close(): Promise<void>;
}

/** What the emulator can be started with. */
export interface EmulatorOptions extends Partial<EmulatorSettings> {
	/** 0, the default, takes a free one. */
	port?: number;
	/** Called with each entry of `log`, `files` and `deliveries`. */
	onEvent?: (kind: 'request' | 'file' | 'callback', entry: LogEntry | FileEntry | Delivery) => void;
}

/** Starts an HTTP server that behaves as the task API is documented, on 127.0.0.1 only. */
export async function startEmulator({
	port = 0,
	onEvent = () => {},
	...given
}: EmulatorOptions = {}): Promise<Emulator> {
	const settings = createSettings(given);
	const lifetime = new Lifetime();
	const faults = new FaultQueue();
	const log: LogEntry[] = [];
	const deliveries: Delivery[] = [];
	const files: FileEntry[] = [];
	const fetched: Fetched[] = [];
	let url = '';

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
	const judge = new Judge({
		settings,
		media: new MediaOpener({ settings, lifetime, fetched }),
	});
	const store = new TaskStore({
		settings,
		lifetime,
		filesUrl,
		lookAt: async (task) => await judge.lookAt(task),
		onSettled: (task) => void callbacks.announce(task),
	});

	const api: Omit<Emulator, 'url'> = {
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
					revisionAt(entry.path) !== undefined &&
					(!taskId || entry.taskId === taskId),
			),
		fail: (fault) => faults.add(fault),
		clearFaults: () => faults.clear(),
		finish: (taskId, outcome) => store.finish(taskId, outcome),
		deliver: async (taskId, message) => await callbacks.deliver(taskId, store.get(taskId), message),
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
	const fileServer = new FileServer({
		settings,
		lifetime,
		faults,
		onRequest: (entry) => {
			files.push(entry);
			onEvent('file', entry);
		},
	});
	app.use(async (req, res, next) => {
		if (req.path.startsWith('/files/')) await fileServer.answer(req, res);
		else next();
	});
	app.use(express.text({ type: () => true, limit: LARGEST_BODY }));
	app.use(
		createApiHandler({
			settings,
			lifetime,
			store,
			judge,
			faults,
			log,
			dataOf: (task) => queryData(task, settings, filesUrl()),
			onRequest: (entry) => onEvent('request', entry),
		}),
	);
	const refuse: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, next) => {
		if (res.headersSent) return next(error);
		send(res, failureAnswer(error.status ?? 500, error.message), lifetime);
	};
	app.use(refuse);

	const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return Object.assign(api, { url });
}
