/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** A PostgreSQL of a test's own, from the system's package. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { accepts, HOST, Process } from '../server/processes';
import type { Environment } from '../server/processes';

/** Where Debian and its like put the programs of a server, one folder a version. */
const VERSIONS = '/usr/lib/postgresql';
const USER = 'n8n';
const DATABASE = 'postgres';

function binFolder() {
	const versions = fs.existsSync(VERSIONS) ? fs.readdirSync(VERSIONS).map(Number) : [];
	if (versions.length === 0) {
		throw new Error(`There is no PostgreSQL in ${VERSIONS}. On Debian: apt install postgresql`);
	}
	return path.join(VERSIONS, String(Math.max(...versions)), 'bin');
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package has made. */
function systemUser() {
	if (process.getuid?.() !== 0) return undefined;
	const idOf = (flag: string) =>
		Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
	return { uid: idOf('-u'), gid: idOf('-g') };
}

export interface Postgres {
	process: Process;
	/** The variables by which n8n finds it. */
	environment: Environment;
	/** Removes its data; it must have been stopped. */
	remove(): void;
}

/** A database that is made but not started. */
export function createPostgres(port: number): Postgres {
	const bin = binFolder();
	const user = systemUser();
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-postgres-'));
	if (user) fs.chownSync(folder, user.uid, user.gid);
	const env = { PATH: process.env.PATH, LANG: 'C.UTF-8' };
	const init = ['--pgdata', folder, '--username', USER, '--auth', 'trust', '--no-sync'];
	execFileSync(path.join(bin, 'initdb'), [...init, '--encoding', 'UTF8', '--no-instructions'], {
		...user,
		cwd: folder,
		env: env as NodeJS.ProcessEnv,
	});
	const settings = {
		port,
		listen_addresses: HOST,
		unix_socket_directories: '',
		max_connections: 200,
		// n8n's own filters by time leave the zone out.
		timezone: 'UTC',
		// Only a crash of the machine could tell the difference, and it would end the test as well.
		fsync: 'off',
	};
	return {
		process: new Process(() => ({
			command: path.join(bin, 'postgres'),
			args: [
				'-D',
				folder,
				...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
			],
			cwd: folder,
			env,
			user,
			// As its service is restarted: whoever is connected is cut off, and nothing is lost.
			stopSignal: 'SIGINT',
			isReady: async (printed) =>
				printed.includes('ready to accept connections') && (await accepts(port)),
		})),
		environment: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: HOST,
			DB_POSTGRESDB_PORT: String(port),
			DB_POSTGRESDB_USER: USER,
			DB_POSTGRESDB_DATABASE: DATABASE,
		},
		remove: () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
	};
}
