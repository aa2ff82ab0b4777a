/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */
/** A real n8n server for a test: its processes here, its REST API in client.ts. */

import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { RestClient, until } from './client';
import { ensureN8n } from './install';

export { nodeOutput } from './client';

const ROOT = path.join(__dirname, '../..');
const HOST = '127.0.0.1';
const BOOT_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;

const exec = promisify(execFile);
const servers = new Set<Server>();

type Environment = Record<string, string | undefined>;

export interface ServerOptions {
	mode?: 'regular' | 'queue';
	/** A folder to keep; without it a new one that {@link Server.stop} removes. */
	userFolder?: string;
	/** Without it a free one. */
	port?: number;
	/** Variables for n8n, over the harness's own. */
	env?: Environment;
	/** In queue mode. */
	workers?: number;
	/** Folder of the package to install, null for none. */
	project?: string | null;
}

/** A process of the server, with what it has printed. */
interface Child {
	process: ChildProcess;
	command: string;
	output: string;
	ended: Promise<void>;
	over: boolean;
}

// All at once, so that no two are the same.
async function freePorts(count: number) {
	const listening = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = net.createServer().listen(0, HOST);
			await new Promise<void>((resolve) => server.once('listening', resolve));
			return server;
		}),
	);
	return await Promise.all(
		listening.map(async (server) => {
			const { port } = server.address() as AddressInfo;
			await new Promise((resolve) => server.close(resolve));
			return port;
		}),
	);
}

async function accepts(port: number) {
	const socket = net.connect(port, HOST);
	return await new Promise<boolean>((resolve) => {
		socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
	}).finally(() => socket.destroy());
}

/**
 * Packs a package and puts it where n8n puts a community package that a user installs.
 * These are the steps of n8n's own installer (community-packages.service.js) without the download,
 * and without its database row, which only the settings page reads.
 * @param userFolder the N8N_USER_FOLDER of the server
 * @param project the folder of the package
 * @returns the folder the package is in now
 */
