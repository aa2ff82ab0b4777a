import { startEmulator } from '../emulator';
import type { Engine } from '../engine/harness';
import { engineFor, NODE } from './builtPackage';
import { row, spread, summary } from './stats';

const ITEMS = 200;
const ROUNDS = 3;

async function seconds(engine: Engine, baseUrl: string, options: object): Promise<number> {
	const input = Array.from({ length: ITEMS }, (_, index) => ({
		json: { url: `${baseUrl}/files/sample/video.mp4?${index}` },
	}));
	const parameters = {
		operation: 'identifyFace',
		videoUrl: '={{ $json.url }}',
		waitMode: 'none',
		options,
	};
	const begin = performance.now();
	const run = await engine.run({ nodes: [{ name: 'Kling', type: NODE, parameters }], input });
	if (run.items('Kling').length !== ITEMS) throw new Error(`${run.status}: ${run.error?.message}`);
	return (performance.now() - begin) / 1000;
}

/** Creating 200 tasks, one after another against the default concurrency. */
export async function creates() {
	const api = await startEmulator({ strict: false, latencyMs: 100, identifyMs: 3_600_000 });
	const engine = await engineFor(api.url);
	const together: number[] = [];
	const inTurn: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		inTurn.push(await seconds(engine, api.url, { maxConcurrency: 1 }));
		together.push(await seconds(engine, api.url, {}));
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
