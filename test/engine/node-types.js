'use strict';

const { NodeHelpers } = require('n8n-workflow');

/** A node type with nothing but what the engine needs. */
const helper = (name, { inputs = ['main'], outputs = ['main'], properties = [], execute }) => ({
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

const passThrough = async function () {
	return [this.getInputData()];
};

const json = (name, initial) => ({ displayName: name, name, type: 'json', default: initial });

/** Node types every workflow can use besides the ones under test. */
const helperNodes = {
	'test.noOp': helper('noOp', { execute: passThrough }),
	'test.collect': helper('collect', { execute: passThrough }),
	'test.merge': helper('merge', {
		inputs: ['main', 'main'],
		execute: async function () {
			return [[...this.getInputData(0), ...this.getInputData(1)]];
		},
	}),
	'test.items': helper('items', {
		properties: [json('items', '[]')],
		execute: async function () {
			const value = this.getNodeParameter('items', 0);
			const items = typeof value === 'string' ? JSON.parse(value) : value;
			return [items.map((item) => ({ pairedItem: { item: 0 }, ...(item.json ? item : { json: item }) }))];
		},
	}),
	'test.switch': helper('switch', {
		outputs: ['main', 'main', 'main', 'main'],
		properties: [{ displayName: 'output', name: 'output', type: 'number', default: 0 }],
		execute: async function () {
			const outputs = [[], [], [], []];
			this.getInputData().forEach((item, i) =>
				outputs[this.getNodeParameter('output', i)].push({ ...item, pairedItem: { item: i } }),
			);
			return outputs;
		},
	}),
	// Agents of today: the engine runs the tool's node for them, as if it stood in the main line.
	'test.agent': helper('agent', {
		inputs: ['main', { type: 'ai_tool' }],
		properties: [json('toolArguments', '{}')],
		execute: async function (response) {
			const [done] = response?.actionResponses ?? [];
			if (done) return [[{ json: { output: done.data.data?.ai_tool?.[0]?.map((item) => item.json) } }]];
			const nodeName = this.getParentNodes(this.getNode().name, { connectionType: 'ai_tool' })[0].name;
			const input = JSON.parse(this.getNodeParameter('toolArguments', 0));
			const action = {
				actionType: 'ExecutionNodeAction',
				type: 'ai_tool',
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
		execute: async function () {
			const [tool] = await this.getInputConnectionData('ai_tool', 0);
			const output = await tool.invoke(JSON.parse(this.getNodeParameter('toolArguments', 0)));
			return [[{ json: { output: JSON.parse(output) } }]];
		},
	}),
};

/** The node type n8n generates beside a node with `usableAsTool`. */
function asTool(type) {
	const { usableAsTool, ...description } = JSON.parse(JSON.stringify(type.description));
	Object.assign(description, { name: `${description.name}Tool`, inputs: [], outputs: ['ai_tool'] });
	const toolDescription = {
		displayName: 'Description',
		name: 'toolDescription',
		type: 'string',
		default: description.description,
	};
	description.properties.unshift(toolDescription);
	return Object.create(type, { description: { value: description } });
}

/**
 * The registry of node types that the engine asks: the given ones, the helpers above, and tools made of nodes.
 *
 * @param {Record<string, object>} types instances by full type name
 */
function createNodeTypes(types) {
	const all = { ...helperNodes, ...types };
	const getType = (name) => {
		const base = all[name.replace(/Tool$/, '')];
		if (!all[name] && base?.description.usableAsTool) all[name] = asTool(base);
		if (!all[name]) throw new Error(`Unknown node type "${name}"`);
		return all[name];
	};
	return {
		getByName: getType,
		getByNameAndVersion: (name, version) => NodeHelpers.getVersionedNodeType(getType(name), version),
		getKnownTypes: () => ({}),
	};
}

module.exports = { createNodeTypes, helper };
