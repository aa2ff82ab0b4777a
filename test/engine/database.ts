/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setImmediate as roundTrip } from 'node:timers/promises';
import type {
	ExecutionStatus,
	IDataObject,
	IRunExecutionData,
	IWorkflowBase,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { copy, workflowLib } from './n8n';

/** An execution as the server's database has it. */
export interface ExecutionRow {
	id: string;
	mode: WorkflowExecuteMode;
	workflowData: IWorkflowBase;
	status: ExecutionStatus;
	finished?: boolean;
	waitTill?: Date | null;
	/** As JSON. */
	data: string;
}

/** What was read of an execution at one moment, which a process works on from then on. */
export type Snapshot = Omit<ExecutionRow, 'data'> & { data: IRunExecutionData };

/** What the database can be told to refuse: the row of a new execution, or turning "waiting" into "running". */
export type Refusal = 'start' | 'resume';

/** A webhook that is registered, as the server's table has it. */
export interface RegisteredWebhook {
	workflowData: IWorkflowBase;
	node: string;
}

type Outcome = Pick<ExecutionRow, 'status' | 'finished' | 'waitTill'> & { data: IRunExecutionData };

const serialized = (data: IRunExecutionData) =>
	workflowLib.jsonStringify(data, { replaceCircularRefs: true });

/**
 * The database that all processes of an n8n share. What a process reads is a copy; each access takes a turn, in which
 * others come in between.
 */
export class Database {
	/** By workflow id: `{ global: {}, 'node:Name': {} }`. */
	staticData: Record<string, IDataObject> = {};

	/** By method and path. */
	readonly webhooks = new Map<string, RegisteredWebhook>();

	/** What is refused until it is allowed again. */
	readonly refused = new Set<Refusal>();

	private readonly rows = new Map<string, ExecutionRow>();

	private lastId = 0;

	/** An id that no execution has. */
	nextId(): string {
		do this.lastId++;
		while (this.rows.has(String(this.lastId)));
		return String(this.lastId);
	}

	/** The rows, for who looks at the database from outside. */
	all(): ExecutionRow[] {
		return [...this.rows.values()];
	}

	/** Stores a new execution, which is about to run. */
	async create(row: Omit<ExecutionRow, 'data' | 'status'>, data: IRunExecutionData): Promise<void> {
		await this.access('start');
		this.rows.set(row.id, {
			...row,
			workflowData: copy(row.workflowData),
			status: 'running',
			data: serialized(data),
		});
	}

	/** What the database has of an execution now. */
	async load(id: string): Promise<Snapshot | undefined> {
		await this.access();
		const row = this.rows.get(id);
		if (!row) return undefined;
		const data = JSON.parse(row.data) as IRunExecutionData;
		return { ...row, workflowData: copy(row.workflowData), data };
	}

	/**
	 * Turns "waiting" into "running", and writes the data of whoever does: nothing but the status is compared.
	 *
	 * @returns false when it was not waiting any more
	 */
	async claim(id: string, data: IRunExecutionData): Promise<boolean> {
		await this.access('resume');
		const row = this.rows.get(id);
		if (row?.status !== 'waiting') return false;
		Object.assign(row, { status: 'running', waitTill: null, data: serialized(data) });
		return true;
	}

	/** Writes what an execution has come to; what was canceled or has crashed meanwhile stays so. */
	async save(id: string, { status, finished, waitTill, data }: Outcome): Promise<void> {
		await this.access();
		const row = this.rows.get(id);
		if (!row || row.status === 'canceled' || row.status === 'crashed') return;
		Object.assign(row, { status, finished, waitTill, data: serialized(data) });
	}

	/** Writes the status alone. */
	mark(id: string, status: ExecutionStatus): void {
		const row = this.rows.get(id);
		if (row) Object.assign(row, { status, waitTill: null });
	}

	private async access(what?: Refusal): Promise<void> {
		await roundTrip();
		if (what && this.refused.has(what)) throw new Error(`The database refuses to ${what}`);
	}
}
