/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, no-console */

/**
 * Changes the published code in thousands of small ways, one at a time, and counts how many of the
 * changes the tests notice. See `--help`.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import jestConfig from '../../jest.config.js';
import { belowThreshold, scores, type Report } from './scores';

const ROOT = path.join(__dirname, '../..');
const REPORTS = path.join(ROOT, 'artifacts/mutation');
const HOUSE = 'nodes/KlingLipSync';

/** How many lines a stretch has. */
const STRETCH = 8;

const HELP = `Usage: npm run mutation -- [options]

  --since REV    only the files that changed since a revision
  --only GLOB    only these files, such as "${HOUSE}/task/price.ts"
  --room NAME    task, readers (of media) or rest
  --share N      only every Nth stretch of lines, for an estimate in an Nth of the time
  --quick        without what is worked out when a file is loaded, for which all its tests have to run
  --help         this text

The report to read: artifacts/mutation/<room>.html`;

/** Pure rules are noticed by tests of functions; the engine is for what only the engine shows. */
const ROOMS = {
	task: {
		files: [`${HOUSE}/task/*.ts`],
		without: [],
		tests: ['<rootDir>/test/unit/!(readme|contributing).test.ts'],
	},
	readers: {
		files: [`${HOUSE}/media/*.ts`],
		without: [
			'byteSource',
			'checkMedia',
			'downloadResult',
			'binaryFile',
			'openLink',
			'requestFile',
		].map((name) => `!${HOUSE}/media/${name}.ts`),
		tests: ['<rootDir>/test/unit/media/*.test.ts'],
	},
	rest: {
		files: [`${HOUSE}/**/*.ts`, 'credentials/*.ts'],
		without: [
			`!${HOUSE}/task/*.ts`,
			...[
				'aac',
				'fileWindow',
				'format',
				'klingLimits',
				'mp*',
				'readMedium',
				'sharingLink',
				'tags',
				'wav',
			].map((name) => `!${HOUSE}/media/${name}.ts`),
			// What the panel shows: texts and tables.
			`!${HOUSE}/operations/**/fields.ts`,
			`!${HOUSE}/operations/*Fields.ts`,
			`!${HOUSE}/*.node.ts`,
		],
		tests: [
			'<rootDir>/test/{unit,engine}/**/*.test.ts',
			'<rootDir>/test/faults/!(fuzz|hostile).test.ts',
			'<rootDir>/test/simulation/pausing.test.ts',
		],
	},
};
type Room = keyof typeof ROOMS;

function changedSince(revision: string): string[] {
	const names = execFileSync('git', ['diff', '--name-only', '--diff-filter=d', revision], {
		cwd: ROOT,
		encoding: 'utf8',
	});
	return names.split('\n').filter((name) => /^(nodes|credentials)\/.*\.ts$/.test(name));
}

/**
 * Every so many-th stretch of lines of some files, as ranges for the tool.
 *
 * @param patterns as git knows them
 */
function everyNth(nth: number, patterns: string[]): string[] {
	const names = execFileSync('git', ['ls-files', ...patterns], { cwd: ROOT, encoding: 'utf8' });
	let stretches = 0;
	return names
		.trim()
		.split('\n')
		.flatMap((name) => {
			const lines = fs.readFileSync(path.join(ROOT, name), 'utf8').split('\n').length;
			const starts = [...Array(Math.ceil(lines / STRETCH)).keys()].map((at) => at * STRETCH + 1);
			return starts
				.filter(() => stretches++ % nth === 0)
				.map((start) => `${name}:${start}-${start + STRETCH - 1}`);
		});
}

/** Runs one room and gives back its report; undefined where there is nothing to change. */
function mutate(
	room: Room,
	ignoreStatic: boolean,
	nth: number,
	chosen?: string[],
): Report | undefined {
	const { files, without, tests }: { files: string[]; without: string[]; tests: string[] } =
		ROOMS[room];
	if (chosen?.length === 0) return undefined;
	const report = path.join(REPORTS, `${room}.json`);
	fs.mkdirSync(REPORTS, { recursive: true });
	fs.rmSync(report, { force: true });
	const config = path.join(REPORTS, `${room}.config.json`);
	fs.writeFileSync(
		config,
		JSON.stringify({
			testRunner: 'jest',
			jest: { config: { ...jestConfig, testMatch: tests } },
			coverageAnalysis: 'perTest',
			ignoreStatic,
			mutate:
				nth > 1
					? everyNth(nth, [...(chosen ?? files), ...without.map((name) => `:${name}`)])
					: [...(chosen ?? files), ...without],
			ignorePatterns: ['dist', 'artifacts', 'docs'],
			concurrency: 2,
			timeoutMS: 20_000,
			tempDirName: 'artifacts/mutation/sandbox',
			reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
			htmlReporter: { fileName: path.join(REPORTS, `${room}.html`) },
			jsonReporter: { fileName: report },
			clearTextReporter: { logTests: false, reportTests: false },
			thresholds: { high: 95, low: 85, break: null },
		}),
	);
	const stryker = path.join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js');
	const { status } = spawnSync(process.execPath, [stryker, 'run', config], {
		cwd: ROOT,
		stdio: 'inherit',
	});
	if (status !== 0) throw new Error(`The run of ${room} ended with ${status}`);
	return fs.existsSync(report)
		? (JSON.parse(fs.readFileSync(report, 'utf8')) as Report)
		: undefined;
}

function main(): void {
	const text = { type: 'string' as const };
	const flag = { type: 'boolean' as const };
	const { values } = parseArgs({
		options: { since: text, only: text, room: text, share: text, quick: flag, help: flag },
	});
	if (values.help) return console.log(HELP);
	const chosen = values.only
		? [values.only]
		: values.since
			? changedSince(values.since)
			: undefined;
	const rooms = (values.room ? [values.room] : Object.keys(ROOMS)) as Room[];
	const nth = Number(values.share ?? 1);
	if (!Number.isInteger(nth) || nth < 1) throw new Error(`--share takes a whole number:\n${HELP}`);
	// It is met by each change to waiting: a tenth of the orders is enough to notice one.
	process.env.SIMULATION_RUNS ??= '200';
	const found = scores(
		rooms.flatMap((room) => mutate(room, values.quick === true, nth, chosen) ?? []),
	);
	console.table(found);
	const below = belowThreshold(found);
	for (const { folder, score, least } of below) {
		console.error(
			`${folder}: ${score.toFixed(1)} % of the mistakes are noticed, it should be ${least} %`,
		);
	}
	process.exitCode = below.length > 0 ? 1 : 0;
}

main();
