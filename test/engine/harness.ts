/**
 * Runs nodes in n8n's own engine (n8n-core as a library), inside the test process.
 *
 * The engine, the contexts nodes get, expressions, retries, binary storage and HTTP helpers are the real ones. What the
 * published n8n server adds around them (its database of executions, waiting webhooks, timers, credential store) is
 * rebuilt here as small as possible, in the server's order of steps, because it decides what a suspended node sees.
 */

import type { ICredentialType, INodeType } from 'n8n-workflow';
import { createEditor } from './editor';
import { createExecutions } from './executions';
import { createFiles } from './files';
import type { EngineState } from './host';
import { createHost } from './host';
import { binaryData, current, removeFiles } from './n8n';
import { createTriggers } from './triggers';
import { createWaiting } from './waiting';
import { createWebhooks } from './webhooks';
import { createWorkflows } from './workflows';

export interface EngineOptions
	extends Partial<
		Pick<
			EngineState,
			| 'binaryMode'
			| 'credentials'
			| 'webhookBaseUrl'
			| 'webhookTestBaseUrl'
			| 'webhookWaitingBaseUrl'
			| 'restApiUrl'
		>
	> {
	/** Instances by full type name. */
	nodeTypes?: Record<string, INodeType>;
	/** Instances by name. */
	credentialTypes?: Record<string, ICredentialType>;
}

type AsyncFunction = (...args: never[]) => unknown;

const open = new Set<{ close(): Promise<void> }>();

/**
 * Creates an engine with its own executions, static data, logs and credential. Files are kept in memory unless
 * `binaryMode` is `filesystem`.
 */
export async function createEngine({
	nodeTypes = {},
	credentialTypes = {},
	...settings
}: EngineOptions = {}) {
	const state: EngineState = {
		binaryMode: 'default',
		credentials: {},
		credentialReads: 0,
		logs: [],
		staticData: {},
		webhookBaseUrl: 'https://n8n.example.com/webhook',
		webhookTestBaseUrl: 'https://n8n.example.com/webhook-test',
		webhookWaitingBaseUrl: 'https://n8n.example.com/webhook-waiting',
		restApiUrl: 'https://n8n.example.com/rest',
		...settings,
	};
	const host = createHost(state, nodeTypes, credentialTypes, await binaryData());
	const workflows = createWorkflows(host);
	const executions = createExecutions(host, workflows);
	const webhooks = createWebhooks(host);
	const waiting = createWaiting(host, workflows, executions, webhooks);
	const { closeDoors, ...files } = createFiles(host, waiting);
	const { start, run, retry, resumeByTimeout, finished } = executions;
	const members = {
		start,
		run,
		retry,
		resumeByTimeout,
		finished,
		...waiting,
		...createTriggers(host, workflows, webhooks),
		...createEditor(host, workflows, executions),
		...files,

		/** Closes the doors; the last engine takes the files with it. */
		close: async (): Promise<void> => {
			open.delete(engine);
			await closeDoors();
			if (!open.size) removeFiles();
		},
	};
	const atWork = (member: AsyncFunction) =>
		((...args: never[]) => current.run(state, () => member(...args))) as AsyncFunction;
	const bound = Object.fromEntries(
		Object.entries(members).map(([name, member]) => [name, atWork(member)]),
	) as typeof members;
	const engine = Object.assign(state, bound);
	open.add(engine);
	return engine;
}

export type Engine = Awaited<ReturnType<typeof createEngine>>;

// Loaded by a test file, the harness cleans up by itself; elsewhere call engine.close().
if (typeof afterAll === 'function')
	afterAll(async () => {
		await Promise.all([...open].map(async (engine) => await engine.close()));
	});
