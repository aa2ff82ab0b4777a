'use strict';

const http = require('node:http');
const { once } = require('node:events');
const { TIMEOUTS } = require('../../nodes/KlingLipSync/api');
const { helper } = require('../engine/node-types');
const { createWorld, kling, NODE, speedUp } = require('../engine/setup');
const { KlingLipSync } = require('../../nodes/KlingLipSync/KlingLipSync.node');

const IDENTIFY = 'kling-identify-face';
const LIP_SYNC = 'kling-advanced-lip-sync';
const KEY = 'test-key';
const VIDEO = 'https://example.com/video.mp4';
const AUDIO = 'https://example.com/voice.mp3';

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

/** Creates a task as something outside this n8n would, and keeps it out of the log. */
async function createOutside(api, body) {
	const response = await fetch(`${api.url}/api/v1/audio/generations`, {
		method: 'POST',
		headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	const { data } = await response.json();
	api.log.length = 0;
	return data.taskId;
}

/** A finished identify task: `{ taskId, sessionId }`. */
async function identified(api) {
	const taskId = await createOutside(api, { model: IDENTIFY, video_url: VIDEO });
	api.finish(taskId);
	return { taskId, sessionId: api.tasks.get(taskId).sessionId };
}

/** A lip sync task that was created elsewhere and is still running. */
async function running(api) {
	const { sessionId } = await identified(api);
	return await createOutside(api, {
		model: LIP_SYNC,
		session_id: sessionId,
		face_choose: [{ face_id: 'face_001', sound_file: AUDIO }],
	});
}

const identifyFace = (parameters = {}, settings = {}) =>
	kling({ operation: 'identifyFace', videoUrl: VIDEO, ...parameters }, settings);

const lipSync = (parameters = {}, settings = {}) =>
	kling(
		{ operation: 'lipSync', faceSelection: 'single', audioUrl: AUDIO, ...parameters },
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

/** Resolves once `condition` holds; rejects when it never does. */
async function until(condition) {
	const deadline = Date.now() + 30_000;
	while (!(await condition())) {
		if (Date.now() > deadline) throw new Error(`It never came to this: ${condition}`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

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
	until,
	useWorld,
	VIDEO,
	visible,
	WITHOUT_END,
};
