import type { IRunExecutionData } from 'n8n-workflow';
import type { Call } from './exchange';
import { HttpError } from './exchange';
import type { ExecutionRef, Executions } from './executions';
import type { Host } from './host';
import { isolated } from './host';
import { core } from './n8n';
import type { Run } from './run';
import type { Answer, Webhooks } from './webhooks';
import type { Workflows } from './workflows';

type Delivery = Partial<Omit<Call, 'url'>> & {
	/** Whether to wait for the execution that goes on (the default); the server answers before it has run. */
	settle?: boolean;
};

/** The server's waiting webhooks: what a call to an execution that waits comes to. */
export function createWaiting(
	host: Host,
	{ toWorkflow }: Workflows,
	{ executions, launch, rowOf }: Executions,
	{ nodeWebhooks, callWebhook, answerErrors }: Webhooks,
) {
	const { state } = host;

	/** A call to a waiting execution's URL, whoever makes it. */
	const deliver = async (
		url: string,
		{ method = 'POST', headers, body, settle = true }: Delivery = {},
	): Promise<Answer> =>
		await answerErrors(async (exchangeFor) => {
			const exchange = exchangeFor({ method, url, headers, body });
			const [executionId, suffix = ''] = exchange.req.path
				.slice(new URL(state.webhookWaitingBaseUrl).pathname.length + 1)
				.split('/');
			const record = executions.get(executionId);
			if (!record) throw new HttpError(404, `The execution "${executionId}" does not exist.`);
			const data = JSON.parse(record.data) as IRunExecutionData;
			if (exchange.req.query.signature !== data.resumeToken)
				throw new HttpError(401, undefined, { error: 'Invalid token' });
			if (record.status === 'running')
				throw new HttpError(409, `The execution "${executionId}" is running already.`);
			if (data.resultData.error)
				throw new HttpError(409, `The execution "${executionId}" has finished with error.`);
			if (record.finished)
				throw new HttpError(409, `The execution "${executionId} has finished already.`);

			const { runData } = data.resultData;
			const lastNodeExecuted = data.resultData.lastNodeExecuted!;
			const [entry] = data.executionData!.nodeExecutionStack;
			entry.node.disabled = true;
			data.waitTill = undefined;
			runData[lastNodeExecuted].pop();
			// The snapshot kept with an execution has no static data.
			const workflow = toWorkflow(record.workflowData);
			const node = workflow.getNode(lastNodeExecuted)!;
			return await isolated(workflow, async () => {
				const webhookData = nodeWebhooks(workflow, node).find(
					(webhook) =>
						webhook.httpMethod === method &&
						webhook.path === suffix &&
						webhook.webhookDescription.restartWebhook === true,
				);
				if (!webhookData)
					throw new HttpError(
						404,
						`The workflow for execution "${executionId}" does not contain a waiting webhook with a matching path/method.`,
					);
				const call = {
					workflow,
					node,
					webhookData,
					mode: record.mode,
					exchange,
					executionId,
					data,
				};
				const answer = await callWebhook(call, async (workflowData) => {
					// The database lets only one caller turn "waiting" into "running".
					if (record.status !== 'waiting')
						throw new HttpError(500, 'There was a problem executing the workflow');
					entry.data.main = workflowData;
					entry.metadata = { ...entry.metadata, forwardAllOutputs: true };
					launch(record, data, state.staticData[record.workflowData.id]);
					return { resumed: true };
				});
				if (!answer.resumed) return { ...answer, resumed: false };
				return { ...answer, run: settle ? await record.promise : undefined };
			});
		});

	/** What `$execution.resumeUrl` is for the nodes of an execution. */
	const resumeUrl = ({ executionId, data }: Run): string => {
		const extra = host.additionalData({ executionId });
		const keys = core.getAdditionalKeys(extra, 'trigger', data);
		return (keys.$execution as { resumeUrl: string }).resumeUrl;
	};

	/** A callback to a waiting node: at its resume URL and suffix, or at `url` as the node gave it away. */
	const resumeByWebhook = async (
		run: Run,
		nodeName: string,
		{
			url,
			query = {},
			method,
			headers,
			body,
		}: Partial<Call> & { query?: Record<string, string> } = {},
	): Promise<Answer> => {
		const workflow = toWorkflow(rowOf(run).workflowData);
		const [webhook] = nodeWebhooks(workflow, workflow.getNode(nodeName)!).filter(
			({ webhookDescription }) => webhookDescription.restartWebhook,
		);
		const target = new URL(url ?? resumeUrl(run));
		if (!url && webhook.path) target.pathname += `/${webhook.path}`;
		for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
		return await deliver(target.href, { method: method ?? webhook.httpMethod, headers, body });
	};

	return { deliver, resumeUrl, resumeByWebhook };
}

export type Waiting = ReturnType<typeof createWaiting>;
export type { ExecutionRef };
