import type {
	ExecutionStatus,
	IDataObject,
	IExecuteData,
	INodeExecutionData,
	IRun,
	IRunData,
	IRunExecutionData,
	IWorkflowBase,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Host } from './host';
import { copy, core, workflowLib } from './n8n';
import { Run } from './run';
import type { WorkflowOptions, Workflows } from './workflows';

/** A row of the server's table of executions, and the execution's promise while it runs here. */
export interface ExecutionRecord {
	id: string;
	mode: WorkflowExecuteMode;
	workflowData: IWorkflowBase;
	status?: ExecutionStatus;
	finished?: boolean;
	/** The execution's data, as JSON. */
	data: string;
	promise?: Promise<Run>;
}

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

type Outcome = Pick<IRun, 'data' | 'status' | 'waitTill' | 'finished'>;

/** Starts executions and goes on with them. */
export function createExecutions(host: Host, { toWorkflow, toWorkflowData }: Workflows) {
	const { state } = host;
	const executions = new Map<string, ExecutionRecord>();

	/** Runs (or goes on with) an execution; what it leaves behind is saved by a hook, where the server does it. */
	function launch(
		record: ExecutionRecord,
		runExecutionData: IRunExecutionData,
		staticData?: IDataObject,
	) {
		const { id, mode, workflowData } = record;
		const save = (raw: Pick<Outcome, 'data' | 'status' | 'finished'>) =>
			Object.assign(record, {
				status: raw.status,
				finished: raw.finished,
				data: workflowLib.jsonStringify(raw.data, { replaceCircularRefs: true }),
			});
		save({ status: 'running', data: runExecutionData });

		const hooks = new core.ExecutionLifecycleHooks(mode, id, workflowData);
		hooks.addHandler('workflowExecuteAfter', async (raw, changed) => {
			if (raw.status === 'success' && raw.data.resultData.error) raw.status = 'error';
			if (mode !== 'manual' && changed) state.staticData[workflowData.id] = copy(changed);
			save(raw);
		});
		const additionalData = host.additionalData({
			executionId: id,
			workflowId: workflowData.id,
			workflowSettings: workflowData.settings,
			hooks,
		});
		let cancel = () => {};
		let isCanceled = () => false;
		let ended: Promise<Outcome>;
		try {
			const execution = new core.WorkflowExecute(
				additionalData,
				mode,
				runExecutionData,
			).processRunExecutionData(toWorkflow(workflowData, staticData));
			cancel = () => execution.cancel();
			isCanceled = () => execution.isCanceled;
			ended = execution;
		} catch (error) {
			const data = workflowLib.createRunExecutionData({
				resultData: { error: error as never, runData: {} },
			});
			const failed: Outcome = { status: 'error', data };
			save(failed);
			ended = Promise.resolve(failed);
		}
		// What a node made of its cancellation is not saved any more: for the user the execution is canceled.
		record.promise = ended.then(
			(raw) =>
				new Run(isCanceled() ? { ...raw, status: 'canceled' as const, finished: false } : raw, id),
		);
		return { executionId: id, promise: record.promise, cancel };
	}

	/** The row of an execution, which has to be there. */
	const rowOf = ({ executionId }: ExecutionRef): ExecutionRecord => {
		const record = executions.get(executionId);
		if (!record) throw new Error(`There is no execution ${executionId}`);
		return record;
	};

	/** Starts an execution. */
	const start = (options: StartOptions) => {
		const { mode = 'trigger', input = [{ json: {} }], runData = {}, pinData } = options;
		const executionId = String(options.executionId ?? executions.size + 1);
		const workflowData = toWorkflowData(options);
		const workflow = toWorkflow(workflowData);
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
		const record: ExecutionRecord = { id: executionId, mode, workflowData, data: '' };
		executions.set(executionId, record);
		return launch(record, data, state.staticData[workflowData.id]);
	};

	/** A person's retry of a failed execution: a new one with the old one's data, with `options` on a changed workflow. */
	const retry = async (run: ExecutionRef, options?: WorkflowOptions): Promise<Run> => {
		const record = rowOf(run);
		const data = JSON.parse(record.data) as IRunExecutionData;
		const { lastNodeExecuted, runData } = data.resultData;
		delete data.resultData.error;
		if (lastNodeExecuted && runData[lastNodeExecuted]?.at(-1)?.error)
			runData[lastNodeExecuted].pop();
		const workflowData = options ? toWorkflowData(options) : record.workflowData;
		const workflow = toWorkflow(workflowData);
		for (const entry of data.executionData!.nodeExecutionStack)
			entry.node = workflow.getNode(entry.node.name)!;
		const id = String(executions.size + 1);
		const retried: ExecutionRecord = { id, mode: 'retry', workflowData, data: '' };
		executions.set(id, retried);
		return await launch(retried, data, state.staticData[workflowData.id]).promise;
	};

	/** What happens when the time a node wanted to wait is over. */
	const resumeByTimeout = async (run: ExecutionRef): Promise<Run> => {
		const record = rowOf(run);
		if (record.status !== 'waiting')
			throw new Error(`Execution ${record.id} is not waiting but ${record.status}`);
		// The tracker goes on with the snapshot as it is: without the workflow's static data.
		return await launch(record, JSON.parse(record.data) as IRunExecutionData).promise;
	};

	return {
		executions,
		launch,
		rowOf,
		start,
		retry,
		resumeByTimeout,

		/** Like `start`, but waits until the execution has finished or is waiting. */
		run: async (options: StartOptions): Promise<Run> => await start(options).promise,

		/** The outcome of an execution that something else resumed or started. */
		finished: async (executionId: string): Promise<Run> => await rowOf({ executionId }).promise!,
	};
}

export type Executions = ReturnType<typeof createExecutions>;
