import type { IWebhookFunctions } from 'n8n-workflow';

import type { Access } from '../api/credential';
import { clock } from '../clock';
import type { Task } from '../task/task';
import type { Order } from '../task/itemJson';
import { FinishedTasks } from './confirmFinished';

/** What the callbacks need to know of a paused run; kept in the execution's data. */
export interface PausedRun {
	marker: string;
	/** ms since the epoch. */
	until: number;
	/** One for each input item: a task to wait for, or an item that is ready. */
	entries: Array<
		{ task: Task; order?: Order; includeRaw: boolean } | { json: Record<string, unknown> }
	>;
	/** When the tasks were created, ms since the epoch. Like the next two not known of older pauses. */
	pausedAt?: number;
	/** Where callbacks come to, and where n8n can be asked for a fresh look. */
	url?: string;
	/** Known to whoever can read the execution's data: the processes of this n8n. */
	secret?: string;
	/** Whether the files of the input items go on with the items. */
	keepsFiles?: boolean;
}

/** How long a wait is remembered after its end, in ms. */
const KEEP = 60_000;

/** A paused run of the node, as this process knows it. */
export interface KnownRun {
	paused: PausedRun;
	finished: FinishedTasks;
	/** The tasks whose callbacks have come to this process and were confirmed. */
	heard: Set<string>;
	/** Counts the callbacks that found all tasks finished; the latest of them acts. */
	turn: number;
	/** Whether the run was paused in this process, which then is the only one that takes callbacks. */
	isOwn: boolean;
	/** What the run asked the API with; reading the credential takes n8n longer than all the rest. */
	access?: Access;
	/** The answer to the handler that has returned items last: n8n writes there how it went. */
	goingOn?: ReturnType<IWebhookFunctions['getResponseObject']>;
	/** See `isOver`. */
	isOver: boolean;
	/** Whether that was n8n's call to itself, whose caller does not come again. */
	isOwnCall: boolean;
	/** How often n8n has not answered its own call to go on. */
	unanswered: number;
	/** Whether n8n can't call itself, so that only the vendor's next call brings a fresh look. */
	isOutOfReach: boolean;
	/** By the clock. */
	forgetAt: number;
}

/** When the first callback for a wait of an earlier process came, by the clock. */
export const firstFound: { at?: number } = {};

/** The waits that this process has heard of. Losing them costs time and queries, nothing else. */
export const pausedRuns = new Map<string, KnownRun>();

/** Under which a wait is found. */
export function keyOf(executionId: string, marker: string): string {
	return `${executionId} ${marker}`;
}

/**
 * Remembers for what an execution waits.
 *
 * @param access given by the run that is being paused, not by one that is found again
 */
export function remember(executionId: string, paused: PausedRun, access?: Access): KnownRun {
	for (const [key, known] of pausedRuns) {
		if (known.forgetAt < clock.now()) pausedRuns.delete(key);
		// An execution waits for one thing at a time. What is found again may be the older one.
		else if (access && key.startsWith(keyOf(executionId, ''))) markOver(known);
	}
	if (!access) firstFound.at ??= clock.now();
	const tasks = paused.entries.flatMap((entry) => ('task' in entry ? [entry.task] : []));
	const entry: KnownRun = {
		paused,
		finished: new FinishedTasks(tasks, paused.pausedAt),
		heard: new Set(),
		turn: 0,
		isOwn: access !== undefined,
		access,
		isOver: false,
		isOwnCall: false,
		unanswered: 0,
		isOutOfReach: false,
		forgetAt: paused.until + KEEP,
	};
	pausedRuns.set(keyOf(executionId, paused.marker), entry);
	return entry;
}

/** Notes that the execution has gone on from a wait; callbacks that are late are still told so. */
export function markOver(known: KnownRun): void {
	if (known.isOver) return;
	known.isOver = true;
	known.access = undefined;
	known.forgetAt = clock.now() + KEEP;
}

/** Whether the execution is known to wait for this no longer. */
export function isOver(known: KnownRun): boolean {
	const { goingOn } = known;
	if (goingOn?.writableEnded && goingOn.statusCode < 400) markOver(known);
	return known.isOver;
}

/** Whether n8n has been given the items, and has not said yet how it went. */
export function isGoingOn({ goingOn }: KnownRun): boolean {
	return goingOn?.writableEnded === false;
}
