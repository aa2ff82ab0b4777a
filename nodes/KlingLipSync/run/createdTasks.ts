import { createHash } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { Problem } from '../task/problem';
import { isTool } from './agentTool';
import { runIndexOf } from './parameters';

/** What was sent for one item. No `taskId`: the answer is missing, and a task may exist. */
interface Entry {
	executionId: string;
	fingerprint: string;
	taskId?: string;
	callbackUrl?: string;
}

/**
 * Remembers in the execution's data which item has which task, before and after each create. When
 * n8n runs the node again (Retry On Fail, or a person's retry of the execution), tasks that exist are
 * taken up instead of paid for twice.
 */
export class CreatedTasks {
	private readonly entries: Record<string, Entry>;

	private readonly prefix: string;

	private readonly executionId: string;

	/** Calls of a tool can overlap, and each must leave the others' tasks alone. */
	private readonly touched = new Set<string>();

	constructor(context: IExecuteFunctions) {
		const store = context.getContext('node') as IDataObject;
		store.klingTasks ??= {};
		this.entries = store.klingTasks as unknown as Record<string, Entry>;
		this.executionId = context.getExecutionId();
		// An agent's call and its retry have different run indices, so the request itself tells them.
		this.prefix = isTool(context) ? 'tool' : `run ${runIndexOf(context)}`;
	}

	/**
	 * The task that an earlier try created for this request.
	 *
	 * @throws Problem `unanswered` when an earlier try of this execution got no answer
	 */
	find(slot: string, identity: unknown): { taskId: string; callbackUrl?: string } | undefined {
		const fingerprint = digest(identity);
		const entry = this.entries[this.key(slot, fingerprint)];
		if (!entry) return undefined;
		const sameExecution = entry.executionId === this.executionId;
		// A person who retries an execution may have changed the workflow: then it is another request.
		if (!sameExecution && entry.fingerprint !== fingerprint) return undefined;
		if (entry.taskId) return { taskId: entry.taskId, callbackUrl: entry.callbackUrl };
		if (!sameExecution) return undefined;
		throw new Problem(
			'unanswered',
			'A task may have been created and charged by an earlier try, whose answer never came',
			"The request was not repeated, so that nothing is paid twice. Look into your account's task list, then run the workflow again.",
		);
	}

	/** To be called before a create is sent. */
	sending(slot: string, identity: unknown, callbackUrl?: string): void {
		const fingerprint = digest(identity);
		this.entries[this.key(slot, fingerprint)] = {
			executionId: this.executionId,
			fingerprint,
			...(callbackUrl && { callbackUrl }),
		};
	}

	/** To be called when the create was answered with a task. */
	created(slot: string, identity: unknown, taskId: string): void {
		this.entries[this.key(slot, digest(identity))].taskId = taskId;
	}

	/** To be called when the create was refused, so that it may be tried again. */
	refused(slot: string, identity: unknown): void {
		delete this.entries[this.key(slot, digest(identity))];
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
			this.prefix === 'tool' ? this.touched.has(key) : key.startsWith(`${this.prefix}:`),
		);
	}

	private key(slot: string, fingerprint: string): string {
		const key = `${this.prefix}:${this.prefix === 'tool' ? fingerprint : slot}`;
		this.touched.add(key);
		return key;
	}
}

function digest(identity: unknown): string {
	return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}
