import type { Response } from 'express';
import type { ExecutionRef, Executions } from './executions';
import type { Host } from './host';
import { isolated } from './host';
import type { N8nRequest } from './httpServer';
import { core } from './n8n';
import type { Run } from './run';
import type { Effect, Webhooks } from './webhooks';
import { HttpError } from './webhooks';
import type { Workflows } from './workflows';

/** The server's waiting webhooks, and its tracker of the time of those that wait. */
export function createWaiting(
	host: Host,
	{ toWorkflow }: Workflows,
	executions: Executions,
	{ nodeWebhooks, executeWebhook }: Webhooks,
) {
	const { database } = host;

	/** A call to a waiting execution's URL; `path` is its id and what follows. */
	async function call(path: string, req: N8nRequest, res: Response, effect: Effect): Promise<void> {
		const [executionId, suffix = ''] = path.split('/');
		effect.resumed = false;
		const execution = await database.load(executionId);
		if (execution && execution.data.resumeToken !== req.query.signature) {
			res.status(401).json({ error: 'Invalid token' });
			return;
		}
		if (!execution) throw new HttpError(404, `The execution "${executionId}" does not exist.`);
		const { data, mode, workflowData } = execution;
		if (execution.status === 'running')
			throw new HttpError(409, `The execution "${executionId}" is running already.`);
		if (data.resultData.error)
			throw new HttpError(409, `The execution "${executionId}" has finished with error.`);
		if (execution.finished)
			throw new HttpError(409, `The execution "${executionId} has finished already.`);

		const { lastNodeExecuted = '', runData } = data.resultData;
		const [entry] = data.executionData!.nodeExecutionStack;
		entry.node.disabled = true;
		data.waitTill = undefined;
		runData[lastNodeExecuted].pop();
		// The snapshot kept with an execution has no static data.
		const workflow = toWorkflow(workflowData);
		const node = workflow.getNode(lastNodeExecuted)!;
		await isolated(workflow, async () => {
			const webhookData = nodeWebhooks(workflow, node).find(
				(webhook) =>
					webhook.httpMethod === req.method &&
					webhook.path === suffix &&
					webhook.webhookDescription.restartWebhook === true,
			);
			if (!webhookData)
				throw new HttpError(
					404,
					`The workflow for execution "${executionId}" does not contain a waiting webhook with a matching path/method.`,
				);
			await executeWebhook({
				workflow,
				workflowData,
				node,
				webhookData,
				mode,
				req,
				res,
				effect,
				executionId,
				data,
			});
		});
	}

	/** What `$execution.resumeUrl` is for the nodes of an execution. */
	const resumeUrl = ({ executionId, data }: Run): string => {
		const extra = host.additionalData({ executionId });
		const keys = core.getAdditionalKeys(extra, 'trigger', data);
		return (keys.$execution as { resumeUrl: string }).resumeUrl;
	};

	/** The webhook of a node at which its execution can be resumed. */
	async function resumeWebhook({ executionId }: ExecutionRef, nodeName: string) {
		const workflow = toWorkflow((await database.load(executionId))!.workflowData);
		const webhooks = nodeWebhooks(workflow, workflow.getNode(nodeName)!);
		return webhooks.find(({ webhookDescription }) => webhookDescription.restartWebhook)!;
	}

	const timers = new Set<string>();

	/**
	 * What the server does once a minute: sets a timer for each execution whose time is up within 70 s of `now`. Nothing
	 * but its going off takes a timer away.
	 */
	const setTimers = (now = Date.now()): void => {
		for (const { id, status, waitTill } of database.all())
			if (status === 'waiting' && waitTill && waitTill.getTime() <= now + 70_000) timers.add(id);
	};

	/**
	 * Lets the timer of an execution go off: whatever that waits for now, it goes on, with what is read of it as it is,
	 * and without the workflow's static data.
	 *
	 * @returns false when there was no timer, or another had let it go on before
	 */
	async function ring({ executionId }: ExecutionRef): Promise<boolean> {
		if (!timers.delete(executionId)) return false;
		const { data, mode, workflowData } = (await database.load(executionId))!;
		return await executions.goOn({ id: executionId, mode, workflowData }, data, false);
	}

	return { call, resumeUrl, resumeWebhook, setTimers, ring };
}

export type Waiting = ReturnType<typeof createWaiting>;
