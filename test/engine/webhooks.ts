/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import type {
	CloseFunction,
	IDataObject,
	INode,
	INodeExecutionData,
	IRunExecutionData,
	IWebhookData,
	IWebhookDescription,
	IWebhookResponseData,
	IWorkflowBase,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Executions } from './executions';
import type { Host } from './host';
import type { N8nRequest } from './httpServer';
import { core, workflowLib } from './n8n';

/** How long it takes to write an execution. */
const WRITE_MS = 5;

/** What a call to a URL of n8n has led to, besides its answer. */
export interface Effect {
	/** The items with which a workflow starts or goes on. */
	workflowData?: INodeExecutionData[][];
	/** What webhook() threw. */
	threw?: unknown;
	/** Whether an execution that waited went on. */
	resumed?: boolean;
	/** The execution that was started, or went on. */
	executionId?: string;
	/** The static data of the workflow after the call. */
	staticData?: IDataObject;
}

/** A call to a webhook of a node, with a place for what it leads to. */
export interface WebhookCall {
	workflow: Workflow;
	workflowData: IWorkflowBase;
	node: INode;
	webhookData: IWebhookData;
	mode: WorkflowExecuteMode;
	req: N8nRequest;
	res: Response;
	effect: Effect;
	/** The execution that waits for the call. */
	executionId?: string;
	/** What was read of it. */
	data?: IRunExecutionData;
	/** Done before the node's answer is given. */
	beforeAnswer?(): void;
}

/** An answer that n8n gives without asking a node. */
export class HttpError extends Error {
	constructor(
		readonly status: number,
		message: string,
	) {
		super(message);
	}
}

/** Answers a request with an error as n8n does. */
export function sendError(res: Response, error: unknown): void {
	const known = error instanceof HttpError;
	const message = known ? error.message : 'There was a problem executing the workflow';
	res.status(known ? error.status : 500).json({ code: 0, message });
}

/** Reads a body the way n8n does before it calls webhook(): an empty one stays undefined. */
function parseBody(req: N8nRequest): void {
	if (!req.rawBody?.length) return;
	const text = req.rawBody.toString();
	try {
		if (req.contentType === 'application/json') req.body = JSON.parse(text);
		if (req.contentType === 'text/plain') req.body = text;
		if (req.contentType === 'application/x-www-form-urlencoded')
			req.body = Object.fromEntries(new URLSearchParams(text));
	} catch {
		throw new HttpError(422, 'Failed to parse request body');
	}
}

const sendAnswer = (res: Response, status: number, body: unknown) => {
	res.status(status);
	if (typeof body === 'string') res.send(body);
	else res.json(body);
};

