import type { Access } from '../api';
import { Gathering } from './gather';
import type { Wait } from './suspend';

/** How long a wait is remembered after its end, in ms. */
const KEEP = 60_000;

/** A suspended run of the node, as this process knows it. */
export interface Suspended {
	wait: Wait;
	gathering: Gathering;
	/** The tasks whose callbacks have been accepted. */
	accepted: Set<string>;
	/** Counts the callbacks that could let the execution go on; the latest of them does. */
	turn: number;
	/** Until then, by the clock, the execution is about to go on. */
	resumingUntil: number;
	/** Whether the run was suspended in this process, which then knows for what it waits last. */
	isOwn: boolean;
	/** What the run asked the API with; reading the credential takes n8n longer than all the rest. */
	access?: Access;
}

/** The waits that this process has heard of. Losing them costs time and queries, nothing else. */
export const suspended = new Map<string, Suspended>();

/** Under which a wait is found. */
export function keyOf(executionId: string, marker: string): string {
	return `${executionId} ${marker}`;
}

/**
 * Remembers for what an execution waits.
 *
 * @param access given by the run that is being suspended, not by one that is found again
 */
export function remember(executionId: string, wait: Wait, access?: Access): Suspended {
	for (const [key, known] of suspended) {
		const isOver = known.wait.until + KEEP < Date.now();
		// An execution waits for one thing at a time.
		if (isOver || key.startsWith(keyOf(executionId, ''))) suspended.delete(key);
	}
	const tasks = wait.entries.flatMap((entry) => ('task' in entry ? [entry.task] : []));
	const entry: Suspended = {
		wait,
		gathering: new Gathering(tasks),
		accepted: new Set(),
		turn: 0,
		resumingUntil: 0,
		isOwn: access !== undefined,
		access,
	};
	suspended.set(keyOf(executionId, wait.marker), entry);
	return entry;
}
