import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { clock } from '../clock';
import { stopIfCancelled } from '../run/cancellation';
import type { Run } from '../run/run';
import { PAUSE_TIMING } from './pauseTiming';

/** Under which the last pause is kept in the execution's data. */
const LAST_PAUSE_KEY = 'klingLastPause';

interface LastPause {
	/** ms since the epoch. */
	until: number;
	/** Whether whatever was read before the execution went on is out of date for certain. */
	isSettled?: boolean;
}

/** Remembers a pause, for the nodes behind it. */
export function notePause(context: IExecuteFunctions, until: number): void {
	const pause: LastPause = { until };
	(context.getContext('flow') as IDataObject)[LAST_PAUSE_KEY] = pause;
}

/**
 * To be called when a run that creates tasks begins. Who still holds a copy of the execution from
 * before it went on can write it back as soon as the execution waits again, whoever makes it wait:
 * then everything behind the pause would run anew, and pay anew. So the run ends only when no such
 * copy is used any more.
 *
 * @returns waits for that; to be called before the run ends
 */
export function settlePreviousPause(run: Run): () => Promise<void> {
	const began = clock.now();
	return async () => {
		const pause = lastPause(run.context);
		if (!pause || pause.isSettled) return;
		pause.isSettled = true;
		await clock.sleep(began + PAUSE_TIMING.settle - clock.now(), run.signal);
		stopIfCancelled(run);
	};
}

/**
 * Whether n8n may have set its timer for an earlier wait of the execution. It never takes one back, so
 * it would end the next wait, too.
 */
export function isTimerSet(context: IExecuteFunctions): boolean {
	const pause = lastPause(context);
	if (!pause) return false;
	const left = pause.until - clock.now();
	return left < PAUSE_TIMING.timerLead && left > -PAUSE_TIMING.timerMargin;
}

function lastPause(context: IExecuteFunctions): LastPause | undefined {
	return (context.getContext('flow') as IDataObject)[LAST_PAUSE_KEY] as LastPause | undefined;
}
