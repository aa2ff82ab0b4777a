/** Workflows with this package's nodes in them, and the task API they talk to. */

import type { IConnections, INodeParameters } from 'n8n-workflow';
import { startEmulator } from '../emulator';
import type { Emulator } from '../emulator';
import type { CreateRequest } from '../emulator/requests';
import type { EmulatorSettings } from '../emulator/settings';
import { identified } from '../engine/helpers';
import type { RestClient, StoredCredential, WorkflowNode } from './client';

const PACKAGE = 'n8n-nodes-kling-lip-sync';
/** What the editor gives a new node. */
const VERSIONS = { klingLipSync: 1.1, klingLipSyncTrigger: 1 };
/** Longer than any test: the task ends when the test says so. */
export const NEVER_MS = 24 * 60 * 60_000;

/**
 * Connects nodes in a row; in place of one name, those of the nodes at its several outputs' ends.
 * @returns a workflow's `connections`
 */
export function chain(...names: Array<string | string[]>): IConnections {
	const connections: IConnections = {};
	names.slice(1).forEach((next, index) => {
		const main = [next]
			.flat()
			.map((node) => (node ? [{ node, type: 'main' as const, index: 0 }] : []));
		connections[[names[index]].flat()[0]] = { main };
	});
	return connections;
}

/** A node that does nothing: what arrives at it and how often is what the user gets. */
export const next = (name = 'Next'): WorkflowNode => ({ name, type: 'n8n-nodes-base.noOp' });

export const manualStart: WorkflowNode = { name: 'Start', type: 'n8n-nodes-base.manualTrigger' };

/** Starts production runs, by a POST to its path. */
export const webhookStart = (path: string): WorkflowNode => ({
	name: 'Start',
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	parameters: { path, httpMethod: 'POST', responseMode: 'onReceived' },
	webhookId: path,
});

/**
 * Two nodes, List and Items, that make items `{ n: 0 }`, `{ n: 1 }` … of whatever comes in.
 * @param count or an expression for it, without its braces
 */
export const items = (count: number | string): WorkflowNode[] => [
	{
		name: 'List',
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		parameters: {
			mode: 'raw',
			jsonOutput: `={{ { list: Array.from({ length: ${count} }, (_, n) => ({ n })) } }}`,
		},
	},
	{ name: 'Items', type: 'n8n-nodes-base.splitOut', parameters: { fieldToSplitOut: 'list' } },
];

/** Starts a sub-workflow with the items of its parent. */
export const subWorkflowStart: WorkflowNode = {
	name: 'Start',
	type: 'n8n-nodes-base.executeWorkflowTrigger',
	typeVersion: 1.1,
	parameters: { inputSource: 'passthrough' },
};

/** A node, Child, that runs a sub-workflow and waits for it. */
export const subWorkflow = (id: string): WorkflowNode => ({
	name: 'Child',
	type: 'n8n-nodes-base.executeWorkflow',
	typeVersion: 1.2,
	parameters: {
		workflowId: { __rl: true, mode: 'id', value: id },
		options: { waitForSubWorkflow: true },
	},
});

/**
 * The task API, with a session whose face `face_001` can be driven.
 * @param settings of the emulator; its tasks end when told to, unless they say otherwise
 */
export async function startApi(settings?: Partial<EmulatorSettings>) {
	const api = await startEmulator({
		identifyMs: NEVER_MS,
		lipSyncMs: NEVER_MS,
		...settings,
	});
	const { sessionId } = await identified(api);
	return Object.assign(api, { sessionId });
}

export type Api = Awaited<ReturnType<typeof startApi>>;

/** The credential with which a server's nodes reach the task API. */
export const klingCredential = async (server: RestClient, api: Emulator, name = 'Kling') =>
	await server.createCredential({
		name,
		type: 'klingLipSyncApi',
		data: { apiKey: api.settings.apiKey, baseUrl: api.url },
	});

/** Makes nodes of a type of this package. */
export const nodesOf =
	(type: keyof typeof VERSIONS, credential: StoredCredential) =>
	(name: string, parameters: INodeParameters, more?: Partial<WorkflowNode>): WorkflowNode => ({
		name,
		type: `${PACKAGE}.${type}`,
		typeVersion: VERSIONS[type],
		credentials: { klingLipSyncApi: credential },
		parameters,
		...more,
	});

/** Makes nodes of this package that use one credential. */
export async function klingNodes(server: RestClient, api: Api) {
	const credential = await klingCredential(server, api);
	const action = nodesOf('klingLipSync', credential);
	const trigger = nodesOf('klingLipSyncTrigger', credential);
	return {
		credential,
		/** Drives one face with an audio file that is named by the item's `n`, in a folder `tag`. */
		lipSync: (
			tag: string,
			parameters?: INodeParameters,
			{ name = 'Kling', ...more }: Partial<WorkflowNode> = {},
		) =>
			action(
				name,
				{
					operation: 'lipSync',
					faceSource: 'session',
					sessionId: api.sessionId,
					faceSelection: 'single',
					faceId: 'face_001',
					audioSource: 'url',
					audioUrl: audioUrl(api, tag, '{{ $json.n ?? 0 }}'),
					...parameters,
				},
				more,
			),
		identifyFace: (
			parameters: INodeParameters,
			{ name = 'Identify', ...more }: Partial<WorkflowNode> = {},
		) => action(name, { operation: 'identifyFace', videoSource: 'url', ...parameters }, more),
		getTask: (parameters: INodeParameters, { name = 'Get', ...more }: Partial<WorkflowNode> = {}) =>
			action(name, { operation: 'getTask', ...parameters }, more),
		trigger: (
			parameters: INodeParameters,
			{ name = 'Trigger', ...more }: Partial<WorkflowNode> = {},
		) => trigger(name, parameters, more),
	};
}

export type KlingNodes = Awaited<ReturnType<typeof klingNodes>>;

/** A voice whose link tells a tag and the item's `n`, as an expression. */
export const audioUrl = (api: Emulator, tag: string, n: string) =>
	`=${api.url}/files/sample/voice.mp3?tag=${tag}&n=${n}`;

/** Of a lip sync request: the tag and the item's `n`, see {@link audioUrl}. */
export function audioOf(request: CreateRequest): string[] {
	const file = request.face_choose?.[0].sound_file;
	if (!file || !URL.canParse(file)) return [];
	const { searchParams } = new URL(file);
	return ['tag', 'n'].flatMap((name) => searchParams.get(name) ?? []);
}

/** The lip sync tasks with a tag, in the order of their items. */
export function tasksOf(api: Emulator, tag: string) {
	return [...api.tasks.values()]
		.filter(({ request }) => audioOf(request)[0] === tag)
		.sort((a, b) => Number(audioOf(a.request)[1]) - Number(audioOf(b.request)[1]));
}
