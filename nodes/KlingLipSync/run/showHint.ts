import type { IExecuteFunctions } from 'n8n-workflow';

/** Shows a message above the node's output. Older n8n has no place for it. */
export function showHint(context: IExecuteFunctions, message: string): void {
	context.addExecutionHints?.({ message, location: 'outputPane' });
}
