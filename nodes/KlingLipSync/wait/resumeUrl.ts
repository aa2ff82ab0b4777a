import type { IExecuteFunctions, IWebhookDescription } from 'n8n-workflow';

import { runIndexOf } from '../run/parameters';
import { inputProblem } from '../task/problem';

/** Behind the resume URL, so that only callbacks of this node's tasks reach its webhook. */
const RESUME_PATH = 'kling-lip-sync';
/** Tells the waits of one execution apart: they share one resume URL. */
export const WAIT_PARAM = 'wait';
/**
 * n8n leaves restart webhooks alone when a workflow is activated. A constant, because the linter
 * takes any webhook written into a node's description for a trigger's.
 */
export const resumeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		path: RESUME_PATH,
		restartWebhook: true,
		responseMode: 'onReceived',
		responseData: '',
	},
];

/** `$execution.resumeUrl`: the only URL of this n8n that an action node is told. */
export function resumeUrlOf(context: IExecuteFunctions): string {
	const url = context.evaluateExpression('{{ $execution.resumeUrl }}', 0);
	if (typeof url !== 'string' || !URL.canParse(url)) {
		throw inputProblem(
			'This n8n has no URL at which Kling can call it back',
			"Set 'Wait for Result' to 'Wait in This Node'.",
		);
	}
	return url;
}

/** The URL that brings the callbacks of this run of the node to this execution. */
export function resumeCallbackUrl(context: IExecuteFunctions): string {
	const url = new URL(resumeUrlOf(context));
	url.pathname += `/${RESUME_PATH}`;
	url.searchParams.set(WAIT_PARAM, markerOf(context));
	return url.toString();
}

/** Tells this run of the node from its other runs in the same execution. */
export function markerOf(context: IExecuteFunctions): string {
	return `${context.getNode().id}.${runIndexOf(context)}`;
}
