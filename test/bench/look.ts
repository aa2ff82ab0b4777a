/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */

/** Run as a program, it makes one run and prints its time in s and by how many MB the memory grew at most. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startEmulator } from '../emulator';
import { identified } from '../engine/helpers';
import { engineFor, NODE } from './builtPackage';
import { memoryGrowth } from './memory';
import { row, spread, summary } from './stats';

const LINKS = 50;
const ROUNDS = 5;
/** 50 s of 16 bits at 50 kHz are 5 MB. */
const FILE = '/files/sample/silence.wav?ms=50000&rate=50000';

interface Measured {
	seconds: number;
	megabytes: number;
}

async function runOnce(checkMedia: boolean, baseUrl: string, sessionId: string): Promise<Measured> {
	const engine = await engineFor(baseUrl);
	const parameters = {
		operation: 'lipSync',
		faceSource: 'session',
		sessionId,
		faceId: 'face_001',
		audioUrl: '={{ $json.url }}',
		waitMode: 'none',
		options: { checkMedia, soundEndTime: 40_000 },
	};
	const input = (files: string[]) => files.map((url) => ({ json: { url: `${baseUrl}${url}` } }));
	const run = async (files: string[]) => {
		const { status, error } = await engine.run({
			nodes: [{ name: 'Kling', type: NODE, parameters }],
			input: input(files),
		});
		if (status !== 'success') throw new Error(error?.message);
	};
	// What is loaded once is no part of the figures.
	await run([`${FILE}&warm`]);
	let seconds = 0;
	const megabytes = await memoryGrowth(async () => {
		const began = performance.now();
		await run(Array.from({ length: LINKS }, (_, n) => `${FILE}&n=${n}`));
		seconds = (performance.now() - began) / 1000;
	});
	await engine.close();
	return { seconds, megabytes };
}

/** Time and memory of a run that looks at 50 links of 5 MB, beside one that looks at none. */
export async function look() {
	const api = await startEmulator({ strict: false, lipSyncMs: 3_600_000 });
	const { sessionId } = await identified(api);
	const measure = async (checkMedia: boolean): Promise<Measured> => {
		const args = [...process.execArgv, __filename, String(checkMedia), api.url, sessionId];
		const { stdout } = await promisify(execFile)(process.execPath, args);
		return JSON.parse(stdout.trim().split('\n').pop()!) as Measured;
	};
	const looking: Measured[] = [];
	const blind: Measured[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		looking.push(await measure(true));
		blind.push(await measure(false));
	}
	await api.close();
	const rowOf = (
		what: string,
		field: keyof Measured,
		most: number,
		unit: string,
		digits: number,
	) => {
		const [ours, other] = [looking, blind].map((all) => all.map((each) => each[field]));
		const [{ median }, { median: without }] = [summary(ours), summary(other)];
		return row(
			`look at ${LINKS} links of 5 MB: ${what}, ${unit}`,
			`${spread(ours, digits)}: ${(median / without).toFixed(1)} ×, ${(median - without).toFixed(digits)} ${unit} more`,
			`${spread(other, digits)} without the look`,
			`< ${most} ${unit} more`,
			median - without < most,
		);
	};
	return [
		rowOf('the run takes', 'seconds', 3, 's', 2),
		rowOf('memory grows by', 'megabytes', 60, 'MB', 0),
	];
}

if (require.main === module) {
	const [checkMedia, baseUrl, sessionId] = process.argv.slice(2);
	runOnce(checkMedia === 'true', baseUrl, sessionId).then(
		(measured) => {
			console.log(JSON.stringify(measured));
			process.exit(0);
		},
		(error) => {
			console.error(error);
			process.exit(1);
		},
	);
}
