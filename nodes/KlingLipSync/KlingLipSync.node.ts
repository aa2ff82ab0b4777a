import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { getTaskProperties } from './operations/getTask/fields';
import { getTask } from './operations/getTask/getTask';
import { identifyFaceProperties } from './operations/identifyFace/fields';
import { identifyFace } from './operations/identifyFace/identifyFace';
import { lipSyncProperties } from './operations/lipSync/fields';
import { lipSync } from './operations/lipSync/lipSync';
import type { Operation } from './operations/commonFields';
import { getFaces } from './pickers/mapperFields';
import { getFaceOptions } from './pickers/faceList';
import { getMatchOptions } from './pickers/matchOptions';
import { takePausedCallback } from './wait/pausedCallback';
import { resumeWebhooks } from './wait/resumeUrl';

const OPERATIONS: Record<
	Operation,
	(context: IExecuteFunctions) => Promise<INodeExecutionData[][]>
> = {
	identifyFace,
	lipSync,
	getTask,
};

export class KlingLipSync implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Kling Lip Sync',
		name: 'klingLipSync',
		icon: { light: 'file:klingLipSync.svg', dark: 'file:klingLipSync.dark.svg' },
		group: ['transform'],
		// Not 1: for version 1 of any node n8n evaluates an expression at each callback (parseRequestBody
		// in webhook-helpers.js): the only one there is at a resume, for which it may make a whole engine.
		version: 1.1,
		subtitle:
			'={{ $parameter["operation"] === "identifyFace" ? "Identify Face" : $parameter["operation"] === "getTask" ? "Get Task" : "Lip Sync" }}',
		description: 'Lip sync faces in a video to an audio track with Kling',
		defaults: { name: 'Kling Lip Sync' },
		usableAsTool: true,
		waitingNodeTooltip:
			'Paused until Kling has finished all tasks. The execution then continues by itself.',
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'klingLipSyncApi', required: true }],
		webhooks: resumeWebhooks,
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				// With a resource n8n names a new node, and describes a tool to its agent, by the operation.
				type: 'hidden',
				noDataExpression: true,
				options: [{ name: 'Lip Sync', value: 'lipSync' }],
				default: 'lipSync',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['lipSync'] } },
				options: [
					{
						name: 'Identify Face',
						value: 'identifyFace',
						description: 'Find the faces in a video, so that you can choose who speaks',
						action: 'Identify faces in a video',
					},
					{
						name: 'Lip Sync',
						value: 'lipSync',
						description: 'Make one or more faces in a video speak an audio track',
						action: 'Lip sync a video',
					},
					{
						name: 'Get Task',
						value: 'getTask',
						description: 'Retrieve a task, wait for its result or download its video',
						action: 'Get a task',
					},
				],
				default: 'lipSync',
			},
			...identifyFaceProperties,
			...lipSyncProperties,
			...getTaskProperties,
		],
	};

	methods = { loadOptions: { getFaceOptions, getMatchOptions }, resourceMapping: { getFaces } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = this.getNodeParameter('operation', 0) as Operation;
		return await OPERATIONS[operation](this);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await takePausedCallback(this);
	}
}
