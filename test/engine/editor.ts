import type {
	ICredentialTestRequest,
	INode,
	INodeExecutionData,
	INodeType,
	INodeParameters,
	ResourceMapperFields,
} from 'n8n-workflow';
import type { Executions, StartOptions } from './executions';
import type { Host } from './host';
import { isolated } from './host';
import { core, requireOfCore, workflowLib } from './n8n';
import { helper } from './node-types';
import type { Item } from './run';
import type { NodeData, Workflows } from './workflows';

const get = requireOfCore('lodash/get') as (object: unknown, path: string) => unknown;

interface FieldsOptions {
	parameters?: Record<string, unknown>;
	nodeType?: string;
	credentials?: INode['credentials'];
	filter?: string;
	paginationToken?: string;
	path?: string;
}

/** A method of `methods`, of whatever kind. */
type Loader = (this: object, filter?: string, paginationToken?: string) => Promise<unknown>;

const KINDS = ['resourceMapping', 'loadOptions', 'listSearch'] as const;

/** What the server does while a workflow is edited: it loads fields, tests a credential, runs a tool for an agent. */
export function createEditor(
	host: Host,
	{ complete, toWorkflow, toWorkflowData }: Workflows,
	executions: Executions,
) {
	const { credentialTypes, credentialsHelper, nodeTypes, state, types } = host;

	/** The editor's node without a workflow that its fields are loaded for. */
	const temporary = (node: Omit<NodeData, 'name'>) =>
		toWorkflow({
			...toWorkflowData({ nodes: [], startNode: 'none', connections: {} }),
			nodes: [complete({ name: 'Temp-Node', ...node } as NodeData)],
		});

	const loaderOf = (type: INodeType, method: string) =>
		KINDS.map((kind) => type.methods?.[kind]?.[method]).find(Boolean) as Loader | undefined;

	/** Calls a method of `methods` as the editor does, with the parameters as they are sent by it. */
	const loadFields = async <Result = ResourceMapperFields>(
		method: string,
		options: FieldsOptions = {},
	): Promise<Result> => {
		const { parameters = {}, credentials, filter, paginationToken, path = '' } = options;
		const type =
			options.nodeType ?? Object.keys(types).find((name) => loaderOf(types[name], method))!;
		const load = loaderOf(nodeTypes.getByNameAndVersion(type), method)!;
		const workflow = temporary({ type, parameters, ...(credentials && { credentials }) });
		const extra = host.additionalData({ currentNodeParameters: parameters as INodeParameters });
		const node = workflow.getNode('Temp-Node')!;
		const context = new core.LoadOptionsContext(workflow, node, extra, path);
		const result = (await isolated(
			workflow,
			async () => await load.call(context, filter, paginationToken),
		)) as Result & Partial<ResourceMapperFields>;
		const { fields } = result;
		if (!fields) return result;
		const isFirst = ({ id }: { id: string }, i: number) =>
			fields.findIndex((field) => field.id === id) === i;
		return { ...result, fields: fields.filter(isFirst) };
	};

	/** Runs a node as the tool of an AI agent: one of today (`agent: 'engine'`) or one that calls it (`'invoke'`). */
	const runAsTool = async (
		node: Omit<NodeData, 'name'>,
		args: object = {},
		{ agent = 'engine', ...options }: Partial<StartOptions> & { agent?: string } = {},
	) => {
		const tool = { name: 'Tool', ...node, type: node.type.replace(/(Tool)?$/, 'Tool') };
		const agentNode = {
			name: 'Agent',
			type: agent === 'engine' ? 'test.agent' : 'test.invokingAgent',
			parameters: { toolArguments: JSON.stringify(args) },
		};
		const ended = await executions.start({
			...options,
			nodes: [agentNode, tool],
			connections: { [tool.name]: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] } },
		}).promise;
		const [item] = ended.items('Agent') as Array<Item | undefined>;
		return { output: item?.json.output, run: ended };
	};

	/** The test button of the credential. */
	const testCredential = async (
		name: string,
		data: object = state.credentials,
	): Promise<{ status: 'OK' | 'Error'; message: string }> => {
		const { request, rules = [] } = credentialTypes[name].test as ICredentialTestRequest;
		const nodeType = helper('probe', {
			properties: [
				{ displayName: 'Temp', name: 'temp', type: 'string', default: '', routing: { request } },
			],
			execute: undefined,
		});
		nodeType.description.credentials = [{ name, required: true }];
		const node: INode = {
			id: 'temp',
			name: 'Temp-Node',
			type: 'probe',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
			credentials: { [name]: { id: '1', name: 'Test' } },
		};
		const workflow = new workflowLib.Workflow({
			nodes: [node],
			connections: {},
			active: false,
			nodeTypes: {
				getByName: () => nodeType,
				getByNameAndVersion: () => nodeType,
				getKnownTypes: () => ({}),
			},
		});
		const decrypted = credentialsHelper.withDefaults(name, data);
		const helperForData = Object.create(credentialsHelper) as typeof credentialsHelper;
		helperForData.getDecrypted = async () => decrypted;
		const input: INodeExecutionData[][] = [[{ json: {} }]];
		const context = new core.ExecuteContext(
			workflow,
			node,
			host.additionalData({ credentialsHelper: helperForData, currentNodeParameters: {} }),
			'internal',
			workflowLib.createEmptyRunExecutionData(),
			0,
			[],
			{ main: input },
			{ node, data: {}, source: null },
			[],
		);
		const failed = (message: string) => ({ status: 'Error' as const, message });
		return await isolated(workflow, async () => {
			let response: INodeExecutionData[][] | null | undefined;
			try {
				const details = { id: '1', name: 'Test', type: name, data: decrypted };
				response = await new core.RoutingNode(context, nodeType, details as never).runNode();
			} catch (error) {
				const { message, cause } = error as Error & {
					cause?: { code?: string; response?: { status: number; statusText: string } };
				};
				const answer = cause?.response;
				if (!answer) return failed(cause?.code ?? message);
				for (const { type, properties } of rules)
					if (type === 'responseCode' && properties.value === answer.status)
						return failed(properties.message);
				return failed(answer.statusText || `Received HTTP status code: ${answer.status}`);
			}
			for (const { type, properties } of rules) {
				if (type !== 'responseSuccessBody') continue;
				if (get(response![0][0].json, properties.key) === properties.value)
					return failed(properties.message);
			}
			return { status: 'OK', message: 'Connection successful!' };
		});
	};

	return { loadFields, runAsTool, testCredential };
}

export type Editor = ReturnType<typeof createEditor>;
