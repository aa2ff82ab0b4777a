import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether the node works for an AI agent, which waits for the answer in its own turn and can't be
 * suspended. Older n8n can only be told by the type of the node.
 */
export function isTool(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}
