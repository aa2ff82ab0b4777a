import type * as Core from 'n8n-core';
import type {
	ICredentialType,
	INodeType,
	IWorkflowExecuteAdditionalData,
	Workflow,
} from 'n8n-workflow';
import type { CredentialStore } from './credentials';
import { CredentialsHelper } from './credentials';
import type { Database } from './database';
import type { AtWork } from './n8n';
import { createNodeTypes } from './node-types';

/** What a test sets and reads of an engine, at any time. */
export interface EngineState extends AtWork, CredentialStore {
	webhookBaseUrl: string;
	webhookTestBaseUrl: string;
	webhookWaitingBaseUrl: string;
	restApiUrl: string;
}

/** What all processes of an n8n share. */
export interface Shared {
	state: EngineState;
	database: Database;
	credentialTypes: Record<string, ICredentialType>;
	binary: Core.BinaryDataService;
}

/** What the parts of one process share: its node types, and what n8n hands to a node's context. */
export interface Host extends Shared {
	types: Record<string, INodeType>;
	nodeTypes: ReturnType<typeof createNodeTypes>;
	credentialsHelper: CredentialsHelper;
	/** Whether the process still lives; a dead one writes nothing any more. */
	isAlive(): boolean;
	additionalData(extra?: Partial<IWorkflowExecuteAdditionalData>): IWorkflowExecuteAdditionalData;
}

/** Puts together what the parts of a process share. */
export function createHost(
	shared: Shared,
	types: Record<string, INodeType>,
	isAlive: () => boolean,
): Host {
	const { state, credentialTypes } = shared;
	const credentialsHelper = new CredentialsHelper(state, credentialTypes);
	return {
		...shared,
		types,
		nodeTypes: createNodeTypes(types),
		credentialsHelper,
		isAlive,
		// The rest of what a server has (users, agents, task runners) none of these nodes asks for.
		additionalData: (extra) =>
			({
				currentNodeExecutionIndex: 0,
				credentialsHelper,
				webhookBaseUrl: state.webhookBaseUrl,
				webhookTestBaseUrl: state.webhookTestBaseUrl,
				webhookWaitingBaseUrl: state.webhookWaitingBaseUrl,
				formWaitingBaseUrl: state.webhookWaitingBaseUrl.replace('webhook', 'form'),
				restApiUrl: state.restApiUrl,
				instanceBaseUrl: new URL('/', state.restApiUrl).href,
				variables: {},
				setExecutionStatus() {},
				...extra,
			}) as IWorkflowExecuteAdditionalData,
	};
}

/** Does something with a workflow whose expressions can be evaluated meanwhile. */
export async function isolated<T>(workflow: Workflow, action: () => Promise<T>): Promise<T> {
	await workflow.expression.acquireIsolate();
	try {
		return await action();
	} finally {
		await workflow.expression.releaseIsolate();
	}
}
