import { createHash } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { TaskRecord } from '../task/itemJson';
import { isTool, mostTries } from './agentTool';
import { runIndexOf } from './parameters';

/** How many task ids an error quotes at most. */
const MOST_IDS = 1000;

/** What was sent for one item. No `taskId`: the answer is missing, and a task may exist. */
interface Entry {
	executionId: string;
	fingerprint: string;
	runIndex: number;
	/** How often the node has run for the order, n8n's own repetitions included. */
	tries: number;
	taskId?: string;
	callbackUrl?: string;
}

/** Where the task of one request is remembered. */
export interface Slot {
	key: string;
	fingerprint: string;
}

/** A task that was created for the same request before. */
export interface EarlierTask {
	taskId: string;
	callbackUrl?: string;
	/** A person or an agent asks for it again: it serves only if it is still good. */
	isAskedForAgain: boolean;
}

/** Creates on their way, by the entries of their node. Only calls of a tool can meet here. */
const onTheirWay = new WeakMap<object, Map<string, Promise<Outcome<TaskRecord>>>>();

/**
 * Remembers in the execution's data which item has which task, before and after each create. When
 * n8n runs the node again (Retry On Fail, or a person's retry of the execution), tasks that exist are
 * taken up instead of paid for twice.
 */
export class CreatedTasks {
	private readonly entries: Record<string, Entry>;

	private readonly isTool: boolean;

	private readonly prefix: string;

	private readonly executionId: string;

	private readonly runIndex: number;

	/** How often n8n itself runs the node for one order under run indices that differ. */
	private readonly mostTries: number;

	/** Calls of a tool can overlap, and each must leave the others' tasks alone. */
	private readonly touched = new Set<string>();

	constructor(context: IExecuteFunctions) {
		const store = context.getContext('node') as IDataObject;
		store.klingTasks ??= {};
		this.entries = store.klingTasks as unknown as Record<string, Entry>;
		this.executionId = context.getExecutionId();
		this.isTool = isTool(context);
		this.runIndex = runIndexOf(context);
		this.prefix = this.isTool ? 'tool' : `run ${this.runIndex}`;
		this.mostTries = mostTries(context);
	}

	/**
	 * The place of a request. An agent's call and its repetition can have different run indices, so
	 * there the request itself tells them.
	 *
	 * @param name the item and the step
	 * @param identity what makes the request the same when it is built again
	 */
	slot(name: string, identity: unknown): Slot {
		const text = JSON.stringify(identity);
		const fingerprint = createHash('sha256').update(text).digest('hex').slice(0, 32);
		const key = `${this.prefix}:${this.isTool ? fingerprint : name}`;
		this.touched.add(key);
		return { key, fingerprint };
	}

	/** Equal calls of a tool that come together share what `create` comes to. */
	async share(
		{ key }: Slot,
		create: () => Promise<Outcome<TaskRecord>>,
	): Promise<Outcome<TaskRecord>> {
		const creates = onTheirWay.get(this.entries) ?? new Map<string, never>();
		onTheirWay.set(this.entries, creates);
		const shared = creates.get(key) ?? create().finally(() => creates.delete(key));
		creates.set(key, shared);
		return await shared;
	}

	/**
	 * The task that exists for a request already.
	 *
	 * @throws Problem `unanswered` when an earlier try of this execution got no answer
	 */
	find({ key, fingerprint }: Slot): EarlierTask | undefined {
		const entry = this.entries[key];
		if (!entry) return undefined;
		const isSameExecution = entry.executionId === this.executionId;
		// A person who retries an execution may have changed the workflow: then it is another request.
		if (!isSameExecution && entry.fingerprint !== fingerprint) return undefined;
		const { taskId, callbackUrl } = entry;
		if (taskId) {
			const { executionId, runIndex } = this;
			const isRepetition =
				isSameExecution && (entry.runIndex === runIndex || entry.tries < this.mostTries);
			const tries = isRepetition ? entry.tries + 1 : 1;
			Object.assign(entry, { executionId, runIndex, tries });
			return { taskId, callbackUrl, isAskedForAgain: !isRepetition };
		}
		if (!isSameExecution) return undefined;
		throw new Problem(
			'unanswered',
			'A task may have been created and charged by an earlier try that got no response',
			"The request was not repeated, so that you don't pay twice. Check your account, then run the workflow again.",
		);
	}

	/** To be called before a create is sent. */
	sending({ key, fingerprint }: Slot, callbackUrl?: string): void {
		this.entries[key] = {
			executionId: this.executionId,
			fingerprint,
			runIndex: this.runIndex,
			tries: 1,
			...(callbackUrl && { callbackUrl }),
		};
	}

	/** To be called when the create was answered with a task. */
	created({ key }: Slot, taskId: string): void {
		this.entries[key].taskId = taskId;
	}

	/** To be called when the create was refused, so that it may be tried again. */
	refused({ key }: Slot): void {
		delete this.entries[key];
	}

	/** The tasks that this run of the node has created. */
	taskIds(): string[] {
		return this.own().flatMap((key) => this.entries[key].taskId ?? []);
	}

	/** Forgets this run's tasks, once they are handed on. */
	clear(): void {
		for (const key of this.own()) delete this.entries[key];
	}

	private own(): string[] {
		return Object.keys(this.entries).filter((key) =>
			this.isTool ? this.touched.has(key) : key.startsWith(`${this.prefix}:`),
		);
	}
}

/** The ids of tasks that exist, as an error tells them; empty when there are none. */
export function tellCreated(taskIds: string[]): string {
	if (taskIds.length === 0) return '';
	const more = taskIds.length > MOST_IDS ? ` and ${taskIds.length - MOST_IDS} more` : '';
	return `Tasks already created by this run, which Get Task retrieves: ${taskIds.slice(0, MOST_IDS).join(', ')}${more}.`;
}
