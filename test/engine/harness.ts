/**
 * Runs nodes in n8n's own engine (n8n-core as a library), inside the test process.
 *
 * The engine, the contexts nodes get, expressions, retries, binary storage and HTTP helpers are the real ones, and so
 * are requests and responses. What the published n8n server adds around them (its processes, its database of
 * executions, waiting webhooks, timers, credential store) is rebuilt here as small as possible, in the server's order of
 * steps, because it decides what a suspended node sees.
 */

import type { Response } from 'express';
import type { ICredentialType, INodeType } from 'n8n-workflow';
import type { ExecutionRef, Roles, StartOptions } from './executions';
import { answering, createCalls } from './calls';
import { Database } from './database';
import { Executions } from './executions';
import { createFiles, sendSigned } from './files';
import type { EngineState } from './host';
import type { N8nRequest } from './httpServer';
import { HttpServer } from './httpServer';
import { binaryData, current, removeFiles } from './n8n';
import type { N8nProcess, ProcessKind } from './process';
import { createProcess } from './process';
import type { HookName, HookOptions, TriggerOptions } from './triggers';
import type { Run } from './run';
import { HttpError } from './webhooks';
import type { NodeData, WorkflowOptions } from './workflows';

type Settings = Pick<
	EngineState,
	| 'binaryMode'
	| 'credentials'
	| 'webhookBaseUrl'
	| 'webhookTestBaseUrl'
	| 'webhookWaitingBaseUrl'
	| 'restApiUrl'
>;

type NodeTypesByName = Record<string, INodeType>;

export interface EngineOptions extends Partial<Settings> {
	/** Instances by full type name; a function makes those of each process, which share nothing. */
	nodeTypes?: NodeTypesByName | (() => NodeTypesByName);
	/** Instances by name. */
	credentialTypes?: Record<string, ICredentialType>;
	/** The processes besides the main one; a worker among them makes it queue mode. */
	processes?: ProcessKind[];
}

const open = new Set<{ close(): Promise<void> }>();

/**
 * Creates an engine with its own executions, static data, logs and credential. Files are kept in memory unless
 * `binaryMode` is `filesystem`.
 */
