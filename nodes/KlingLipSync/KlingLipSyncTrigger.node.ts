import type {
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { MODELS } from './task/task';
import { requirePublicUrl } from './trigger/requirePublicUrl';
import { forgetTests, takeCallback } from './trigger/takeCallback';

export class KlingLipSyncTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Kling Lip Sync Trigger',
		name: 'klingLipSyncTrigger',
		icon: { light: 'file:klingLipSync.svg', dark: 'file:klingLipSync.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(" or ") }}',
		description:
			'Lip sync faces in a video to audio with Kling. The trigger starts the workflow with each finished task.',
		eventTriggerDescription:
			"Waiting for a result: run a Kling Lip Sync node in another workflow, set to 'Continue in a Trigger' and with the Test URL of this trigger as its 'Callback URL'",
		activationMessage:
			"Results of the Kling Lip Sync nodes in this workflow that are set to 'Continue in a Trigger' now start it.",
		defaults: { name: 'Kling Lip Sync Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'klingLipSyncApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				// Known to every node of the workflow without being told; static data would not reach them.
				path: '={{ $workflow.id }}/kling-lip-sync',
				isFullPath: true,
				responseMode: 'onReceived',
				responseData: '',
			},
		],
		triggerPanel: {
			header: 'Start with each finished task',
			executionsHelp: {
				inactive:
					"Publish the workflow. Each finished task of a Kling Lip Sync node that is set to 'Continue in a Trigger' then starts it. In the same workflow, leave 'Callback URL' empty. In another workflow, paste the Production URL there.",
				active:
					"Each finished task of a Kling Lip Sync node that is set to 'Continue in a Trigger' starts the workflow. Nodes in other workflows need the Production URL as their 'Callback URL'.",
			},
			activationHint: {
				inactive:
					'To try it, publish the workflow and run a Kling Lip Sync node that is set to \'Continue in a Trigger\'. The execution that its result starts is listed under <a data-key="executions">Executions</a>.',
				active:
					'The workflow is published. The executions that results start are listed under <a data-key="executions">Executions</a>.',
			},
		},
		properties: [
			{
				displayName:
					"Leave 'Callback URL' of the Kling Lip Sync nodes in this workflow empty: they know this trigger. For nodes in other workflows, copy the Production URL from 'Webhook URLs' above.",
				name: 'urlNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Trigger On',
				name: 'events',
				type: 'multiOptions',
				required: true,
				options: [
					{ name: 'Task Completed', value: 'completed' },
					{ name: 'Task Failed', value: 'failed' },
				],
				default: ['completed', 'failed'],
			},
			{
				displayName: 'Task Types',
				name: 'models',
				type: 'multiOptions',
				required: true,
				options: [
					{ name: 'Identify Face', value: MODELS.identify },
					{ name: 'Lip Sync', value: MODELS.lipSync },
				],
				default: [MODELS.identify, MODELS.lipSync],
				description: 'The types of task that start the workflow',
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add Option',
				default: {},
				options: [
					{
						displayName: 'Ignore Duplicates',
						name: 'deduplicate',
						type: 'boolean',
						default: true,
						description:
							'Whether to start the workflow only once per task, even if Kling delivers the result several times',
					},
					{
						displayName: 'Include Raw Response',
						name: 'includeRaw',
						type: 'boolean',
						default: false,
						description: 'Whether to add the unmodified response of the API in the field raw',
					},
					{
						displayName: 'Verify With API',
						name: 'verify',
						type: 'boolean',
						default: true,
						description:
							'Whether to check each task with the API before starting the workflow. If turned off, only results of tasks that a Kling Lip Sync node created with the same API key are accepted.',
					},
				],
			},
		],
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				// The vendor keeps no list of receivers: the URL goes with each task.
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await requirePublicUrl(this);
				if (this.getMode() === 'manual') forgetTests(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await takeCallback(this);
	}
}
