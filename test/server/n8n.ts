/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** n8n's processes: main, worker and webhook processor, and Redis between them. */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { InstalledN8n } from './install';
import { accepts, freePort, HOST, Process } from './processes';
import type { Environment } from './processes';

/** The variables of every n8n that a test starts. */
function baseEnvironment({ dir, nodeBin }: InstalledN8n, userFolder: string): Environment {
	return {
		// Not all of process.env: Jest's NODE_ENV stops n8n, and a developer's own N8N_* would leak in.
		// n8n starts its task runner with the `node` it finds there.
		PATH: [path.dirname(nodeBin), process.env.PATH].join(path.delimiter),
		HOME: userFolder,
		LANG: 'C.UTF-8',
		TZ: 'UTC',
		NODE_COMPILE_CACHE: path.join(dir, '.compile-cache'),
		N8N_USER_FOLDER: userFolder,
		N8N_HOST: HOST,
		N8N_LISTEN_ADDRESS: HOST,
		N8N_SECURE_COOKIE: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		// Half of the start goes into the editor's files. A test that opens a browser overrides this.
		N8N_DISABLE_UI: 'true',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '5',
	};
}

/** One key for all processes of a server, and the same one when a test comes back to a folder. */
export function encryptionKeyOf(userFolder: string) {
	const file = path.join(userFolder, 'encryption-key');
	if (!fs.existsSync(file)) fs.writeFileSync(file, randomBytes(16).toString('hex'));
	return fs.readFileSync(file, 'utf8');
}

interface N8nOptions {
	n8n: InstalledN8n;
	userFolder: string;
	/** Where it listens; a free port when left out. */
	port?: number;
	/** Variables over those that every n8n of the tests has; asked at each start. */
	env: () => Environment;
	/** Called with each line that it prints. */
	onLine: (line: string) => void;
}

/** An n8n process that is not running yet. A worker has no port that anyone could ask. */
export async function n8nProcess(
	command: 'start' | 'webhook' | 'worker',
	{ n8n, userFolder, port, env, onLine }: N8nOptions,
) {
	const listensOn = port ?? (await freePort());
	const brokerPort = await freePort();
	const url = `http://${HOST}:${listensOn}`;
	const program = () => ({
		command: n8n.nodeBin,
		args: [n8n.n8nBin, command],
		cwd: userFolder,
		env: {
			...baseEnvironment(n8n, userFolder),
			N8N_PORT: String(listensOn),
			N8N_RUNNERS_BROKER_PORT: String(brokerPort),
			...env(),
		},
		isReady: async (printed: string) =>
			command === 'worker'
				? printed.includes('n8n worker is now ready')
				: (await fetch(`${url}/healthz/readiness`)).ok,
	});
	return new Process(program, onLine);
}

/**
 * Redis, not running yet.
 * @param folder where it keeps its data over a restart
 */
export const redisProcess = (port: number, folder: string) =>
	new Process(() => ({
		command: 'redis-server',
		args: ['--port', String(port), '--bind', HOST, '--dir', folder, '--save', '3600 1'],
		cwd: folder,
		env: { PATH: process.env.PATH },
		isReady: async () => await accepts(port),
	}));

/** The variables with which n8n's processes share their work over Redis. */
export const queueEnvironment = (redisPort: number): Environment => ({
	EXECUTIONS_MODE: 'queue',
	QUEUE_BULL_REDIS_HOST: HOST,
	QUEUE_BULL_REDIS_PORT: String(redisPort),
});
