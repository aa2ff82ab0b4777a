import type {
	EngineResponse,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	INodeTypes,
	NodeParameterValueType,
} from 'n8n-workflow';
import { jsonParse, NodeHelpers } from 'n8n-workflow';

type Description = Partial<Pick<INodeTypeDescription, 'inputs' | 'outputs' | 'properties'>>;

/** A node type with nothing but what the engine needs. */
export const helper = (
	name: string,
	{
		inputs = ['main'],
		outputs = ['main'],
		properties = [],
		execute,
	}: Description & Pick<INodeType, 'execute'>,
): INodeType => ({
	description: {
		displayName: name,
		name,
		group: ['transform'],
		version: 1,
		description: name,
		defaults: { name },
		inputs,
		outputs,
		properties,
	},
	execute,
});

async function passThrough(this: IExecuteFunctions) {
	return [this.getInputData()];
}

const json = (name: string, initial: NodeParameterValueType): INodeProperties => ({
	displayName: name,
	name,
	type: 'json',
	default: initial,
});

interface Tool {
	invoke(input: object): Promise<string>;
}

/** Node types every workflow can use besides the ones under test. */
const helperNodes: Record<string, INodeType> = {
	'test.noOp': helper('noOp', { execute: passThrough }),
	'test.collect': helper('collect', { execute: passThrough }),
	'test.merge': helper('merge', {
		inputs: ['main', 'main'],
		async execute() {
			return [[...this.getInputData(0), ...this.getInputData(1)]];
		},
	}),
	'test.items': helper('items', {
		properties: [json('items', '[]')],
		async execute() {
			const value = this.getNodeParameter('items', 0);
			const items = (typeof value === 'string' ? JSON.parse(value) : value) as INodeExecutionData[];
			return [
				items.map((item) => ({ pairedItem: { item: 0 }, ...(item.json ? item : { json: item }) })),
			] as INodeExecutionData[][];
		},
	}),
	'test.switch': helper('switch', {
		outputs: ['main', 'main', 'main', 'main'],
		properties: [{ displayName: 'output', name: 'output', type: 'number', default: 0 }],
		async execute() {
			const outputs: INodeExecutionData[][] = [[], [], [], []];
			for (const [i, item] of this.getInputData().entries()) {
				const output = this.getNodeParameter('output', i) as number;
				outputs[output].push({ ...item, pairedItem: { item: i } });
			}
			return outputs;
		},
	}),
	// Agents of today: the engine runs the tool's node for them, as if it stood in the main line.
	'test.agent': helper('agent', {
		inputs: ['main', { type: 'ai_tool' }],
		properties: [json('toolArguments', '{}')],
		async execute(response?: EngineResponse) {
			const [done] = response?.actionResponses ?? [];
			if (done) {
				const output = done.data.data?.ai_tool?.[0]?.map((item) => item.json);
				return [[{ json: { output } }]];
			}
			const options = { connectionType: 'ai_tool' } as const;
			const nodeName = this.getParentNodes(this.getNode().name, options)[0].name;
			const input = JSON.parse(this.getNodeParameter('toolArguments', 0) as string);
			const action = {
				actionType: 'ExecutionNodeAction' as const,
				type: 'ai_tool' as const,
				nodeName,
				input,
				id: 'call-1',
				metadata: {},
			};
			return { actions: [action], metadata: {} };
		},
	}),
	// Agents of before, and everything else that takes a tool as an object and calls it.
	'test.invokingAgent': helper('invokingAgent', {
		inputs: ['main', { type: 'ai_tool' }],
		properties: [json('toolArguments', '{}')],
		async execute() {
			const [tool] = (await this.getInputConnectionData('ai_tool', 0)) as Tool[];
			const output = await tool.invoke(
				JSON.parse(this.getNodeParameter('toolArguments', 0) as string),
			);
			// A refused call is told in a sentence, by older n8n.
			return [
				[
					{
						json: { output: jsonParse<IDataObject>(output, { fallbackValue: { error: output } }) },
					},
				],
			];
		},
	}),
};

/** The node type n8n generates beside a node with `usableAsTool`. */
function asTool(type: INodeType): INodeType {
	const description = JSON.parse(JSON.stringify(type.description)) as INodeTypeDescription;
	delete description.usableAsTool;
	Object.assign(description, {
		name: `${description.name}Tool`,
		inputs: [],
		outputs: ['ai_tool'],
	});
	description.properties.unshift({
		displayName: 'Description',
		name: 'toolDescription',
		type: 'string',
		default: description.description,
	});
	return Object.create(type, { description: { value: description } }) as INodeType;
}

/**
 * The registry of node types that the engine asks: the given ones, the helpers above, and tools made of nodes.
 *
 * @param types instances by full type name
 */
export function createNodeTypes(types: Record<string, INodeType>) {
	const all: Record<string, INodeType> = { ...helperNodes, ...types };
	const getByName = (name: string): INodeType => {
		const base = all[name.replace(/Tool$/, '')];
		if (!all[name] && base?.description.usableAsTool) all[name] = asTool(base);
		if (!all[name]) throw new Error(`Unknown node type "${name}"`);
		return all[name];
	};
	return {
		getByName,
		getByNameAndVersion: (name: string, version?: number) =>
			NodeHelpers.getVersionedNodeType(getByName(name), version),
		getKnownTypes: () => ({}),
	} satisfies INodeTypes;
}
