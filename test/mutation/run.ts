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
import { belowThreshold, folderOf, READERS, scores, type Report } from './scores';
import { BUDGET, BUDGET_OF_ALL } from './selection';

const ROOT = path.join(__dirname, '../..');
const REPORTS = path.join(ROOT, 'artifacts/mutation');
const HOUSE = 'nodes/KlingLipSync';

/** How many lines a stretch has. */
const STRETCH = 8;

const HELP = `Usage: npm run mutation -- [options]

  --since REV    only the files that changed since a revision
  --only GLOB    only these files, such as "${HOUSE}/task/price.ts"; may be given several times
  --room NAME    task, readers (of media) or rest
  --share N      only every Nth stretch of lines, for an estimate in an Nth of the time
  --quick        without what is worked out when a file is loaded, which takes four times as many tests
  --help         this text

The report to read: artifacts/mutation/<room>.html`;

const UNIT = '<rootDir>/test/unit/!(readme|contributing).test.ts';
const MEDIA = '<rootDir>/test/unit/media/*.test.ts';

/**
 * Which tests a mistake in a file meets. Pure rules are noticed by tests of functions; the engine is
 * for what only the engine shows.
 */
const ROOMS = {
	task: [UNIT],
	readers: [MEDIA, '<rootDir>/test/faults/hostileMedia.test.ts'],
	rest: [
		UNIT,
		MEDIA,
		'<rootDir>/test/engine/*.test.ts',
		'<rootDir>/test/faults/!(fuzz|hostile|hostileMedia).test.ts',
		'<rootDir>/test/simulation/pausing.test.ts',
	],
};
type Room = keyof typeof ROOMS;

/** What the panels of nodes and credential show: texts and tables. */
const TABLES = /\/operations\/.*fields\.ts$|\.node\.ts$|\.credentials\.ts$/i;

function git(...args: string[]): string[] {
	return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\n');
}

/** The published files that are to be changed. */
function chosenFiles({ only = ['**'], since }: { only?: string[]; since?: string }): string[] {
	const names = since
		? git('diff', '--name-only', '--diff-filter=d', since)
		: git('ls-files', ...only.map((glob) => `:(glob)${glob}`));
	return names.filter((name) => /^(nodes|credentials)\/.*\.ts$/.test(name));
}

function roomOf(file: string): Room | undefined {
	const folder = folderOf(file);
	if (folder === 'task') return 'task';
	if (folder === READERS) return 'readers';
	return TABLES.test(file) ? undefined : 'rest';
}

/** Every so many-th stretch of lines of some files, as ranges for the tool. */
function everyNth(nth: number, files: string[]): string[] {
	let stretches = 0;
	return files.flatMap((name) => {
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
	files: string[],
	nth: number,
	ignoreStatic: boolean,
): Report | undefined {
	const chosen = files.filter((file) => roomOf(file) === room);
	if (chosen.length === 0) return undefined;
	const report = path.join(REPORTS, `${room}.json`);
	fs.mkdirSync(REPORTS, { recursive: true });
	fs.rmSync(report, { force: true });
	const config = path.join(REPORTS, `${room}.config.json`);
	fs.writeFileSync(
		config,
		JSON.stringify({
			testRunner: 'jest',
			jest: {
				// The runner knows better which tests reach a mistake, and needs no time to find out.
				enableFindRelatedTests: false,
				config: {
					...jestConfig,
					testEnvironment: path.join(__dirname, 'environment.ts'),
					runner: path.join(__dirname, 'runner.ts'),
					testMatch: ROOMS[room],
				},
			},
			// It loads the environment without Jest, which would transpile it.
			testRunnerNodeArgs: ['-r', path.join(ROOT, 'test/register.js')],
			coverageAnalysis: 'perTest',
			ignoreStatic,
			mutate: nth > 1 ? everyNth(nth, chosen) : chosen,
			ignorePatterns: ['dist', 'artifacts', 'docs'],
			concurrency: room === 'rest' ? 4 : 3,
			// For what goes round in circles. Readers and rules never wait. All else is given up by its tests, of which
			// no more are chosen than there is time for, and which share two processors with three other runs.
			timeoutMS: room === 'rest' ? 3 * (ignoreStatic ? BUDGET : BUDGET_OF_ALL) : 5_000,
			timeoutFactor: room === 'rest' ? 0 : 3,
			tempDirName: 'artifacts/mutation/sandbox',
			// What a broken run left behind would be linted.
			cleanTempDir: 'always',
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
		options: {
			since: text,
			only: { ...text, multiple: true },
			room: text,
			share: text,
			quick: flag,
			help: flag,
		},
	});
	if (values.help) return console.log(HELP);
	const rooms = (values.room ? [values.room] : Object.keys(ROOMS)) as Room[];
	const nth = Number(values.share ?? 1);
	if (!Number.isInteger(nth) || nth < 1) throw new Error(`--share takes a whole number:\n${HELP}`);
	// It is met by each change to waiting: a tenth of the orders is enough to notice one.
	process.env.SIMULATION_RUNS ??= '200';
	const files = chosenFiles(values);
	const isQuick = values.quick === true;
	const found = scores(
		rooms.flatMap((room) => mutate(room, files, nth, isQuick) ?? []),
		isQuick,
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
