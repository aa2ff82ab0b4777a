'use strict';

/** Run as a program, it downloads once and prints by how many MB the memory grew at most. */

const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { startEmulator } = require('../emulator');
const { synced } = require('../engine/helpers');
const { row, spread, summary } = require('./stats');

const NODE = 'n8n-nodes-kling-lip-sync.klingLipSync';
const SIZE = 500_000_000;
const ROUNDS = 3;
const MB = 1_000_000;

/** What this package does, and what a node does that holds the file in memory. */
const ways = {
	streamed: () => new (require('../..').KlingLipSync)(),
	buffered: () => ({
		description: {
			displayName: 'Buffered',
			name: 'buffered',
			group: ['transform'],
			version: 1,
			defaults: { name: 'Buffered' },
			inputs: ['main'],
			outputs: ['main'],
			properties: [{ displayName: 'URL', name: 'url', type: 'string', default: '' }],
		},
		async execute() {
			const url = this.getNodeParameter('url', 0);
			const body = await this.helpers.httpRequest({ url, encoding: 'arraybuffer' });
			const data = await this.helpers.prepareBinaryData(
				Buffer.from(body),
				'video.mp4',
				'video/mp4',
			);
			return [[{ json: {}, binary: { data } }]];
		},
	}),
};

async function downloadOnce(way, baseUrl, taskId) {
	const { KlingLipSyncApi } = require('../..');
	const { createEngine } = require('../engine/harness');
	const engine = await createEngine({
		nodeTypes: { [NODE]: ways[way]() },
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: 'test-key', baseUrl },
		binaryMode: 'filesystem',
	});
	const parameters = {
		operation: 'getTask',
		taskId,
		url: `${baseUrl}/files/result/${taskId}.mp4`,
		options: { downloadVideo: true },
	};
	const before = process.memoryUsage().rss;
	let peak = before;
	const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
	const run = await engine.run({
		nodes: [{ name: 'Kling', type: NODE, parameters }],
		chain: ['Kling'],
	});
	clearInterval(timer);
	if (run.status !== 'success') throw new Error(run.error.message);
	const [{ binary }] = run.items('Kling');
	if (binary.data.bytes !== undefined && binary.data.bytes !== SIZE) {
		throw new Error(`${binary.data.bytes} bytes arrived`);
	}
	await engine.close();
	console.log((peak - before) / MB);
}

/** Memory while a result of 500 MB is downloaded, each time in a process of its own. */
async function download() {
	const api = await startEmulator({ strict: false, resultBytes: SIZE });
	const taskId = await synced(api, { ms: 0 });

	const grown = { streamed: [], buffered: [] };
	for (let round = 0; round < ROUNDS; round++) {
		for (const way of Object.keys(grown)) {
			const { stdout } = await promisify(execFile)(process.execPath, [
				__filename,
				way,
				api.url,
				taskId,
			]);
			grown[way].push(Number(stdout.trim().split('\n').pop()));
		}
	}
	await api.close();
	const { median } = summary(grown.streamed);
	return [
		row(
			'download 500 MB: memory grows by, MB',
			spread(grown.streamed, 0),
			`${spread(grown.buffered, 0)} held in memory`,
			'≤ 100 MB',
			median <= 100,
		),
	];
}

if (require.main === module) {
	downloadOnce(...process.argv.slice(2)).then(
		() => process.exit(0),
		(error) => {
			console.error(error);
			process.exit(1);
		},
	);
}

module.exports = { download };
