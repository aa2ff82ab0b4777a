'use strict';

const { KlingLipSync, KlingLipSyncApi } = require('../..');
const { startEmulator } = require('../emulator');
const { createEngine } = require('../engine/harness');
const { row, spread, summary } = require('./stats');

const NODE = 'n8n-nodes-kling-lip-sync.klingLipSync';
const ITEMS = 200;
const ROUNDS = 3;

async function seconds(engine, api, options) {
	const input = Array.from({ length: ITEMS }, (_, index) => ({
		json: { url: `${api.url}/files/sample/video.mp4?${index}` },
	}));
	const parameters = {
		operation: 'identifyFace',
		videoUrl: '={{ $json.url }}',
		waitMode: 'none',
		options,
	};
	const begin = performance.now();
	const run = await engine.run({
		nodes: [{ name: 'Kling', type: NODE, parameters }],
		chain: ['Kling'],
		input,
	});
	if (run.items('Kling').length !== ITEMS) throw new Error(`${run.status}: ${run.error?.message}`);
	return (performance.now() - begin) / 1000;
}

/** Creating 200 tasks, one after another against the default concurrency. */
async function creates() {
	const api = await startEmulator({ strict: false, latencyMs: 100, identifyMs: 3_600_000 });
	const engine = await createEngine({
		nodeTypes: { [NODE]: new KlingLipSync() },
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: 'test-key', baseUrl: api.url },
	});
	const together = [];
	const inTurn = [];
	for (let round = 0; round < ROUNDS; round++) {
		inTurn.push(await seconds(engine, api, { maxConcurrency: 1 }));
		together.push(await seconds(engine, api, {}));
	}
	await engine.close();
	await api.close();
	const factor = summary(inTurn).median / summary(together).median;
	return [
		row(
			`create ${ITEMS} tasks at 100 ms latency, s`,
			`${spread(together)}: ${factor.toFixed(1)} × as fast`,
			`${spread(inTurn)} one after another`,
			'≥ 4 ×',
			factor >= 4,
		),
	];
}

module.exports = { creates };
