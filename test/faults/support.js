'use strict';

const http = require('node:http');
const { once } = require('node:events');
const { TIMEOUTS } = require('../../nodes/KlingLipSync/api/timeouts');
const {
	AUDIO,
	IDENTIFY,
	LIP_SYNC,
	VIDEO,
	identified,
	synced,
	until,
} = require('../engine/helpers');
const { helper } = require('../engine/node-types');
const { createWorld, kling, NODE, speedUp } = require('../engine/setup');
const { KlingLipSync } = require('../../nodes/KlingLipSync/KlingLipSync.node');

const KEY = 'test-key';

const WITHOUT_END = Number.MAX_SAFE_INTEGER;

const callsOf = (context) => JSON.parse(context.getNodeParameter('calls', 0));
const agent = (execute) =>
	helper('agent', {
		inputs: ['main', { type: 'ai_tool' }],
		properties: [{ displayName: 'calls', name: 'calls', type: 'json', default: '[]' }],
		execute,
	});

/** Agents that call their tool several times in one execution; its outputs become one item. */
const agents = {
	'test.agentOneByOne': agent(async function () {
		const [tool] = await this.getInputConnectionData('ai_tool', 0);
		const outputs = [];
		for (const call of callsOf(this)) outputs.push(await tool.invoke(call));
		return [[{ json: { outputs } }]];
	}),
	'test.agentAtOnce': agent(async function () {
		const [tool] = await this.getInputConnectionData('ai_tool', 0);
		const outputs = await Promise.all(callsOf(this).map(async (call) => await tool.invoke(call)));
		return [[{ json: { outputs } }]];
	}),
	'test.agentByEngine': agent(async function (response) {
		const done = response?.actionResponses;
		if (done?.length) return [[{ json: { outputs: done.map(({ data }) => data.data?.ai_tool) } }]];
		const [{ name }] = this.getParentNodes(this.getNode().name, { connectionType: 'ai_tool' });
		const actions = callsOf(this).map((input, n) => ({
			actionType: 'ExecutionNodeAction',
			type: 'ai_tool',
			nodeName: name,
			input,
			id: `call-${n}`,
			metadata: {},
		}));
		return { actions, metadata: {} };
	}),
};

/**
 * A world for each test of the file, with a fast clock.
 *
 * @param {object} [options]
 * @param {number} [options.factor] how many times faster the waiting goes
 * @returns {object} filled before each test: `{ api, engine }`
 */
function useWorld({ factor = 400 } = {}) {
	const world = {};
	const usual = { ...TIMEOUTS };
	let restoreClock;
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

/**
 * Lets requests be given up soon where the fault makes one hang; the others have all the time that they need on
 * a busy machine.
 */
function giveUpSoon(fault, ms = 150) {
	if (fault?.kind.startsWith('hang'))
		Object.assign(TIMEOUTS, { create: ms, query: ms, download: ms });
}

/** A lip sync task that was created elsewhere and is still running. */
const running = async (api) => await synced(api, { ms: api.settings.lipSyncMs });

const identifyFace = (parameters = {}, settings = {}) =>
	kling({ operation: 'identifyFace', videoUrl: VIDEO, ...parameters }, settings);

const lipSync = (parameters = {}, settings = {}) =>
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

const getTask = (parameters = {}, settings = {}) =>
	kling({ operation: 'getTask', ...parameters }, settings);

/** Some items, told apart by `n`. */
const items = (count, json = {}) =>
	Array.from({ length: count }, (_, n) => ({ json: { n, ...json } }));

/** Everything a person could get to see of a run: items, errors, the execution's data and n8n's log. */
const visible = (engine, run) =>
	JSON.stringify([run.data, run.error, run.error?.message, run.error?.description, engine.logs]);

/**
 * A local HTTP server.
 *
 * @param {http.RequestListener} listener
 * @returns {Promise<{ url: string, requests: http.IncomingMessage[] }>} closed after the test
 */
async function serve(listener) {
	const requests = [];
	const server = http.createServer((req, res) => {
		requests.push(req);
		listener(req, res);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	servers.push(server);
	return { url: `http://localhost:${server.address().port}`, requests };
}

const servers = [];
afterEach(async () => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

module.exports = {
	AUDIO,
	getTask,
	giveUpSoon,
	IDENTIFY,
	identified,
	identifyFace,
	items,
	KEY,
	LIP_SYNC,
	lipSync,
	running,
	serve,
	synced,
	until,
	useWorld,
	VIDEO,
	visible,
	WITHOUT_END,
};
