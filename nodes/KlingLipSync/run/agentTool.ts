import type { IExecuteFunctions, INode } from 'n8n-workflow';

/**
 * Whether the node works for an AI agent, which waits for the answer in its own turn and can't be
 * suspended. Older n8n can only be told by the type of the node.
 */
export function isTool(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() === true || isToolNode(context.getNode());
}

/** Whether n8n made the node's type out of the one that workflows use. */
export function isToolNode(node: INode): boolean {
	return node.type.endsWith('Tool');
}

/**
 * What an agent is told of an error: n8n gives it one of the two texts, older n8n the second; what to
 * do is what it needs most.
 */
export function textForAgent(message: string, description: string): string {
	return [message, description].filter(Boolean).join('. ');
}

/**
 * How often n8n runs the node for one call of an agent that has its tools as objects: by Retry On
 * Fail, within n8n's own bounds, and only for what is thrown. Each time has a run index of its own.
 */
export function mostTries(context: IExecuteFunctions): number {
	const { retryOnFail, maxTries } = context.getNode();
	if (!isTool(context) || retryOnFail !== true || context.continueOnFail()) return 1;
	return Math.min(5, Math.max(2, maxTries ?? 3));
}
