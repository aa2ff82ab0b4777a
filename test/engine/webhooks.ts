import type {
	CloseFunction,
	INode,
	INodeExecutionData,
	IRunExecutionData,
	IWebhookData,
	IWebhookDescription,
	IWebhookResponseData,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Call, Exchange } from './exchange';
import { HttpError, createExchange, parseBody } from './exchange';
import type { Host } from './host';
import { copy, core, workflowLib } from './n8n';
import type { Run } from './run';

/** What whoever called a URL of n8n gets, and what the call did. */
export interface Answer {
	status: number;
	body?: unknown;
	/** The items with which a workflow starts or goes on. */
	workflowData?: INodeExecutionData[][];
	/** What webhook() threw. */
	threw?: unknown;
	/** Whether the execution went on. */
	resumed?: boolean;
	/** What it came to. */
	run?: Run;
}

interface WebhookCall {
	workflow: Workflow;
	node: INode;
	webhookData: IWebhookData;
	mode: WorkflowExecuteMode;
	exchange: Exchange;
	executionId?: string;
	/** The data of the execution that waits. */
	data?: IRunExecutionData;
}

/** Calls the webhooks of nodes as the server does, and works out its answers. */
export function createWebhooks(host: Host) {
	const { nodeTypes } = host;

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

	const nodeWebhooks = (
		workflow: Workflow,
		node: INode,
		workflowExecuteAdditionalData = host.additionalData(),
	): IWebhookData[] => {
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

	/** Calls webhook() and works out the answer; `proceed` says what goes on in the workflow before the answer is given. */
	async function callWebhook(
		{ workflow, node, webhookData, mode, exchange, executionId, data }: WebhookCall,
		proceed: (items: INodeExecutionData[][]) => Promise<Partial<Answer> | void>,
	): Promise<Answer> {
		const { req, res } = exchange;
		parseBody(req);
		const additionalData = host.additionalData({
			executionId,
			httpRequest: req,
			httpResponse: res,
		});
		const closeFunctions: CloseFunction[] = [];
		const context = new core.WebhookContext(
			workflow,
			node,
			additionalData,
			mode,
			webhookData,
			closeFunctions,
			data ?? null,
		);
		let result: IWebhookResponseData;
		let threw: Error | undefined;
		try {
			const type = nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
			result = await type.webhook!.call(context);
		} catch (error) {
			threw = error as Error;
			// The server goes on with the execution nevertheless, its results thrown away.
			result = { workflowData: [[{ json: {} }]] };
			const failure = { ...threw, message: threw.message, stack: threw.stack } as never;
			if (data) data.resultData = { runData: {}, lastNodeExecuted: node.name, error: failure };
		} finally {
			await Promise.allSettled(closeFunctions.map(async (close) => await close()));
		}
		const field = (property: string, initial: string | number) =>
			describe(workflow, node, webhookData.webhookDescription, property, initial);
		const items = result.workflowData as INodeExecutionData[][] | undefined;
		const outcome = items && (await proceed(items));
		const answer = (status: number, body?: unknown): Answer => ({
			status,
			body: copy(body),
			workflowData: threw ? undefined : items,
			threw,
			...outcome,
		});
		if (threw)
			return answer(500, {
				code: 0,
				message: 'Workflow Webhook Error: Workflow could not be started!',
			});
		if (result.noWebhookResponse || res.headersSent) return answer(res.statusCode, res.body);
		const status = field('responseCode', 200) as number;
		if (!items)
			return answer(status, result.webhookResponse ?? { message: 'Webhook call received' });
		const responseData = field('responseData', 'firstEntryJson');
		if (responseData === 'noData') return answer(status);
		return answer(
			status,
			responseData || (result.webhookResponse ?? { message: 'Workflow was started' }),
		);
	}

	const answered = async (action: () => Promise<Answer>): Promise<Answer> => {
		try {
			return await action();
		} catch (error) {
			if (error instanceof HttpError) {
				const body = error.body ?? { code: 0, message: error.message };
				return { status: error.status, body, resumed: false };
			}
			const message = 'There was a problem executing the workflow';
			const { status = 500 } = error as { status?: number };
			return { status, body: { code: 0, message }, resumed: false, threw: error };
		}
	};

	/** Answers a request, errors included; nodes that listen for it are told when that is done. */
	const answerErrors = async (
		action: (exchangeFor: (call: Call) => Exchange) => Promise<Answer>,
	): Promise<Answer> => {
		let response: Exchange['res'] | undefined;
		const answer = await answered(
			async () =>
				await action((call) => {
					const exchange = createExchange(call);
					response = exchange.res;
					return exchange;
				}),
		);
		response?.finish(answer.status);
		return answer;
	};

	return { nodeWebhooks, callWebhook, answerErrors };
}

export type Webhooks = ReturnType<typeof createWebhooks>;
