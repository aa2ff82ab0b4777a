import type {
	IDataObject,
	IWebhookData,
	WorkflowActivateMode,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Call } from './exchange';
import { HttpError } from './exchange';
import type { Host } from './host';
import { isolated } from './host';
import { copy, core } from './n8n';
import type { Answer, Webhooks } from './webhooks';
import type { NodeData, WorkflowOptions, Workflows } from './workflows';

interface TriggerOptions {
	/** The workflow around the trigger, which is its only node otherwise. */
	workflow?: WorkflowOptions;
	workflowId?: string;
	active?: boolean;
	/** In place of what the database has. */
	staticData?: IDataObject;
}

export type WebhookOptions = TriggerOptions &
	Partial<Omit<Call, 'url'>> & {
		/** `manual` calls the test URL. */
		mode?: 'trigger' | 'manual';
		query?: Record<string, string | string[]>;
	};

interface HookOptions extends TriggerOptions {
	/** What listening for a test event does, in place of activation. */
	isTest?: boolean;
	mode?: WorkflowExecuteMode;
	activation?: WorkflowActivateMode;
}

/** The static data of a workflow after a call. */
interface WithStaticData {
	staticData?: IDataObject;
}

/** What the server does with a trigger: activation, listening, and calls to its URL. */
export function createTriggers(
	host: Host,
	{ toWorkflow, toWorkflowData }: Workflows,
	{ nodeWebhooks, callWebhook, answerErrors }: Webhooks,
) {
	const { nodeTypes, state } = host;

	/** A workflow around a trigger, given as a node or by its name in `options.workflow`. */
	const triggerIn = (
		nodeOrName: NodeData | string,
		{ workflow: data, workflowId, active = true, staticData }: TriggerOptions,
		isTest: boolean,
	) => {
		const startNode = typeof nodeOrName === 'string' ? nodeOrName : nodeOrName.name;
		const workflowData = toWorkflowData({
			connections: {},
			active,
			...data,
			nodes: data?.nodes ?? [nodeOrName as NodeData],
			startNode,
			...(workflowId && { workflowId }),
		});
		const stored = isTest ? {} : state.staticData[workflowData.id];
		const workflow = toWorkflow(workflowData, staticData ?? stored);
		const save = (): IDataObject => {
			if (!isTest && workflow.staticData.__dataChanged)
				state.staticData[workflow.id] = copy(workflow.staticData);
			return copy(workflow.staticData);
		};
		return { workflow, node: workflow.getNode(startNode)!, save };
	};

	/** A call to a trigger's production URL, or with mode `manual` to its test URL. Starts no execution. */
	const webhook = async (
		nodeOrName: NodeData | string,
		{ mode = 'trigger', method, query = {}, headers, body, ...options }: WebhookOptions = {},
	): Promise<Answer & WithStaticData> =>
		await answerErrors(async (exchangeFor) => {
			const isTest = mode === 'manual';
			const { workflow, node, save } = triggerIn(nodeOrName, options, isTest);
			return await isolated(workflow, async () => {
				const [first] = nodeWebhooks(workflow, node);
				const base = isTest ? state.webhookTestBaseUrl : state.webhookBaseUrl;
				const url = new URL(`${base}/${first.path}`);
				for (const [name, value] of Object.entries(query))
					url.searchParams.set(name, String(value));
				const exchange = exchangeFor({
					method: method ?? first.httpMethod,
					url: url.href,
					headers,
					body,
				});
				const webhookData = nodeWebhooks(workflow, node).find(
					({ httpMethod }) => httpMethod === exchange.req.method,
				);
				if (!webhookData)
					throw new HttpError(404, 'This webhook is not registered for this method.');
				const call = {
					workflow,
					node,
					webhookData: { ...webhookData, isTest },
					// What a user calls production is the mode "webhook" here.
					mode: isTest ? ('manual' as const) : ('webhook' as const),
					exchange,
				};
				return { ...(await callWebhook(call, async () => {})), staticData: save() };
			});
		});

	/** Calls `create`, `checkExists` or `delete` of a trigger as activation (or, with `isTest`, listening) does. */
	const hook = async (
		method: 'create' | 'checkExists' | 'delete',
		nodeOrName: NodeData | string,
		options: HookOptions = {},
	): Promise<{ result: boolean } & WithStaticData> => {
		const { isTest = false } = options;
		const { workflow, node, save } = triggerIn(nodeOrName, options, isTest);
		const modes: Record<string, [WorkflowExecuteMode, WorkflowActivateMode]> = {
			start: isTest ? ['manual', 'manual'] : ['trigger', 'activate'],
			end: ['internal', 'update'],
		};
		const [mode, activation] = method === 'delete' ? modes.end : modes.start;
		return await isolated(workflow, async () => {
			const [webhookData] = nodeWebhooks(workflow, node);
			const registered: IWebhookData = { ...webhookData, isTest };
			const context = new core.HookContext(
				workflow,
				node,
				host.additionalData(),
				options.mode ?? mode,
				options.activation ?? activation,
				registered,
			);
			const hooks = nodeTypes.getByNameAndVersion(node.type, node.typeVersion).webhookMethods!;
			const call = hooks[webhookData.webhookDescription.name]![method]!;
			return { result: await call.call(context), staticData: save() };
		});
	};

	return { webhook, hook };
}
