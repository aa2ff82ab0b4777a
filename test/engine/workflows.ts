import type {
	IConnections,
	IDataObject,
	INode,
	INodeTypeDescription,
	IPinData,
	IWorkflowBase,
	IWorkflowSettings,
} from 'n8n-workflow';
import type { Host } from './host';
import { copy, workflowLib } from './n8n';

/** A node as a test gives it: what is missing is filled in as the editor does it. */
export type NodeData = Partial<Omit<INode, 'parameters'>> &
	Pick<INode, 'name' | 'type'> & { parameters?: Record<string, unknown> };

/** A workflow as a test gives it. Without connections its nodes are a chain, in their order or in that of `chain`. */
export interface WorkflowOptions {
	nodes: NodeData[];
	connections?: IConnections;
	chain?: string[];
	/** Without one, a no-op "Start" is put in front. */
	startNode?: string;
	workflowId?: string;
	workflowName?: string;
	active?: boolean;
	settings?: IWorkflowSettings;
	pinData?: IPinData;
}

/** Connections by the outputs of each node: for each output, the nodes that it leads to. */
export const wired = (outputs: Record<string, string[][]>): IConnections =>
	Object.fromEntries(
		Object.entries(outputs).map(([name, targets]) => [
			name,
			{ main: targets.map((nodes) => nodes.map((node) => ({ node, type: 'main', index: 0 }))) },
		]),
	);

const chained = (names: string[]): IConnections =>
	wired(Object.fromEntries(names.slice(0, -1).map((name, i) => [name, [[names[i + 1]]]])));

/** The ways from a test's workflow to what n8n stores, and from that to what it runs. */
export function createWorkflows({ nodeTypes, credentialTypes }: Host) {
	const complete = (node: NodeData, index = 0): INode => {
		const { description } = nodeTypes.getByName(node.type);
		const wanted = (description.credentials ?? []).filter(({ name }) => name in credentialTypes);
		const { version, defaultVersion } = description as INodeTypeDescription;
		const completed = {
			id: `id-${node.name}`,
			typeVersion: defaultVersion ?? [version].flat().at(-1)!,
			position: [index * 200, 0],
			parameters: {},
			credentials: Object.fromEntries(wanted.map(({ name }) => [name, { id: '1', name: 'Test' }])),
			...node,
		} as INode;
		workflowLib.resolveNodeWebhookId(completed, description);
		return completed;
	};

	const toWorkflowData = (options: WorkflowOptions): IWorkflowBase => {
		const { nodes, connections, chain, startNode, workflowId = 'workflow-1', pinData } = options;
		const { workflowName = 'Test', active = false, settings } = options;
		const all = nodes.map(complete);
		if (!startNode && !nodes.some(({ name }) => name === 'Start')) {
			all.unshift(complete({ name: 'Start', type: 'test.noOp', position: [-200, 0] }));
		}
		const links = { ...(connections ?? chained(chain ?? all.map(({ name }) => name))) };
		// Whoever wires the nodes need not know of a start node that was added.
		if (all.length > nodes.length && !links.Start) {
			const node = chain?.[0] ?? nodes[0].name;
			links.Start = { main: [[{ node, type: 'main', index: 0 }]] };
		}
		return copy({
			id: workflowId,
			name: workflowName,
			nodes: all,
			connections: links,
			active,
			settings: { executionOrder: 'v1', ...settings },
			pinData,
		}) as IWorkflowBase;
	};

	return {
		complete,
		toWorkflowData,

		// A copy each time, like rows of a database: the Workflow class fills in defaults in place.
		toWorkflow: (data: IWorkflowBase, staticData: IDataObject = {}) =>
			new workflowLib.Workflow({ ...copy(data), nodeTypes, staticData: copy(staticData) }),
	};
}

export type Workflows = ReturnType<typeof createWorkflows>;
