import type { IExecuteFunctions } from 'n8n-workflow';

import { attempt, Problem } from '../task/problem';

/** The node's options for one item. */
export function optionsOf(context: IExecuteFunctions, itemIndex: number): Record<string, unknown> {
	return context.getNodeParameter('options', itemIndex, {}) as Record<string, unknown>;
}

/** A text parameter without blanks around it; empty when it is missing. */
export function textOf(context: IExecuteFunctions, name: string, itemIndex: number): string {
	return String(context.getNodeParameter(name, itemIndex, '') ?? '').trim();
}

/** A parameter that holds a link: empty when it is anything but a text. */
export function linkOf(context: IExecuteFunctions, name: string, itemIndex: number): string {
	const value = context.getNodeParameter(name, itemIndex, '');
	return typeof value === 'string' ? value.trim() : '';
}

/** The options that hold for the run as a whole: those of the first item whose can be worked out. */
export function runOptionsOf(context: IExecuteFunctions): Record<string, unknown> {
	for (const index of context.getInputData().keys()) {
		const options = attempt(() => optionsOf(context, index));
		if (!(options instanceof Problem)) return options;
	}
	return {};
}

/** How often this node has run before in this execution; a retry is the same run. */
export function runIndexOf(context: IExecuteFunctions): number {
	return context.getWorkflowDataProxy(0).$runIndex as number;
}
