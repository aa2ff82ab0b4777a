import type { INodeType } from 'n8n-workflow';
import type { Editor } from './editor';
import { createEditor } from './editor';
import type { Executions } from './executions';
import type { Shared } from './host';
import { createHost } from './host';
import type { Runner } from './runner';
import { createRunner } from './runner';
import type { Triggers } from './triggers';
import { createTriggers } from './triggers';
import type { Waiting } from './waiting';
import { createWaiting } from './waiting';
import { createWebhooks } from './webhooks';
import type { Workflows } from './workflows';
import { createWorkflows } from './workflows';

/** What a process is there for, as in queue mode; a main process alone does it all. */
export type ProcessKind = 'main' | 'webhook' | 'worker';

/** A process of an n8n: a copy of the nodes' code with what it remembers, and the parts of the server around it. */
export interface N8nProcess {
	kind: ProcessKind;
	isAlive: boolean;
	workflows: Workflows;
	runner: Runner;
	waiting: Waiting;
	triggers: Triggers;
	editor: Editor;
}

/** Starts a process with node types of its own. */
export function createProcess(
	kind: ProcessKind,
	shared: Shared,
	types: Record<string, INodeType>,
	executions: Executions,
): N8nProcess {
	const host = createHost(shared, types, () => process.isAlive);
	const workflows = createWorkflows(host);
	const webhooks = createWebhooks(host, executions);
	const process: N8nProcess = {
		kind,
		isAlive: true,
		workflows,
		runner: createRunner(host, workflows),
		waiting: createWaiting(host, workflows, executions, webhooks),
		triggers: createTriggers(host, workflows, webhooks),
		editor: createEditor(host, workflows, executions),
	};
	return process;
}
