/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */

/** Run as a program, it downloads once and prints by how many MB the memory grew at most. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startEmulator } from '../emulator';
import { synced } from '../engine/helpers';
import { helper } from '../engine/node-types';
import { engineFor, NODE } from './builtPackage';
import { memoryGrowth } from './memory';
import { row, spread, summary } from './stats';

const SIZE = 500_000_000;
const ROUNDS = 3;

/** What this package does, and what a node does that holds the file in memory. */
const ways = {
	streamed: undefined,
	buffered: helper('buffered', {
		properties: [{ displayName: 'URL', name: 'url', type: 'string', default: '' }],
		async execute() {
			const url = this.getNodeParameter('url', 0) as string;
			const body = await this.helpers.httpRequest({ url, encoding: 'arraybuffer' });
			const file = Buffer.from(body as ArrayBuffer);
			const data = await this.helpers.prepareBinaryData(file, 'video.mp4', 'video/mp4');
			return [[{ json: {}, binary: { data } }]];
		},
	}),
};
type Way = keyof typeof ways;

async function downloadOnce(way: Way, baseUrl: string, taskId: string) {
	const engine = await engineFor(baseUrl, { node: ways[way], binaryMode: 'filesystem' });
	const parameters = {
		operation: 'getTask',
		taskId,
		url: `${baseUrl}/files/result/${taskId}.mp4`,
		options: { downloadVideo: true },
	};
	const megabytes = await memoryGrowth(async () => {
		const run = await engine.run({ nodes: [{ name: 'Kling', type: NODE, parameters }] });
		if (run.status !== 'success') throw new Error(run.error?.message);
		const { bytes } = run.items('Kling')[0].binary.data;
		if (bytes !== undefined && bytes !== SIZE) throw new Error(`${bytes} bytes arrived`);
	});
	await engine.close();
	console.log(megabytes);
}

/** Memory while a result of 500 MB is downloaded, each time in a process of its own. */
export async function download() {
	const api = await startEmulator({ strict: false, resultBytes: SIZE });
	const taskId = await synced(api, { ms: 0 });

	const measure = async (way: Way) => {
		const args = [...process.execArgv, __filename, way, api.url, taskId];
		const { stdout } = await promisify(execFile)(process.execPath, args);
		return Number(stdout.trim().split('\n').pop());
	};
	const streamed: number[] = [];
	const buffered: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		streamed.push(await measure('streamed'));
		buffered.push(await measure('buffered'));
	}
	await api.close();
	const { median } = summary(streamed);
	return [
		row(
			'download 500 MB: memory grows by, MB',
			spread(streamed, 0),
			`${spread(buffered, 0)} held in memory`,
			'≤ 100 MB',
			median <= 100,
		),
	];
}

if (require.main === module) {
	const [way, baseUrl, taskId] = process.argv.slice(2);
	downloadOnce(way as Way, baseUrl, taskId).then(
		() => process.exit(0),
		(error) => {
			console.error(error);
			process.exit(1);
		},
	);
}
