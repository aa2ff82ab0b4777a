/* eslint-disable @typescript-eslint/no-require-imports */
import type { ICredentialType, INodeType } from 'n8n-workflow';
import { createEngine, type EngineOptions } from '../engine/harness';

/** The package as it is published: benches measure that, and need it built. */
const { KlingLipSync, KlingLipSyncApi } = require('../..') as {
	KlingLipSync: new () => INodeType;
	KlingLipSyncApi: new () => ICredentialType;
};

export const NODE = 'n8n-nodes-kling-lip-sync.klingLipSync';

/** The engine with the built package, or with another node in its place, against the API at `baseUrl`. */
export const engineFor = async (
	baseUrl: string,
	{ node = new KlingLipSync(), ...options }: { node?: INodeType } & EngineOptions = {},
) =>
	await createEngine({
		nodeTypes: { [NODE]: node },
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: 'test-key', baseUrl },
		...options,
	});
