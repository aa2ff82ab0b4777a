/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */
/**
 * Installs the n8n that the tests of this folder run, once, into a cache folder outside the clone.
 * Run by hand: `node -r ./test/register test/server/install.ts`
 */

import { spawn, spawnSync } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PINNED = path.join(__dirname, 'n8n');
const HEARTBEAT_MS = 30_000;
const NEEDED_NODE = 24;

/** Where n8n is, and how it is run. */
export interface InstalledN8n {
	/** The folder with its `node_modules`. */
	dir: string;
	nodeBin: string;
	n8nBin: string;
}

type Log = (line: string) => void;

interface Report {
	log: Log;
	logFile: string;
	/** What may help when a step has failed. */
	hint?: () => string;
}

/** The folder this version of the lockfile is installed in. */
function cacheFolder() {
	const lock = fs.readFileSync(path.join(PINNED, 'package-lock.json'));
	const hash = createHash('sha256').update(lock).digest('hex').slice(0, 12);
	const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
	return path.join(cache, 'n8n-nodes-kling-lip-sync', `n8n-${hash}`);
}

// The pinned Node goes first even where the system's own would do: everybody then tests on the
// same one, and its package brings the headers that compiling sqlite3 needs.
function nodeIn(dir: string) {
	const pinned = path.join(dir, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
	if (fs.existsSync(pinned)) return pinned;
	if (parseInt(process.versions.node, 10) >= NEEDED_NODE) return process.execPath;
	throw new Error(
		`n8n needs Node ${NEEDED_NODE} or newer and this is Node ${process.versions.node}. ` +
			`There is no ready-made one for ${process.platform}-${process.arch} in npm: ` +
			`install Node ${NEEDED_NODE} and run this again with it.`,
	);
}

const describe = (dir: string): InstalledN8n => ({
	dir,
	nodeBin: nodeIn(dir),
	n8nBin: path.join(dir, 'node_modules/n8n/bin/n8n'),
});

function missingTools() {
	const runs = (tool: string) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;
	const missing = ['python3', 'make', 'c++'].filter((tool) => !runs(tool));
	if (!missing.length) return '';
	return `Not installed here: ${missing.join(', ')}. On Debian or Ubuntu: apt install python3 make g++`;
}

async function step(
	name: string,
	{ log, logFile, hint = () => '' }: Report,
	command: string,
	args: string[],
	options: SpawnOptions,
) {
	const start = Date.now();
	const elapsed = () => `${Math.round((Date.now() - start) / 1000)} s`;
	log(`${name} …`);
	const heartbeat = setInterval(
		() => log(`${name}: still at work after ${elapsed()}`),
		HEARTBEAT_MS,
	);
	const output = fs.openSync(logFile, 'a');
	try {
		const failure = await new Promise<string>((resolve) => {
			const child = spawn(command, args, { ...options, stdio: ['ignore', output, output] });
			child.on('error', (error) => resolve(error.message));
			child.on('exit', (code, signal) =>
				resolve(code === 0 ? '' : `it ended with ${signal ?? code}`),
			);
		});
		if (failure) {
			const tail = fs.readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
			throw new Error(`${name} failed: ${failure}. ${hint()}\nEnd of ${logFile}:\n${tail}`);
		}
	} finally {
		clearInterval(heartbeat);
		fs.closeSync(output);
	}
	log(`${name}: done in ${elapsed()}`);
}

/**
 * Makes sure the pinned n8n is installed and says where.
 * An install that was broken off is noticed by its missing marker file and done again.
 */
export async function ensureN8n({ log = console.log }: { log?: Log } = {}): Promise<InstalledN8n> {
	const dir = cacheFolder();
	const marker = path.join(dir, '.complete');
	if (fs.existsSync(marker)) return describe(dir);

	log(
		`Installing n8n for the server tests into ${dir}. This happens once and takes some minutes and 3 GB.`,
	);
	fs.rmSync(dir, { recursive: true, force: true });
	fs.mkdirSync(dir, { recursive: true });
	for (const file of fs.readdirSync(PINNED))
		fs.copyFileSync(path.join(PINNED, file), path.join(dir, file));

	const report = { log, logFile: path.join(dir, 'install.log') };
	// Without the packages' own scripts: only sqlite3 has one that n8n cannot do without.
	// And not `npm ci`: that refuses a lockfile without the optional binaries of other platforms.
	const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
	await step('1/3 Downloading n8n', report, 'npm', install, { cwd: dir });

	const installed = describe(dir);
	const nodeFolder = path.dirname(path.dirname(installed.nodeBin));
	await step(
		'2/3 Fetching or compiling sqlite3',
		{ ...report, hint: missingTools },
		'npm',
		// What sqlite3's install script does, but with the node-gyp of npm: the one in n8n's tree does
		// not know Python 3.12.
		['exec', '-c', 'prebuild-install -r napi || node "$npm_config_node_gyp" rebuild'],
		{
			cwd: path.join(dir, 'node_modules/sqlite3'),
			env: {
				...process.env,
				PATH: `${path.join(nodeFolder, 'bin')}${path.delimiter}${process.env.PATH}`,
				npm_config_nodedir: nodeFolder,
			},
		},
	);
	const check = '"$0" -e "require(\'sqlite3\')" && "$0" "$1" --version';
	const { nodeBin, n8nBin } = installed;
	await step('3/3 Trying n8n', report, 'sh', ['-c', check, nodeBin, n8nBin], { cwd: dir });

	fs.writeFileSync(marker, `${new Date().toISOString()}\n`);
	return installed;
}

if (require.main === module) {
	ensureN8n().then(
		({ dir }) => console.log(`n8n is ready in ${dir}`),
		(error: Error) => {
			console.error(error.message);
			process.exitCode = 1;
		},
	);
}