export async function createEngine({
	nodeTypes = {},
	credentialTypes = {},
	processes: kinds = [],
	...settings
}: EngineOptions = {}) {
	const state: EngineState = {
		binaryMode: 'default',
		credentials: {},
		credentialReads: 0,
		logs: [],
		webhookBaseUrl: 'https://n8n.example.com/webhook',
		webhookTestBaseUrl: 'https://n8n.example.com/webhook-test',
		webhookWaitingBaseUrl: 'https://n8n.example.com/webhook-waiting',
		restApiUrl: 'https://n8n.example.com/rest',
		...settings,
	};
	const database = new Database();
	const binary = await binaryData();
	const shared = { state, database, credentialTypes, binary };
	const processes: N8nProcess[] = [];
	const turns: Partial<Record<ProcessKind, number>> = {};
	const living = (kind: ProcessKind) =>
		processes.filter((process) => process.kind === kind && process.isAlive);
	const main = () => {
		const [process] = living('main');
		if (!process) throw new Error('The main process is dead');
		return process;
	};
	const nextOf = (kind: ProcessKind) => {
		const candidates = living(kind);
		const turn = (turns[kind] = (turns[kind] ?? -1) + 1);
		return candidates.length ? candidates[turn % candidates.length] : main();
	};
	const roles: Roles = {
		main,
		runner: () => nextOf('worker'),
		all: () => processes.filter(({ isAlive }) => isAlive),
		isQueue: kinds.includes('worker'),
	};
	const executions = new Executions(database, roles);
	const inContext = <T>(action: () => T): T => current.run(state, action);

	const startProcess = (kind: ProcessKind): N8nProcess => {
		const types = typeof nodeTypes === 'function' ? nodeTypes() : nodeTypes;
		const started = createProcess(kind, shared, types, executions);
		processes.push(started);
		// What is "running" when n8n starts, and runs nowhere, has crashed.
		if (kind === 'main')
			for (const { id, status } of database.all())
				if (status === 'running' && !roles.all().some(({ runner }) => runner.has(id)))
					database.mark(id, 'crashed');
		return started;
	};
	startProcess('main');
	for (const kind of kinds) startProcess(kind);

	const route = async (req: N8nRequest, res: Response) => {
		const [door, ...rest] = req.path.slice(1).split('/');
		const path = rest.join('/');
		const { waiting, triggers } = nextOf('webhook');
		if (door === 'webhook-waiting') return await waiting.call(path, req, res, {});
		if (door === 'webhook') return await triggers.callRegistered(path, req, res, {});
		if (req.path === '/rest/binary-data/signed') return await sendSigned(binary, req, res);
		throw new HttpError(404, `There is nothing at ${req.path}`);
	};
	const server = new HttpServer(
		async (req, res) => await inContext(async () => await answering(route)(req, res)),
	);

	const resumeByTimeout = async (run: ExecutionRef): Promise<Run> => {
		const { waiting } = main();
		waiting.setTimers(Infinity);
		if (!(await waiting.ring(run))) {
			const row = database.all().find(({ id }) => id === run.executionId);
			throw new Error(`Execution ${run.executionId} is not waiting but ${row?.status}`);
		}
		return await executions.finished(run.executionId);
	};

	const members = {
		/** Starts an execution. */
		start: (options: StartOptions) => executions.start(options),

		/** Like `start`, but waits until the execution has finished or is waiting. */
		run: async (options: StartOptions): Promise<Run> => await executions.start(options).promise,

		/** A person's retry of a failed execution, with `options` on a changed workflow. */
		retry: async (run: ExecutionRef, options?: WorkflowOptions): Promise<Run> =>
			await executions.retry(run, options),

		/** The outcome of an execution that something else resumed or started. */
		finished: async (executionId: string): Promise<Run> => await executions.finished(executionId),

		/** What happens when the time a node wanted to wait is over. */
		resumeByTimeout,

		/** What the server does once a minute: it sets timers for waits that are soon over. */
		setTimers: (now?: number) => main().waiting.setTimers(now),

		/** Lets the timer of an execution go off, if there is one, whatever it waits for now. */
		ring: async (run: ExecutionRef): Promise<boolean> => await main().waiting.ring(run),

		/** What `$execution.resumeUrl` is for the nodes of an execution. */
		resumeUrl: (run: Run) => main().waiting.resumeUrl(run),

		...createCalls(state, server, executions, () => nextOf('webhook')),

		/** Calls `create`, `checkExists` or `delete` of a trigger as activation (or, with `isTest`, listening) does. */
		hook: async (method: HookName, trigger: NodeData | string, options?: HookOptions) =>
			await main().triggers.hook(method, trigger, options),

		/** Publishes a workflow: its trigger's URL can be called from then on. */
		publish: async (trigger: NodeData | string, options?: TriggerOptions) =>
			await main().triggers.publish(trigger, options),

		...main().editor,
		...createFiles(binary),

		/** Starts another process, or again a main one after the first was killed. */
		startProcess,

		/** Lets a process crash: what it runs and remembers is gone, and it writes nothing any more. */
		kill(process: N8nProcess) {
			process.isAlive = false;
			process.runner.crash();
		},

		/**
		 * Opens the doors of n8n that a vendor uses: signed files, waiting executions, published triggers. From then on
		 * the URLs that nodes hand out lead here. Returns the base URL.
		 */
		serveBinary: async (): Promise<string> => {
			const base = await server.url();
			Object.assign(state, {
				restApiUrl: `${base}/rest`,
				webhookWaitingBaseUrl: `${base}/webhook-waiting`,
				webhookBaseUrl: `${base}/webhook`,
			});
			return base;
		},

		/** Closes the doors; the last engine takes the files with it. */
		close: async (): Promise<void> => {
			open.delete(engine);
			await server.close();
			if (!open.size) removeFiles();
		},
	};
	const bound = Object.fromEntries(
		Object.entries(members).map(([name, member]) => [
			name,
			(...args: never[]) => inContext(() => (member as (...args: never[]) => unknown)(...args)),
		]),
	) as typeof members;
	const engine = Object.assign(state, bound, { database, processes });
	open.add(engine);
	return engine;
}

export type Engine = Awaited<ReturnType<typeof createEngine>>;

// Loaded by a test file, the harness cleans up by itself; elsewhere call engine.close().
if (typeof afterAll === 'function')
	afterAll(async () => {
		await Promise.all([...open].map(async (engine) => await engine.close()));
	});
