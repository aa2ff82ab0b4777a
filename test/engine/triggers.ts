import type { Response } from 'express';
import type {
	IDataObject,
	INode,
	IWebhookData,
	IWorkflowBase,
	Workflow,
	WorkflowActivateMode,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Host } from './host';
import { isolated } from './host';
import type { N8nRequest } from './httpServer';
import { copy, core } from './n8n';
import type { Effect, Webhooks } from './webhooks';
import { HttpError } from './webhooks';
import type { NodeData, WorkflowOptions, Workflows } from './workflows';

export interface TriggerOptions {
	/** The workflow around the trigger, which is its only node otherwise. */
	workflow?: WorkflowOptions;
	workflowId?: string;
	active?: boolean;
	/** In place of what the database has. */
	staticData?: IDataObject;
	/** Whether it listens for a test event, in place of being active. */
	isTest?: boolean;
}

export interface HookOptions extends TriggerOptions {
	mode?: WorkflowExecuteMode;
	activation?: WorkflowActivateMode;
}

/** A trigger in its workflow, as it is read for one call. */
export interface PlacedTrigger {
	workflow: Workflow;
	workflowData: IWorkflowBase;
	node: INode;
	isTest: boolean;
}

export type HookName = 'create' | 'checkExists' | 'delete';

/** What the server does with a trigger: activation, listening, and calls to its URL. */
export function createTriggers(
	host: Host,
	{ toWorkflow, toWorkflowData }: Workflows,
	{ nodeWebhooks, executeWebhook }: Webhooks,
) {
	const { database, nodeTypes } = host;

	/** A workflow around a trigger, given as a node or by its name in `options.workflow`. */
	const place = (
		nodeOrName: NodeData | string,
		{ workflow: data, workflowId, active = true, staticData, isTest = false }: TriggerOptions,
	): PlacedTrigger => {
		const startNode = typeof nodeOrName === 'string' ? nodeOrName : nodeOrName.name;
		const workflowData = toWorkflowData({
			connections: {},
			active,
			...data,
			nodes: data?.nodes ?? [nodeOrName as NodeData],
			startNode,
			...(workflowId && { workflowId }),
		});
		const stored = isTest ? {} : database.staticData[workflowData.id];
		const workflow = toWorkflow(workflowData, staticData ?? stored);
		return { workflow, workflowData, node: workflow.getNode(startNode)!, isTest };
	};

	/** What a test listener has of static data is kept nowhere. */
	const save = ({ workflow, isTest }: PlacedTrigger): void => {
		if (isTest || !workflow.staticData.__dataChanged || !host.isAlive()) return;
		database.staticData[workflow.id] = copy(workflow.staticData);
	};

	/** The method and path at which a trigger is called. */
	const addressOf = async ({ workflow, node }: PlacedTrigger): Promise<IWebhookData> =>
		await isolated(workflow, async () => nodeWebhooks(workflow, node)[0]);

	/** A call to a trigger's URL. */
	const call = async (
		trigger: PlacedTrigger,
		req: N8nRequest,
		res: Response,
		effect: Effect,
	): Promise<void> => {
		const { workflow, workflowData, node, isTest } = trigger;
		await isolated(workflow, async () => {
			const webhookData = nodeWebhooks(workflow, node).find(
				({ httpMethod }) => httpMethod === req.method,
			);
			if (!webhookData) throw new HttpError(404, 'This webhook is not registered for this method.');
			await executeWebhook({
				workflow,
				workflowData,
				node,
				webhookData: { ...webhookData, isTest },
				// What a user calls production is the mode "webhook" here.
				mode: isTest ? 'manual' : 'webhook',
				req,
				res,
				effect,
				beforeAnswer: () => {
					save(trigger);
					effect.staticData = copy(workflow.staticData);
				},
			});
		});
	};

	/** A call to the URL of a trigger that is registered. */
	const callRegistered = async (
		path: string,
		req: N8nRequest,
		res: Response,
		effect: Effect,
	): Promise<void> => {
		const registered = database.webhooks.get(`${req.method} ${path}`);
		if (!registered)
			throw new HttpError(404, `The requested webhook "${req.method} ${path}" is not registered.`);
		const { workflowData } = registered;
		const workflow = toWorkflow(workflowData, database.staticData[workflowData.id]);
		const node = workflow.getNode(registered.node)!;
		await call({ workflow, workflowData, node, isTest: false }, req, res, effect);
	};

	/** Calls `create`, `checkExists` or `delete` of a trigger as activation (or, with `isTest`, listening) does. */
	const hook = async (
		method: HookName,
		nodeOrName: NodeData | string,
		options: HookOptions = {},
	): Promise<{ result: boolean; staticData: IDataObject }> => {
		const { isTest = false } = options;
		const trigger = place(nodeOrName, options);
		const { workflow, node } = trigger;
		const modes: Record<string, [WorkflowExecuteMode, WorkflowActivateMode]> = {
			start: isTest ? ['manual', 'manual'] : ['trigger', 'activate'],
			end: ['internal', 'update'],
		};
		const [mode, activation] = method === 'delete' ? modes.end : modes.start;
		return await isolated(workflow, async () => {
			const [webhookData] = nodeWebhooks(workflow, node);
			const context = new core.HookContext(
				workflow,
				node,
				host.additionalData(),
				options.mode ?? mode,
				options.activation ?? activation,
				{ ...webhookData, isTest },
			);
			const hooks = nodeTypes.getByNameAndVersion(node.type, node.typeVersion).webhookMethods!;
			const result = await hooks[webhookData.webhookDescription.name]![method]!.call(context);
			save(trigger);
			return { result, staticData: copy(workflow.staticData) };
		});
	};

	/** Publishes a workflow: its trigger's URL can be called from then on. */
	const publish = async (nodeOrName: NodeData | string, options: TriggerOptions = {}) => {
		const exists = await hook('checkExists', nodeOrName, options);
		if (!exists.result) await hook('create', nodeOrName, options);
		const trigger = place(nodeOrName, options);
		const { httpMethod, path } = await addressOf(trigger);
		const { workflowData, node } = trigger;
		database.webhooks.set(`${httpMethod} ${path}`, { workflowData, node: node.name });
	};

	return { place, addressOf, call, callRegistered, hook, publish };
}

export type Triggers = ReturnType<typeof createTriggers>;
