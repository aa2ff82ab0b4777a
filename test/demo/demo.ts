/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console, @typescript-eslint/no-require-imports */

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { IConnections, INode } from 'n8n-workflow';
import type { KlingLipSyncApi as Credential } from '../../credentials/KlingLipSyncApi.credentials';
import example from '../../examples/quick-start.json';
import type { KlingLipSync as Node } from '../../nodes/KlingLipSync/KlingLipSync.node';
import { startEmulator } from '../emulator';
import { createEngine, type Engine } from '../engine/harness';

/** The built package. */
const { KlingLipSync, KlingLipSyncApi } = require('../..') as {
	KlingLipSync: typeof Node;
	KlingLipSyncApi: typeof Credential;
};

const workflow = example as unknown as { nodes: INode[]; connections: IConnections };

const KLING = 'n8n-nodes-kling-lip-sync.klingLipSync';
const HELP = `Usage: npm run demo -- [options]

Runs examples/quick-start.json through n8n's own engine with the built nodes.
Without an account an emulator of the API takes the place of the service.

  --video …   address of a video      } needed with the environment variable
  --audio …   address of an audio     } KLING_API_KEY, which runs the real service
  --out …     folder for the result   (artifacts)`;

const started = Date.now();
const say = (text: string) =>
	console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);

function readOptions() {
	const text = { type: 'string' as const };
	const { values } = parseArgs({
		options: {
			video: text,
			audio: text,
			out: { ...text, default: 'artifacts' },
			help: { type: 'boolean' },
		},
	});
	return values;
}

/** Fills in the media, and stands in for the trigger, which comes with the n8n server only. */
function asEngineNode(node: INode, clip: object): INode {
	return node.type === KLING
		? { ...node, parameters: { ...node.parameters, ...clip } }
		: { ...node, type: 'test.noOp', parameters: {} };
}

/** Prints the nodes' log, which tells each state of each task. */
function follow(engine: Engine): () => void {
	let printed = 0;
	const print = () => {
		for (const { message } of engine.logs.slice(printed)) {
			const state = /^Kling Lip Sync: (task .*)$/.exec(message);
			const node = /^Running node "(Identify Face|Lip Sync)" started$/.exec(message);
			if (node) say(`node ${node[1]}`);
			if (state) say(`     ${state[1]}`);
		}
		printed = engine.logs.length;
	};
	const timer = setInterval(print, 100);
	return () => {
		clearInterval(timer);
		print();
	};
}

async function main() {
	const { video, audio, out, help } = readOptions();
	if (help) return console.log(HELP);
	const apiKey = process.env.KLING_API_KEY;
	if (apiKey && !(video && audio)) {
		throw new Error(
			'With KLING_API_KEY set, give --video and --audio too. See npm run demo -- --help',
		);
	}
	const emulator = apiKey ? undefined : await startEmulator({ apiKey: 'demo-key' });
	const baseUrl = emulator?.url ?? process.env.KLING_BASE_URL ?? 'https://apimodels.app';
	say(
		emulator
			? `no KLING_API_KEY set: the emulator answers at ${baseUrl}`
			: `using the API at ${baseUrl}`,
	);

	const engine = await createEngine({
		nodeTypes: { [KLING]: new KlingLipSync() },
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: apiKey ?? 'demo-key', baseUrl },
	});
	const stopFollowing = follow(engine);
	try {
		const clip = {
			videoUrl: video ?? `${baseUrl}/files/sample/video.mp4`,
			audioUrl: audio ?? `${baseUrl}/files/sample/voice.mp3`,
		};
		const nodes = workflow.nodes
			.filter(({ type }) => !type.endsWith('.stickyNote'))
			.map((node) => asEngineNode(node, clip));
		say(
			`workflow ${path.relative(process.cwd(), require.resolve('../../examples/quick-start.json'))}`,
		);
		const run = await engine.run({
			nodes,
			connections: workflow.connections,
			startNode: nodes[0].name,
		});
		stopFollowing();
		if (run.status !== 'success') {
			const { message, description = '' } = run.error ?? {};
			throw new Error(`${message} ${description}`.trim());
		}
		const [item] = run.items('Lip Sync');
		const file = path.resolve(out, item.binary?.data.fileName ?? 'result.mp4');
		await mkdir(path.dirname(file), { recursive: true });
		await writeFile(file, await engine.binary(item));
		say('done');
		console.log(`\nThe lip-synced video: ${file}`);
		console.log(
			'\nNext, in n8n: Settings > Community nodes > Install > n8n-nodes-kling-lip-sync,\nthen import examples/quick-start.json, choose your credential and run it.',
		);
	} finally {
		stopFollowing();
		await engine.close();
		await emulator?.close();
	}
}

main().then(
	() => process.exit(0),
	(error: Error) => {
		console.error(`\nThe demo could not finish: ${error.message}`);
		process.exit(1);
	},
);
