import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { RESUMED } from '../api/postSelfCall';
import { clock } from '../clock';
import { failedItem, item } from '../run/outputItems';
import type { ItemJsons } from './pausedItems';
import type { KnownRun, PausedRun } from './pausedRuns';
import { isGoingOn, isOver, keyOf, pausedRuns } from './pausedRuns';
import { PAUSE_TIMING } from './pauseTiming';
import { storedFiles, storedWait } from './storedWait';

/**
 * Returns items, so that n8n goes on with the execution, unless it goes on already, or is not to go
 * on from what n8n has read.
 */
export function resumeExecution(
	context: IWebhookFunctions,
	known: KnownRun,
	jsons: ItemJsons,
	isOwnCall: boolean,
): IWebhookResponseData | 'hungUp' | 'over' | 'goingOn' | 'outdated' {
	const response = context.getResponseObject();
	// n8n's answer would not be heard, and whoever has hung up calls again.
	if (response.destroyed) return 'hungUp';
	if (isOver(known) || isTimeUp(known.paused)) return 'over';
	if (isGoingOn(known)) return 'goingOn';
	const stored = storedWait(context);
	if (stored?.marker !== known.paused.marker) return 'over';
	if (stored.secret !== known.paused.secret) {
		pausedRuns.delete(keyOf(context.getExecutionId(), stored.marker));
		return 'outdated';
	}
	Object.assign(known, { goingOn: response, isOwnCall });
	const node = context.getNode();
	const files = stored.keepsFiles ? storedFiles(context) : [];
	return {
		workflowData: [
			jsons.map((json, index) =>
				'error' in json
					? failedItem(node, json, index)
					: { ...item(json, index), ...(files[index] && { binary: files[index] }) },
			),
		],
		webhookResponse: { message: RESUMED },
	};
}

/** Whether n8n's own timer goes on with the execution, or is about to. */
export function isTimeUp({ until }: PausedRun): boolean {
	return clock.now() >= until - PAUSE_TIMING.timerMargin;
}