export async function packAndInstall(userFolder: string, project = ROOT) {
	const nodesFolder = path.join(userFolder, '.n8n/nodes');
	fs.mkdirSync(nodesFolder, { recursive: true });
	const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', nodesFolder];
	const { stdout } = await exec('npm', pack, { cwd: project, maxBuffer: 2 ** 26 });
	type Packed = { name: string; version: string; filename: string };
	const [{ name, version, filename }] = JSON.parse(stdout) as Packed[];

	const tarball = path.join(nodesFolder, filename);
	const target = path.join(nodesFolder, 'node_modules', name);
	fs.mkdirSync(target, { recursive: true });
	await exec('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
	fs.rmSync(tarball);

	const manifestFile = path.join(target, 'package.json');
	const manifest = JSON.parse(fs.readFileSync(manifestFile, 'utf8')) as Record<string, unknown>;
	for (const key of ['devDependencies', 'peerDependencies', 'optionalDependencies'])
		delete manifest[key];
	fs.writeFileSync(manifestFile, JSON.stringify(manifest, null, 2));
	const ledger = { name: 'installed-nodes', private: true, dependencies: { [name]: version } };
	fs.writeFileSync(path.join(nodesFolder, 'package.json'), JSON.stringify(ledger, null, 2));
	return target;
}

/** One n8n at work: a main process, in queue mode workers and Redis too. Made by {@link startServer}. */
export class Server extends RestClient {
	private readonly mode: 'regular' | 'queue';
	private readonly env: Environment;
	private readonly workers: number;
	private readonly ownFolder: boolean;
	readonly userFolder: string;
	private readonly children = new Map<string, Child>();
	private readonly output: string[] = [];
	private port?: number;
	private redisPort?: number;
	private encryptionKey?: string;

	constructor({ mode = 'regular', userFolder, port, env = {}, workers = 1 }: ServerOptions) {
		super();
		this.mode = mode;
		this.port = port;
		this.env = { ...env };
		this.workers = mode === 'queue' ? workers : 0;
		this.ownFolder = !userFolder;
		this.userFolder = userFolder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-server-test-'));
	}

	get url() {
		return `http://${HOST}:${this.port}`;
	}

	get webhookUrl() {
		return `${this.url}/webhook`;
	}

	/** Ids of the living processes by name: main, worker1 …, redis. */
	get pids(): Record<string, number> {
		const children = [...this.children];
		return Object.fromEntries(children.map(([name, child]) => [name, child.process.pid!]));
	}

	/** All that the processes have printed, over restarts too. */
	log() {
		return this.output.join('');
	}

	/** Resident memory of the main process in bytes. */
	memory() {
		const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', String(this.pids.main)], {
			encoding: 'utf8',
		});
		return Number(kilobytes) * 1024;
	}

	private environment(brokerPort: number): Environment {
		return {
			// Not all of process.env: Jest's NODE_ENV stops n8n, and a developer's own N8N_* would leak in.
			// n8n starts its task runner with the `node` it finds there.
			PATH: [path.dirname(this.n8n.nodeBin), process.env.PATH].join(path.delimiter),
			HOME: this.userFolder,
			LANG: 'C.UTF-8',
			TZ: 'UTC',
			NODE_COMPILE_CACHE: path.join(this.n8n.dir, '.compile-cache'),
			N8N_USER_FOLDER: this.userFolder,
			N8N_ENCRYPTION_KEY: this.encryptionKey,
			N8N_HOST: HOST,
			N8N_PORT: String(this.port),
			N8N_LISTEN_ADDRESS: HOST,
			WEBHOOK_URL: `${this.url}/`,
			N8N_SECURE_COOKIE: 'false',
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_TEMPLATES_ENABLED: 'false',
			N8N_PERSONALIZATION_ENABLED: 'false',
			// Half of the start goes into the editor's files. A test that opens a browser overrides this.
			N8N_DISABLE_UI: 'true',
			N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '5',
			N8N_RUNNERS_BROKER_PORT: String(brokerPort),
			...(this.mode === 'queue' && {
				EXECUTIONS_MODE: 'queue',
				QUEUE_BULL_REDIS_HOST: HOST,
				QUEUE_BULL_REDIS_PORT: String(this.redisPort),
			}),
			...this.env,
		};
	}

	private spawn(name: string, command: string, args: string[], env: Environment) {
		const started = spawn(command, args, {
			cwd: this.userFolder,
			env: env as NodeJS.ProcessEnv,
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const child: Child = {
			process: started,
			command,
			output: '',
			over: false,
			ended: new Promise<void>((resolve) => {
				started.once('close', () => resolve());
				started.once('error', (error) => {
					keep(`${error.message}: is ${command} installed?\n`);
					resolve();
				});
			}).then(() => {
				child.over = true;
				if (this.children.get(name) === child) this.children.delete(name);
			}),
		};
		const keep = (text: string) => {
			child.output += text;
			this.output.push(text);
		};
		started.stdout.setEncoding('utf8').on('data', keep);
		started.stderr.setEncoding('utf8').on('data', keep);
		this.children.set(name, child);
		return child;
	}

	private async ready(child: Child, attempt: () => Promise<boolean>) {
		const lastWords = () => child.output.trimEnd().split('\n').slice(-30).join('\n');
		await until(
			async () => {
				if (child.over) throw new Error(`${child.command} ended while starting:\n${lastWords()}`);
				return await attempt().catch(() => false);
			},
			BOOT_TIMEOUT_MS,
			() => `${child.command} did not get ready:\n${lastWords()}`,
		);
	}

	/** Starts what is not running. */
	private async boot() {
		const [brokerPort, ...workerPorts] = await freePorts(1 + this.workers);
		const { nodeBin, n8nBin } = this.n8n;
		const start = async (
			name: string,
			command: string,
			args: string[],
			env: Environment,
			isReady: (child: Child) => Promise<boolean>,
		) => {
			if (this.children.has(name)) return;
			const child = this.spawn(name, command, args, env);
			await this.ready(child, async () => await isReady(child));
		};
		if (this.mode === 'queue') {
			const args = `--port ${this.redisPort} --bind ${HOST} --save`.split(' ').concat('');
			const env = { PATH: process.env.PATH };
			await start('redis', 'redis-server', args, env, async () => await accepts(this.redisPort!));
		}
		const answers = async () => (await fetch(`${this.url}/healthz/readiness`)).ok;
		await start('main', nodeBin, [n8nBin, 'start'], this.environment(brokerPort), answers);
		// The workers afterwards: it is the main process that makes the database.
		const works = async (worker: Child) => worker.output.includes('n8n worker is now ready');
		await Promise.all(
			workerPorts.map(async (port, index) => {
				const env = this.environment(port);
				await start(`worker${index + 1}`, nodeBin, [n8nBin, 'worker'], env, works);
			}),
		);
	}

	/** @param project folder of the package to install, null for none */
	async start(project: string | null) {
		servers.add(this);
		try {
			this.n8n = await ensureN8n();
			const [port, redisPort] = await freePorts(2);
			this.port ??= port;
			this.redisPort = redisPort;
			// One key for main and workers, and the same one when a test comes back to a folder.
			const keyFile = path.join(this.userFolder, 'encryption-key');
			if (!fs.existsSync(keyFile)) fs.writeFileSync(keyFile, randomBytes(16).toString('hex'));
			this.encryptionKey = fs.readFileSync(keyFile, 'utf8');
			if (project) await packAndInstall(this.userFolder, project);
			await this.boot();
			await this.login();
		} catch (error) {
			await this.stop();
			throw error;
		}
		return this;
	}

	private async end(names: string[]) {
		await Promise.all(
			names.map(async (name) => {
				const child = this.children.get(name);
				if (!child) return;
				child.process.kill('SIGTERM');
				const timer = setTimeout(() => child.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
				await child.ended;
				clearTimeout(timer);
			}),
		);
	}

	private async endN8n() {
		await this.end([...this.children.keys()].filter((name) => name !== 'redis'));
	}

	/** Ends all processes, and removes the user folder unless the test brought its own. */
	async stop() {
		await this.endN8n();
		await this.end(['redis']);
		if (this.ownFolder) fs.rmSync(this.userFolder, { recursive: true, force: true, maxRetries: 3 });
		servers.delete(this);
	}

	/** Lets the main process crash. Workers and Redis go on; {@link restart} brings it back. */
	async kill() {
		const main = this.children.get('main')!;
		main.process.kill('SIGKILL');
		await main.ended;
	}

	/**
	 * Starts n8n again on the same folder and ports: main and workers, or after {@link kill} main only.
	 * @param env variables to add
	 */
	async restart(env: Environment = {}) {
		if (this.children.has('main')) await this.endN8n();
		Object.assign(this.env, env);
		await this.boot();
	}
}

/** Starts an n8n server with the package installed, and logs in as its owner. */
export async function startServer({ project = ROOT, ...options }: ServerOptions = {}) {
	return await new Server(options).start(project);
}

/** Stops every server that this test file has started and not stopped itself. */
export async function stopAll() {
	await Promise.all([...servers].map(async (server) => await server.stop()));
}
