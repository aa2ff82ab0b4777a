import type {
	IDataObject,
	IExecuteData,
	INodeExecutionData,
	IRunData,
	IRunExecutionData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Database } from './database';
import { workflowLib } from './n8n';
import type { N8nProcess } from './process';
import type { Run } from './run';
import type { Job } from './runner';
import type { WorkflowOptions } from './workflows';

export interface StartOptions extends WorkflowOptions {
	input?: Array<Partial<INodeExecutionData>>;
	/** The default is `trigger`. */
	mode?: WorkflowExecuteMode;
	/** Results of nodes that ran earlier. */
	runData?: IRunData;
	executionId?: string | number;
}

/** Whatever names an execution: a run that is waiting or over, or what starting one gave. */
export interface ExecutionRef {
	executionId: string;
}

/** Which process does what. */
export interface Roles {
	/** Edits, starts executions, and watches the time of those that wait. */
	main(): N8nProcess;
	/** Runs an execution: in queue mode a worker, in turn. */
	runner(): N8nProcess;
	/** Those that live. */
	all(): N8nProcess[];
	isQueue: boolean;
}

/** Starts executions and goes on with them, in the server's order of steps. */
export class Executions {
	/** What each execution has come to last, or will come to. */
	private readonly outcomes = new Map<string, Promise<Run>>();

	private readonly canceled = new Set<string>();

	constructor(
		private readonly database: Database,
		private readonly roles: Roles,
	) {}

	/** Lets a new execution run. Rejects when the database has no row for it. */
	async begin(job: Job, data: IRunExecutionData): Promise<void> {
		// Read before the execution is made; neither a worker nor a person's retry sees any of it.
		const seesNone = this.roles.isQueue || job.mode === 'retry';
		const staticData = seesNone ? undefined : this.staticDataOf(job);
		await this.database.create(job, data);
		this.dispatch(job, data, staticData);
	}

	/**
	 * Lets a waiting execution go on.
	 *
	 * @param data what was read of it, whatever the database has meanwhile
	 * @param withStaticData whether the workflow's static data are read for it
	 * @returns false when another has let it go on before
	 */
	async goOn(job: Job, data: IRunExecutionData, withStaticData: boolean): Promise<boolean> {
		if (!(await this.database.claim(job.id, data))) return false;
		this.dispatch(job, data, withStaticData ? this.staticDataOf(job) : undefined);
		return true;
	}

	/** The outcome of an execution, once it does not run any more. */
	async finished(executionId: string): Promise<Run> {
		const outcome = this.outcomes.get(executionId);
		if (!outcome) throw new Error(`There is no execution ${executionId}`);
		return await outcome;
	}

	/** Starts an execution of a workflow. */
	start(options: StartOptions): ExecutionRef & { promise: Promise<Run>; cancel(): void } {
		const { mode = 'trigger', input = [{ json: {} }], runData = {}, pinData } = options;
		const id = String(options.executionId ?? this.database.nextId());
		const { workflows } = this.roles.main();
		const workflowData = workflows.toWorkflowData(options);
		const workflow = workflows.toWorkflow(workflowData);
		const startNode = options.startNode ?? 'Start';
		const previousNode = workflow
			.getParentNodes(startNode, 'main', 1)
			.find((name) => runData[name]);
		const entry: IExecuteData = {
			node: workflow.getNode(startNode)!,
			data: { main: [input as INodeExecutionData[]] },
			source: previousNode ? { main: [{ previousNode }] } : null,
		};
		const data = workflowLib.createRunExecutionData({
			executionData: { nodeExecutionStack: [entry] },
			resultData: { runData, pinData },
		});
		const promise = this.begin({ id, mode, workflowData }, data).then(
			async () => await this.finished(id),
		);
		return { executionId: id, promise, cancel: () => this.cancel(id) };
	}

	/** A person's retry of a failed execution: a new one with the old one's data, with `options` on a changed workflow. */
	async retry({ executionId }: ExecutionRef, options?: WorkflowOptions): Promise<Run> {
		const failed = (await this.database.load(executionId))!;
		const { data } = failed;
		const { lastNodeExecuted, runData } = data.resultData;
		delete data.resultData.error;
		if (lastNodeExecuted && runData[lastNodeExecuted]?.at(-1)?.error)
			runData[lastNodeExecuted].pop();
		const { workflows } = this.roles.main();
		const workflowData = options ? workflows.toWorkflowData(options) : failed.workflowData;
		const workflow = workflows.toWorkflow(workflowData);
		for (const entry of data.executionData!.nodeExecutionStack)
			entry.node = workflow.getNode(entry.node.name)!;
		const id = this.database.nextId();
		await this.begin({ id, mode: 'retry', workflowData }, data);
		return await this.finished(id);
	}

	private cancel(id: string): void {
		this.canceled.add(id);
		for (const { runner } of this.roles.all()) runner.cancel(id);
	}

	private staticDataOf({ workflowData }: Job): IDataObject | undefined {
		return this.database.staticData[workflowData.id];
	}

	private dispatch(job: Job, data: IRunExecutionData, staticData?: IDataObject): void {
		const { runner } = this.roles.runner();
		const run = async () => {
			// A worker knows no more than the id, and reads the rest.
			const read = this.roles.isQueue ? (await this.database.load(job.id))!.data : data;
			const outcome = runner.execute(job, read, staticData);
			if (this.canceled.has(job.id)) runner.cancel(job.id);
			return await outcome;
		};
		this.outcomes.set(job.id, run());
	}
}
