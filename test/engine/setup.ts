/* eslint-disable @typescript-eslint/no-require-imports */
import { startEmulator } from '../emulator';
import type { EngineOptions } from './harness';
import { createEngine } from './harness';
import type { NodeData } from './workflows';
import type { StartOptions } from './executions';
import { KlingLipSyncApi } from '../../credentials/KlingLipSyncApi.credentials';
import { KlingLipSync } from '../../nodes/KlingLipSync/KlingLipSync.node';
import { KlingLipSyncTrigger } from '../../nodes/KlingLipSync/KlingLipSyncTrigger.node';
import { clock as ownClock } from '../../nodes/KlingLipSync/clock';
import type * as Action from '../../nodes/KlingLipSync/KlingLipSync.node';
import type * as Trigger from '../../nodes/KlingLipSync/KlingLipSyncTrigger.node';
import type * as Clock from '../../nodes/KlingLipSync/clock';
import { workflowLib } from './n8n';
import { PORT } from './helpers';

export const NODE = 'n8n-nodes-kling-lip-sync.klingLipSync';
export const TRIGGER = 'n8n-nodes-kling-lip-sync.klingLipSyncTrigger';

/** The emulated API. */
export type Api = Awaited<ReturnType<typeof startEmulator>>;

/**
 * Lets the waiting code's time run faster, so that minutes of waiting take a moment.
 *
 * @param factor how many times faster
 * @param clock of the process whose time it is
 * @returns puts the real clock back
 */
export function speedUp(factor: number, clock = ownClock): () => void {
	const { now, sleep } = clock;
	const start = now();
	clock.now = () => start + (now() - start) * factor;
	clock.sleep = async (ms, signal) => await sleep(ms / factor, signal);
	return () => Object.assign(clock, { now, sleep });
}

/** The package's code as another process has it: with a memory and a clock of its own. */
export function loadPackage() {
	let loaded!: typeof Action & typeof Trigger & typeof Clock;
	jest.isolateModules(() => {
		// n8n's library is one for all: it is not what a process remembers.
		jest.doMock('n8n-workflow', () => workflowLib);
		loaded = {
			...(require('../../nodes/KlingLipSync/KlingLipSync.node') as typeof Action),
			...(require('../../nodes/KlingLipSync/KlingLipSyncTrigger.node') as typeof Trigger),
			...(require('../../nodes/KlingLipSync/clock') as typeof Clock),
		};
	});
	const start = Date.now();
	loaded.clock.uptime = () => Date.now() - start;
	return loaded;
}

/** The parameters of a node, as a workflow has them. */
export type NodeParameters = Record<string, unknown>;

/** What a run may have besides the parameters of its node: settings of the node, and options of the run. */
export type RunSettings = Partial<StartOptions> & { nodeSettings?: Partial<NodeData> };

interface WorldSettings {
	/** The emulator's settings. */
	api?: Parameters<typeof startEmulator>[0];
	/** The engine's options. */
	engine?: EngineOptions;
}

/** The real engine with this package's nodes, over HTTP against the emulator. */
export async function createWorld(settings: WorldSettings = {}) {
	const api: Api = await startEmulator({
		port: PORT,
		identifyMs: 30,
		lipSyncMs: 30,
		...settings.api,
	});
	const engine = await createEngine({
		nodeTypes: { [NODE]: new KlingLipSync(), [TRIGGER]: new KlingLipSyncTrigger() },
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: 'test-key', baseUrl: api.url },
		...settings.engine,
	});
	return {
		api,
		engine,

		/** Runs a Kling node. */
		run: async (parameters: NodeParameters, { nodeSettings, ...options }: RunSettings = {}) =>
			await engine.run({
				...(parameters.waitMode === 'trigger'
					? withTrigger(kling(parameters, nodeSettings))
					: { nodes: [kling(parameters, nodeSettings)] }),
				...options,
			}),

		async close() {
			await engine.close();
			await api.close();
		},
	};
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A copy of what can be set. */
const settingsOf = ({ api, engine }: World) => {
	const { binaryMode, credentials, restApiUrl } = engine;
	const { webhookBaseUrl, webhookTestBaseUrl, webhookWaitingBaseUrl } = engine;
	const urls = { restApiUrl, webhookBaseUrl, webhookTestBaseUrl, webhookWaitingBaseUrl };
	return {
		api: { ...api.settings },
		engine: { binaryMode, credentials: { ...credentials }, ...urls },
	};
};

/**
 * One world for the tests of a file, filled before the first of them. Before each one the API has forgotten its tasks,
 * the engine its log, and the settings of both are those that they had before the first.
 *
 * @param settings of the world; `factor`: how many times faster the node's time runs
 */
export function useWorld({
	factor = 1,
	...settings
}: WorldSettings & { factor?: number } = {}): World {
	const world = {} as World;
	let restoreClock = () => {};
	let initial: ReturnType<typeof settingsOf> | undefined;
	beforeAll(async () => {
		Object.assign(world, await createWorld(settings));
		if (factor !== 1) restoreClock = speedUp(factor);
	});
	beforeEach(() => {
		const { api, engine } = world;
		initial ??= settingsOf(world);
		api.reset();
		Object.assign(api.settings, initial.api);
		Object.assign(engine, initial.engine, { credentials: { ...initial.engine.credentials } });
		engine.logs.length = 0;
	});
	afterAll(async () => {
		restoreClock();
		await world.close();
	});
	return world;
}

/**
 * A Kling Lip Sync node for a workflow.
 *
 * @param parameters the node's parameters
 * @param settings further node settings (name, onError, retryOnFail …)
 */
export function kling(parameters: NodeParameters, settings: Partial<NodeData> = {}): NodeData {
	return { name: 'Kling', type: NODE, parameters, ...settings };
}

/** The nodes of a workflow in which a node hands its results on to a trigger beside it. */
export function withTrigger(node: NodeData, settings: Partial<NodeData> = {}) {
	const trigger = { name: 'Kling Trigger', type: TRIGGER, parameters: {}, ...settings };
	return { nodes: [node, trigger], connections: {} };
}
