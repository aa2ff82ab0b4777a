/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */

/**
 * A real n8n editor with this package in it, beside an emulator of the API: `npm run dev`.
 * Rebuilds and restarts n8n when a source changes; Ctrl-C stops everything.
 */

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startEmulator, type Emulator } from '../emulator';
import { OWNER } from '../server/client';
import { packAndInstall } from '../server/communityPackage';
import { exampleWorkflow, examples } from '../server/exampleWorkflows';
import { ensureN8n } from '../server/install';
import { stopAll } from '../server/processes';
import { startServer } from '../server/server';
import { klingCredential } from '../server/workflows';

type Server = Awaited<ReturnType<typeof startServer>>;

const run = promisify(execFile);
const ROOT = path.join(__dirname, '../..');
const API_PORT = 4010;
const N8N_PORT = 5678;
const KEY = 'test-key';
/** Editors write a file in several steps. */
const QUIET_MS = 300;

const build = async () => await run('npm', ['run', 'build'], { cwd: ROOT });

/** The examples, with the credential chosen and media that the emulator serves. */
async function importExamples(server: Server, api: Emulator) {
	const kling = await klingCredential(server, api, 'Kling emulator');
	const clip = {
		videoUrl: `${api.url}/files/sample/video.mp4`,
		audioUrl: `${api.url}/files/sample/voice.mp3`,
	};
	for (const name of examples())
		await server.createWorkflow(exampleWorkflow(name, { kling }, { Clip: clip, 'Lip Sync': clip }));
}

async function rebuild(server: Server) {
	console.log('changed: rebuilding …');
	try {
		await build();
		await packAndInstall(server.userFolder);
		await server.restart();
		console.log('rebuilt: reload the editor');
	} catch (error) {
		const { stdout, message } = error as Error & { stdout?: string };
		console.error(stdout || message);
	}
}

function watch(server: Server): () => void {
	let timer: NodeJS.Timeout | undefined;
	let working = Promise.resolve();
	const changed = () => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			working = working.then(async () => await rebuild(server));
		}, QUIET_MS);
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
	for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());
}

main().catch(async (error: Error) => {
	console.error(error.message);
	await stopAll();
	process.exit(1);
});
