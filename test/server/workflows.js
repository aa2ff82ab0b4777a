'use strict';

/** Workflows with this package's nodes in them, and the task API they talk to. */

const { startEmulator } = require('../emulator');
const { identified } = require('../engine/helpers');

const PACKAGE = 'n8n-nodes-kling-lip-sync';
/** What the editor gives a new node. */
const VERSIONS = { klingLipSync: 1.1, klingLipSyncTrigger: 1 };
/** Longer than any test: the task ends when the test says so. */
const NEVER_MS = 24 * 60 * 60_000;

/**
 * @param {...(string | string[])} names nodes in a row; in place of one, the nodes at its several outputs' ends
 * @returns {object} a workflow's `connections`
 */
function chain(...names) {
	const connections = {};
	names.slice(1).forEach((next, index) => {
		const main = [next].flat().map((node) => (node ? [{ node, type: 'main', index: 0 }] : []));
		connections[[names[index]].flat()[0]] = { main };
	});
	return connections;
}

/** A node that does nothing: what arrives at it and how often is what the user gets. */
const next = (name = 'Next') => ({ name, type: 'n8n-nodes-base.noOp' });

const manualStart = { name: 'Start', type: 'n8n-nodes-base.manualTrigger' };

/** Starts production runs, by a POST to its path. */
const webhookStart = (path) => ({
	name: 'Start',
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	parameters: { path, httpMethod: 'POST', responseMode: 'onReceived' },
	webhookId: path,
});

/**
 * Two nodes, List and Items, that make items `{ n: 0 }`, `{ n: 1 }` … of whatever comes in.
 * @param {number} count
 */
const items = (count) => [
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
const subWorkflowStart = {
	name: 'Start',
	type: 'n8n-nodes-base.executeWorkflowTrigger',
	typeVersion: 1.1,
	parameters: { inputSource: 'passthrough' },
};

/** A node, Child, that runs a sub-workflow and waits for it. */
const subWorkflow = (id) => ({
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
 * @param {object} [settings] of the emulator; its tasks end when told to, unless they say otherwise
 */
async function startApi(settings) {
	const api = await startEmulator({ identifyMs: NEVER_MS, lipSyncMs: NEVER_MS, ...settings });
	const { sessionId } = await identified(api);
	return Object.assign(api, { sessionId });
}

/**
 * The credential with which a server's nodes reach the task API.
 * @param {import('./client').RestClient} server
 * @param {object} api see {@link startApi}
 * @param {string} [name]
 */
const klingCredential = async (server, api, name = 'Kling') =>
	await server.createCredential({
		name,
		type: 'klingLipSyncApi',
		data: { apiKey: api.settings.apiKey, baseUrl: api.url },
	});

/**
 * Makes nodes of a type of this package.
 * @param {'klingLipSync' | 'klingLipSyncTrigger'} type
 * @param {object} credential see {@link klingCredential}
 */
const nodesOf = (type, credential) => (name, parameters, more) => ({
	name,
	type: `${PACKAGE}.${type}`,
	typeVersion: VERSIONS[type],
	credentials: { klingLipSyncApi: credential },
	parameters,
	...more,
});

/**
 * Makes nodes of this package that use one credential.
 * @param {import('./client').RestClient} server
 * @param {object} api see {@link startApi}
 */
async function klingNodes(server, api) {
	const credential = await klingCredential(server, api);
	const action = nodesOf('klingLipSync', credential);
	const trigger = nodesOf('klingLipSyncTrigger', credential);
	return {
		credential,
		/** Drives one face with an audio file that is named by the item's `n`, in a folder `tag`. */
		lipSync: (tag, parameters, { name = 'Kling', ...more } = {}) =>
			action(
				name,
				{
					operation: 'lipSync',
					faceSource: 'session',
					sessionId: api.sessionId,
					faceSelection: 'single',
					faceId: 'face_001',
					audioSource: 'url',
					audioUrl: `=https://example.com/${tag}/{{ $json.n ?? 0 }}.mp3`,
					...parameters,
				},
				more,
			),
		getTask: (parameters, { name = 'Get', ...more } = {}) =>
			action(name, { operation: 'getTask', ...parameters }, more),
		trigger: (parameters, { name = 'Trigger', ...more } = {}) => trigger(name, parameters, more),
	};
}

/** @returns {string[]} of a lip sync request: the tag and the item's `n`, see {@link klingNodes} */
const audioOf = (request) => request.face_choose?.[0].sound_file.split(/[/.]/).slice(-3) ?? [];

/**
 * @param {object} api
 * @param {string} tag
 * @returns {object[]} the lip sync tasks with that tag, in the order of their items
 */
function tasksOf(api, tag) {
	return [...api.tasks.values()]
		.filter(({ request }) => audioOf(request)[0] === tag)
		.sort((a, b) => audioOf(a.request)[1] - audioOf(b.request)[1]);
}

module.exports = {
	audioOf,
	chain,
	items,
	klingCredential,
	klingNodes,
	manualStart,
	next,
	nodesOf,
	startApi,
	subWorkflow,
	subWorkflowStart,
	tasksOf,
	webhookStart,
	NEVER_MS,
};