/** Calls the webhooks of nodes as the server does, and gives its answers. */
export function createWebhooks(host: Host, executions: Executions) {
	const { database, nodeTypes } = host;

	const describe = (
		workflow: Workflow,
		node: INode,
		description: IWebhookDescription,
		property: string,
		initial?: string | number | boolean,
	): unknown => {
		const native = workflowLib.resolveWebhookDescriptionField(node, description, property);
		if (native.resolved) return native.value;
		return workflow.expression.getComplexParameterValue(
			node,
			description[property as keyof IWebhookDescription] as never,
			'internal',
			{},
			undefined,
			initial as never,
		);
	};

	const nodeWebhooks = (workflow: Workflow, node: INode): IWebhookData[] => {
		const workflowExecuteAdditionalData = host.additionalData();
		const { description } = nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
		return (description.webhooks ?? []).flatMap((webhookDescription) => {
			const field = (property: string, initial?: string | boolean) =>
				describe(workflow, node, webhookDescription, property, initial);
			const path = workflowLib.NodeHelpers.getNodeWebhookPath(
				workflow.id,
				node,
				String(field('path'))
					.trim()
					.replace(/^\/|\/$/g, ''),
				field('isFullPath', false) as boolean,
				field('restartWebhook', false) as boolean,
			);
			const methods = String(field('httpMethod', 'GET')).split(',');
			return methods.map((httpMethod) => ({
				httpMethod: httpMethod.trim() as IWebhookData['httpMethod'],
				node: node.name,
				path,
				webhookDescription,
				workflowId: workflow.id,
				workflowExecuteAdditionalData,
			}));
		});
	};

	async function callNode(call: WebhookCall): Promise<IWebhookResponseData> {
		const { workflow, node, webhookData, mode, executionId, data, req, res } = call;
		const closeFunctions: CloseFunction[] = [];
		const context = new core.WebhookContext(
			workflow,
			node,
			host.additionalData({ executionId, httpRequest: req, httpResponse: res }),
			mode,
			webhookData,
			closeFunctions,
			data ?? null,
		);
		try {
			const type = nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
			return await type.webhook!.call(context);
		} finally {
			await Promise.allSettled(closeFunctions.map(async (close) => await close()));
		}
	}

	/** The data of the execution that a call starts, or lets go on. */
	function executionData(
		{ node, data, executionId }: WebhookCall,
		items: INodeExecutionData[][],
		error?: Error,
	): IRunExecutionData {
		const prepared =
			data ??
			workflowLib.createRunExecutionData({
				executionData: { nodeExecutionStack: [{ node, data: { main: items }, source: null }] },
			});
		if (executionId !== undefined) {
			const [entry] = prepared.executionData!.nodeExecutionStack;
			entry.data.main = items;
			entry.metadata = { ...entry.metadata, forwardAllOutputs: true };
		}
		if (error) {
			const failure = { ...error, message: error.message, stack: error.stack } as never;
			prepared.resultData = { runData: {}, lastNodeExecuted: node.name, error: failure };
		}
		return prepared;
	}

	async function proceed(
		call: WebhookCall,
		data: IRunExecutionData,
		hadStaticData: boolean,
	): Promise<void> {
		const { effect, executionId, mode, workflowData, workflow } = call;
		if (executionId === undefined) {
			// The server makes another one of the same static data, where there were any, and so forgets
			// that they were changed. Then it writes the execution.
			if (hadStaticData) {
				const { name, nodes, connections, active, settings } = workflowData;
				const { id, staticData } = workflow;
				const parts = { id, name, nodes, connections, active, settings, staticData };
				new workflowLib.Workflow({ ...parts, nodeTypes } as never);
			}
			await sleep(WRITE_MS);
			const id = database.nextId();
			await executions.begin({ id, mode, workflowData }, data);
			effect.executionId = id;
			return;
		}
		// The database lets only one caller turn "waiting" into "running".
		if (!(await executions.goOn({ id: executionId, mode, workflowData }, data, true)))
			throw new HttpError(500, 'There was a problem executing the workflow');
		Object.assign(effect, { executionId, resumed: true });
	}

	/** Calls webhook(), lets the execution start or go on, and answers: in this order. */
	async function executeWebhook(call: WebhookCall): Promise<void> {
		const { workflow, node, webhookData, req, res, effect } = call;
		parseBody(req);
		const hadStaticData = Object.keys(workflow.staticData).length > 0;
		let result: IWebhookResponseData;
		let threw: Error | undefined;
		try {
			result = await callNode(call);
		} catch (error) {
			threw = error as Error;
			effect.threw = threw;
			// The server answers, and goes on with the execution nevertheless, its results thrown away.
			sendError(res, new HttpError(500, 'Workflow Webhook Error: Workflow could not be started!'));
			result = { noWebhookResponse: true, workflowData: [[{ json: {} }]] };
		}
		const items = result.workflowData as INodeExecutionData[][] | undefined;
		const isAnswered = result.noWebhookResponse === true;
		if (isAnswered && !threw) call.beforeAnswer?.();
		const field = (property: string, initial: string | number) =>
			describe(workflow, node, webhookData.webhookDescription, property, initial);
		const answer = (status: unknown, body: unknown) => {
			if (isAnswered) return;
			call.beforeAnswer?.();
			sendAnswer(res, status as number, body);
		};
		const status = field('responseCode', 200);
		if (!items)
			return answer(status, result.webhookResponse ?? { message: 'Webhook call received' });

		if (!threw) effect.workflowData = items;
		try {
			await proceed(call, executionData(call, items, threw), hadStaticData);
		} catch (error) {
			effect.threw ??= error;
			if (isAnswered) return;
			throw error;
		}
		const responseData = field('responseData', 'firstEntryJson');
		if (responseData === 'noData') return answer(status, undefined);
		answer(status, responseData || (result.webhookResponse ?? { message: 'Workflow was started' }));
	}

	return { nodeWebhooks, executeWebhook };
}

export type Webhooks = ReturnType<typeof createWebhooks>;
