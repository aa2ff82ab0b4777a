import type { IExecuteFunctions } from 'n8n-workflow';

/** The node's options for one item. */
export function optionsOf(context: IExecuteFunctions, itemIndex: number): Record<string, unknown> {
	return context.getNodeParameter('options', itemIndex, {}) as Record<string, unknown>;
}

/**
 * Whether the node works for an AI agent, which waits for the answer in its own turn and can't be
 * suspended. Older n8n can only be told by the type of the node.
 */
export function isTool(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}

/** How often this node has run before in this execution; a retry is the same run. */
export function runIndexOf(context: IExecuteFunctions): number {
	return context.getWorkflowDataProxy(0).$runIndex as number;
}
