import type * as Core from 'n8n-core';
import type {
	ICredentialType,
	IDataObject,
	INodeType,
	IWorkflowExecuteAdditionalData,
	Workflow,
} from 'n8n-workflow';
import type { CredentialStore } from './credentials';
import { CredentialsHelper } from './credentials';
import type { AtWork } from './n8n';
import { createNodeTypes } from './node-types';

/** What a test sets and reads of an engine, at any time. */
export interface EngineState extends AtWork, CredentialStore {
	/** By workflow id, as the server's database has it: `{ global: {}, 'node:Name': {} }`. */
	staticData: Record<string, IDataObject>;
	webhookBaseUrl: string;
	webhookTestBaseUrl: string;
	webhookWaitingBaseUrl: string;
	restApiUrl: string;
}

/** What the parts of an engine share: the node and credential types, and what n8n hands to a node's context. */
export interface Host {
	state: EngineState;
	types: Record<string, INodeType>;
	nodeTypes: ReturnType<typeof createNodeTypes>;
	credentialTypes: Record<string, ICredentialType>;
	credentialsHelper: CredentialsHelper;
	binary: Core.BinaryDataService;
	additionalData(extra?: Partial<IWorkflowExecuteAdditionalData>): IWorkflowExecuteAdditionalData;
}

/** Puts together what the parts of an engine share. */
export function createHost(
	state: EngineState,
	types: Record<string, INodeType>,
	credentialTypes: Record<string, ICredentialType>,
	binary: Core.BinaryDataService,
): Host {
	const credentialsHelper = new CredentialsHelper(state, credentialTypes);
	return {
		state,
		types,
		nodeTypes: createNodeTypes(types),
		credentialTypes,
		credentialsHelper,
		binary,
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
