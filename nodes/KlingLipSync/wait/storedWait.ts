import type { IBinaryKeyData, INodeExecutionData, IWebhookFunctions } from 'n8n-workflow';

import type { PausedRun } from './pausedRuns';

/** Under which a paused run is kept in the execution's data, as JSON. */
export const PAUSED_RUN_KEY = 'klingPausedRun';

/**
 * For what the execution waits by the data that n8n has read for this call. The context of the node
 * is out of a webhook's reach, but not out of an expression's.
 */
export function storedWait(context: IWebhookFunctions): PausedRun | undefined {
	const name = JSON.stringify(context.getNode().name).replace(/[{}]/g, (brace) =>
		brace === '{' ? '\\u007b' : '\\u007d',
	);
	const wait = context.evaluateExpression(`{{ $node[${name}].context["${PAUSED_RUN_KEY}"] }}`, 0);
	return typeof wait === 'string' ? (JSON.parse(wait) as PausedRun) : undefined;
}

/** The files of the input items, which n8n keeps while the execution waits. */
export function storedFiles(context: IWebhookFunctions): Array<IBinaryKeyData | undefined> {
	const items = context.evaluateExpression('{{ $input.all() }}', 0) as unknown;
	return Array.isArray(items) ? (items as INodeExecutionData[]).map(({ binary }) => binary) : [];
}
