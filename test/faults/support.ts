/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type {
	EngineRequest,
	EngineResponse,
	IDataObject,
	IExecuteFunctions,
	INodeType,
} from 'n8n-workflow';
import { TIMEOUTS } from '../../nodes/KlingLipSync/api/timeouts';
import { KlingLipSync } from '../../nodes/KlingLipSync/KlingLipSync.node';
import type { Emulator } from '../emulator';
import type { Fault } from '../emulator/faults';
import { AUDIO, LIP_SYNC, synced, VIDEO } from '../engine/helpers';
import { helper } from '../engine/node-types';
import type { Run } from '../engine/run';
import { createWorld, kling, NODE, speedUp, type World } from '../engine/setup';
import type { NodeData } from '../engine/workflows';

export { AUDIO, IDENTIFY, identified, LIP_SYNC, synced, until, VIDEO } from '../engine/helpers';
export type { Fault, NodeData, Run, World };

export const KEY = 'test-key';

export const WITHOUT_END = Number.MAX_SAFE_INTEGER;

const agent = (execute: INodeType['execute']): INodeType =>
	helper('agent', {
		inputs: ['main', { type: 'ai_tool' }],
		properties: [{ displayName: 'calls', name: 'calls', type: 'json', default: '[]' }],
		execute,
	});

const callsOf = (context: IExecuteFunctions) =>
	JSON.parse(context.getNodeParameter('calls', 0) as string) as object[];
const toolOf = async (context: IExecuteFunctions) => {
	const [tool] = (await context.getInputConnectionData('ai_tool', 0)) as [
		{ invoke(input: object): Promise<string> },
	];
	return tool;
};
const oneItem = (outputs: unknown[]) => [[{ json: { outputs } as object as IDataObject }]];

/** Agents that call their tool several times in one execution; its outputs become one item. */
const agents = {
	'test.agentOneByOne': agent(async function () {
		const tool = await toolOf(this);
		const outputs: string[] = [];
		for (const call of callsOf(this)) outputs.push(await tool.invoke(call));
		return oneItem(outputs);
	}),
	'test.agentAtOnce': agent(async function () {
		const tool = await toolOf(this);
		return oneItem(await Promise.all(callsOf(this).map(async (call) => await tool.invoke(call))));
	}),
	'test.agentByEngine': agent(async function (response?: EngineResponse) {
		const done = response?.actionResponses;
		if (done?.length) return oneItem(done.map(({ data }) => data.data?.ai_tool));
		const [{ name }] = this.getParentNodes(this.getNode().name, { connectionType: 'ai_tool' });
		const actions = callsOf(this).map((input, n) => ({
			actionType: 'ExecutionNodeAction' as const,
			type: 'ai_tool' as const,
			nodeName: name,
			input: input as IDataObject,
			id: `call-${n}`,
			metadata: {},
		}));
		return { actions, metadata: {} } satisfies EngineRequest;
	}),
};

/**
 * A world for each test of the file, with a fast clock; filled before each test.
 *
 * @param options `factor`: how many times faster the waiting goes
 */
export function useWorld({ factor = 400 } = {}): World {
	const world = {} as World;
	const usual = { ...TIMEOUTS };
	let restoreClock: () => void;
	beforeEach(async () => {
		restoreClock = speedUp(factor);
		const nodeTypes = { [NODE]: new KlingLipSync(), ...agents };
		Object.assign(world, await createWorld({ engine: { nodeTypes } }));
	});
	afterEach(async () => {
		restoreClock();
		Object.assign(TIMEOUTS, usual);
		await world.close();
	});
	return world;
}

/** After how many ms a request that hangs is given up, by the method of its fault. */
const GIVEN_UP = { POST: ['create', 150], GET: ['query', 100], FILE: ['download', 400] } as const;

/**
 * Lets coming requests fail. One that hangs is given up soon; all others have the time that they need on a
 * busy machine.
 */
export function letFail({ api }: World, fault: Fault & { method: keyof typeof GIVEN_UP }) {
	api.fail(fault);
	const [request, ms] = GIVEN_UP[fault.method];
	if (fault.kind.startsWith('hang')) TIMEOUTS[request] = ms;
}

/** A lip sync task that was created elsewhere and is still running. */
export const running = async (api: Emulator) =>
	await synced(api, { ms: api.settings.lipSyncMs as number });

export const identifyFace = (parameters: object = {}, settings: Partial<NodeData> = {}) =>
	kling({ operation: 'identifyFace', videoUrl: VIDEO, ...parameters }, settings);

export const lipSync = (parameters: object = {}, settings: Partial<NodeData> = {}) =>
	kling(
		{
			operation: 'lipSync',
			faceSource: 'identifyTask',
			faceSelection: 'single',
			audioUrl: AUDIO,
			...parameters,
		},
		settings,
	);

export const getTask = (parameters: object = {}, settings: Partial<NodeData> = {}) =>
	kling({ operation: 'getTask', ...parameters }, settings);

/** What a node does with an item that fails. */
export const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/** The tasks that were created so far, of one model or of all: their ids, in order. */
export const createdIds = ({ api }: World, model?: string) =>
	api.creates(model).flatMap(({ taskId }) => taskId ?? []);

/** The bodies of the creates so far, of one model or of all. */
export const createdWith = ({ api }: World, model?: string) =>
	api.creates(model).map(({ body }) => body!);

/** The faces and their audio in the creates of lip syncs so far. */
export const chosenFaces = (world: World) =>
	createdWith(world, LIP_SYNC).map(({ face_choose: faces }) => faces!);

/** Some items, told apart by `n`. */
export const items = (count: number, json: IDataObject = {}) =>
	Array.from({ length: count }, (_, n) => ({ json: { n, ...json } }));

/** Everything a person could get to see of a run: items, errors, the execution's data and n8n's log. */
export const visible = ({ engine }: World, run: Run) =>
	JSON.stringify([run.data, run.error, run.error?.message, run.error?.description, engine.logs]);

/** A local HTTP server that is closed after the test. */
export async function serve(listener: http.RequestListener) {
	const requests: http.IncomingMessage[] = [];
	const server = http.createServer((req, res) => {
		requests.push(req);
		listener(req, res);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	servers.push(server);
	return { url: `http://localhost:${(server.address() as AddressInfo).port}`, requests };
}

const servers: http.Server[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});
