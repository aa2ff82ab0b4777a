'use strict';

/**
 * A real n8n editor with this package in it, beside an emulator of the API: `npm run dev`.
 * Rebuilds and restarts n8n when a source changes; Ctrl-C stops everything.
 */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

const { startEmulator } = require('../emulator');
const { OWNER } = require('../server/client');
const { ensureN8n } = require('../server/install');
const { packAndInstall, startServer, stopAll } = require('../server/server');
const { klingCredential } = require('../server/workflows');

const run = promisify(execFile);
const ROOT = path.join(__dirname, '../..');
const API_PORT = 4010;
const N8N_PORT = 5678;
const KEY = 'test-key';
/** Editors write a file in several steps. */
const QUIET_MS = 300;

const build = async () => await run('npm', ['run', 'build'], { cwd: ROOT });

/** The examples, with the credential chosen and media that the emulator serves. */
async function importExamples(server, api) {
	const credential = await klingCredential(server, api, 'Kling emulator');
	const folder = path.join(ROOT, 'examples');
	for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.json'))) {
		const text = fs
			.readFileSync(path.join(folder, file), 'utf8')
			.replace(/https:\/\/example\.com\/[a-z]+\.mp4/g, `${api.url}/files/sample/video.mp4`)
			.replace(/https:\/\/example\.com\/[a-z]+\.mp3/g, `${api.url}/files/sample/voice.mp3`);
		const workflow = JSON.parse(text);
		for (const node of workflow.nodes) {
			if (node.type.startsWith('n8n-nodes-kling-lip-sync.')) {
				node.credentials = { klingLipSyncApi: credential };
			}
		}
		await server.createWorkflow(workflow);
	}
}

async function rebuild(server) {
	console.log('changed: rebuilding …');
	try {
		await build();
		await packAndInstall(server.userFolder);
		await server.restart();
		console.log('rebuilt: reload the editor');
	} catch (error) {
		console.error(error.stdout || error.message);
	}
}

function watch(server) {
	let timer;
	let working = Promise.resolve();
	const changed = () => {
		clearTimeout(timer);
		timer = setTimeout(() => (working = working.then(() => rebuild(server))), QUIET_MS);
	};
	const watchers = ['nodes', 'credentials'].map((folder) =>
		fs.watch(path.join(ROOT, folder), { recursive: true }, changed),
	);
	return () => {
		clearTimeout(timer);
		for (const watcher of watchers) watcher.close();
	};
}

async function main() {
	await ensureN8n({ log: console.log });
	console.log('building …');
	await build();
	const api = await startEmulator({ port: API_PORT, apiKey: KEY });
	console.log('starting n8n …');
	const server = await startServer({ port: N8N_PORT, env: { N8N_DISABLE_UI: 'false' } });
	await importExamples(server, api);
	const unwatch = watch(server);
	console.log(
		[
			'',
			`Editor:    ${server.url}`,
			`Login:     ${OWNER.email} / ${OWNER.password}`,
			`Emulator:  ${api.url} (API key ${KEY}; what was asked: ${api.url}/_emulator/log)`,
			'Ctrl-C stops all.',
		].join('\n'),
	);
	const stop = async () => {
		unwatch();
		await stopAll();
		await api.close();
		process.exit(0);
	};
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

main().catch(async (error) => {
	console.error(error.message);
	await stopAll();
	process.exit(1);
});
