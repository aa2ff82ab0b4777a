'use strict';

const { startEmulator } = require('../emulator');
const { createEngine } = require('./harness');
const { KlingLipSyncApi } = require('../../credentials/KlingLipSyncApi.credentials');
const { KlingLipSync } = require('../../nodes/KlingLipSync/KlingLipSync.node');
const { KlingLipSyncTrigger } = require('../../nodes/KlingLipSync/KlingLipSyncTrigger.node');
const { clock } = require('../../nodes/KlingLipSync/clock');

const NODE = 'n8n-nodes-kling-lip-sync.klingLipSync';
const TRIGGER = 'n8n-nodes-kling-lip-sync.klingLipSyncTrigger';

/**
 * Lets the waiting code's time run faster, so that minutes of waiting take a moment.
 *
 * @param {number} factor how many times faster
 * @returns {() => void} puts the real clock back
 */
function speedUp(factor) {
	const { now, sleep } = clock;
	const start = now();
	clock.now = () => start + (now() - start) * factor;
	clock.sleep = async (ms, signal) => await sleep(ms / factor, signal);
	return () => Object.assign(clock, { now, sleep });
}

/**
 * The real engine with this package's nodes, over HTTP against the emulator.
 *
 * @param {object} [settings] `api`: the emulator's settings, `engine`: the engine's options
 */
async function createWorld(settings = {}) {
	const api = await startEmulator({ identifyMs: 30, lipSyncMs: 30, ...settings.api });
	const engine = await createEngine({
		nodeTypes: { [NODE]: new KlingLipSync(), [TRIGGER]: new KlingLipSyncTrigger() },
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: 'test-key', baseUrl: api.url },
		...settings.engine,
	});
	return {
		api,
		engine,
		async close() {
			await engine.close();
			await api.close();
		},
	};
}

/**
 * A Kling Lip Sync node for a workflow.
 *
 * @param {object} parameters the node's parameters
 * @param {object} [settings] further node settings (name, onError, retryOnFail …)
 */
function kling(parameters, settings = {}) {
	return { name: 'Kling', type: NODE, parameters, ...settings };
}

module.exports = { createWorld, kling, NODE, speedUp, TRIGGER };
