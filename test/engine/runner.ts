import type {
	IDataObject,
	IRun,
	IRunExecutionData,
	IWorkflowBase,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Host } from './host';
import { copy, core, workflowLib } from './n8n';
import { Run } from './run';
import type { Workflows } from './workflows';

/** An execution that is to run: what of it is in the database. */
export interface Job {
	id: string;
	mode: WorkflowExecuteMode;
	workflowData: IWorkflowBase;
}

type Outcome = Pick<IRun, 'data' | 'status' | 'waitTill' | 'finished'>;

/** Runs executions inside a process. */
export function createRunner(host: Host, { toWorkflow }: Workflows) {
	const { database } = host;
	const running = new Map<string, { cancel(): void; crash(): void }>();

	/**
	 * Runs (or goes on with) an execution that the database has as running. What it leaves behind is saved by a hook,
	 * where the server does it.
	 *
	 * @param data the process's own, which may be older than what the database has
	 */
	async function execute(
		{ id, mode, workflowData }: Job,
		data: IRunExecutionData,
		staticData?: IDataObject,
	): Promise<Run> {
		const hooks = new core.ExecutionLifecycleHooks(mode, id, workflowData);
		hooks.addHandler('workflowExecuteAfter', async (raw, changed) => {
			if (raw.status === 'success' && raw.data.resultData.error) raw.status = 'error';
			if (!host.isAlive()) return;
			if (mode !== 'manual' && changed) database.staticData[workflowData.id] = copy(changed);
			await database.save(id, raw);
		});
		const additionalData = host.additionalData({
			executionId: id,
			workflowId: workflowData.id,
			workflowSettings: workflowData.settings,
			hooks,
		});
		try {
			const execution = new core.WorkflowExecute(
				additionalData,
				mode,
				data,
			).processRunExecutionData(toWorkflow(workflowData, staticData));
			const crashed = new Promise<Outcome>((resolve) =>
				running.set(id, {
					cancel() {
						database.mark(id, 'canceled');
						execution.cancel();
					},
					crash() {
						resolve({ status: 'crashed', data });
						execution.cancel();
					},
				}),
			);
			const raw: Outcome = await Promise.race([execution, crashed]);
			// What a node made of its cancellation is not saved any more: for the user the execution is canceled.
			const isCanceled = execution.isCanceled && raw.status !== 'crashed';
			return new Run(isCanceled ? { ...raw, status: 'canceled', finished: false } : raw, id);
		} catch (error) {
			const failed: Outcome = {
				status: 'error',
				data: workflowLib.createRunExecutionData({
					resultData: { error: error as never, runData: {} },
				}),
			};
			await database.save(id, failed);
			return new Run(failed, id);
		} finally {
			running.delete(id);
		}
	}

	return {
		execute,

		/** Whether an execution runs here. */
		has: (id: string) => running.has(id),

		/** Cancels an execution, if it runs here. */
		cancel: (id: string) => running.get(id)?.cancel(),

		/** Ends all that runs here without leaving a trace in the database. */
		crash() {
			for (const { crash } of running.values()) crash();
		},
	};
}

export type Runner = ReturnType<typeof createRunner>;
