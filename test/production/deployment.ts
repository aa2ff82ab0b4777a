/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */
/**
 * n8n as production runs it, and as its documentation tells to: PostgreSQL, Redis, a main process
 * that serves no production webhooks, webhook processors behind a proxy, and workers.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RestClient } from '../server/client';
import { packAndInstall, ROOT } from '../server/communityPackage';
import { ensureN8n } from '../server/install';
import { encryptionKeyOf, n8nProcess, queueEnvironment, redisProcess } from '../server/n8n';
import { freePort, HOST, running } from '../server/processes';
import type { Environment, Process } from '../server/processes';
import { createPostgres } from './postgres';
import type { Postgres } from './postgres';
import { Proxy } from './proxy';
import type { Passed } from './proxy';

const PROCESSORS = ['webhook1', 'webhook2'] as const;
const OTHERS = [...PROCESSORS, 'worker1', 'worker2'] as const;

/** Of n8n's processes. */
export const NAMES = ['main', ...OTHERS] as const;
export type Name = (typeof NAMES)[number];

const ARTIFACTS = path.join(ROOT, 'artifacts/production');

const commandOf = (name: Name) =>
	name === 'main' ? 'start' : name.startsWith('webhook') ? 'webhook' : 'worker';

/** What makes the tests shorter or steadier, and changes nothing that they are about. */
const SETTINGS: Environment = {
	// A busy machine would make n8n turn requests away on its own account.
	DB_PING_TIMEOUT_MS: '60000',
	DB_POSTGRESDB_CONNECTION_TIMEOUT: '60000',
	DB_POSTGRESDB_POOL_SIZE: '10',
	// A callback then takes n8n a tenth of the time; `test/simulation` tries how long that can be.
	N8N_EXPRESSION_ENGINE: 'legacy',
	// How long a worker that was killed is waited for until its executions count as crashed.
	QUEUE_WORKER_LOCK_DURATION: '6000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '2000',
};

export class Deployment extends RestClient {
	private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-production-'));
	private readonly processes = new Map<Name, Process>();
	private ports!: Record<Name, number>;
	private readonly lines: Array<{ name: Name; line: string }> = [];
	private readonly logFile: string;
	private postgres?: Postgres;
	private redis?: Process;
	proxy!: Proxy;

	get url() {
		return `http://${HOST}:${this.ports.main}`;
	}

	get webhookUrl() {
		return `${this.proxy.url}/webhook`;
	}

	constructor() {
		super();
		fs.mkdirSync(ARTIFACTS, { recursive: true });
		const startedAt = new Date().toISOString().replaceAll(':', '-');
		this.logFile = path.join(ARTIFACTS, `${startedAt}.log`);
	}

	/** @param env variables for all of n8n's processes */
	async start(env: Environment = {}) {
		running.add(this);
		try {
			this.n8n = await ensureN8n();
			await this.makeProcesses(env);
			await Promise.all([
				this.postgres?.process.start(),
				this.redis?.start(),
				this.installPackage(),
			]);
			// It is the main process that makes the database.
			await this.processOf('main').start();
			await Promise.all([...OTHERS.map(async (name) => await this.restart(name)), this.login()]);
		} catch (error) {
			await this.stop();
			throw error;
		}
		return this;
	}

	private async makeProcesses(env: Environment) {
		const port = async (name: Name) => [name, await freePort()] as const;
		const ports = await Promise.all(NAMES.map(port));
		this.ports = Object.fromEntries(ports) as Record<Name, number>;
		const onPassed = ({ processor, url, status, durationMs }: Passed) => {
			const to = processor === undefined ? 'nobody' : PROCESSORS[processor];
			this.note('proxy', `${status} after ${durationMs} ms from ${to}: ${url}`);
		};
		this.proxy = await Proxy.start(
			PROCESSORS.map((name) => this.ports[name]),
			onPassed,
		);
		const redisPort = await freePort();
		this.redis = redisProcess(redisPort, this.folder);
		this.postgres = createPostgres(await freePort());
		const shared: Environment = {
			...queueEnvironment(redisPort),
			...this.postgres.environment,
			...SETTINGS,
			N8N_ENCRYPTION_KEY: encryptionKeyOf(this.folder),
			WEBHOOK_URL: `${this.proxy.url}/`,
			N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
			...env,
		};
		for (const name of NAMES) {
			const userFolder = this.folderOf(name);
			fs.mkdirSync(userFolder);
			const options = {
				n8n: this.n8n,
				userFolder,
				port: this.ports[name],
				env: () => shared,
				onLine: (line: string) => {
					this.lines.push({ name, line });
					this.note(name, line);
				},
			};
			this.processes.set(name, await n8nProcess(commandOf(name), options));
		}
	}

	private folderOf(name: Name) {
		return path.join(this.folder, name);
	}

	/** Each process has the package as on a machine of its own. */
	private async installPackage() {
		await packAndInstall(this.folderOf('main'));
		const nodes = (name: Name) => path.join(this.folderOf(name), '.n8n/nodes');
		for (const name of OTHERS) fs.cpSync(nodes('main'), nodes(name), { recursive: true });
	}

	private processOf(name: Name) {
		return this.processes.get(name)!;
	}

	/** All that n8n's processes have printed, over restarts too. */
	log() {
		return this.lines.map(({ line }) => line).join('\n');
	}

	/** The processes that have printed a text, in the order in which they did. */
	whoPrinted(text: string): Name[] {
		return this.lines.filter(({ line }) => line.includes(text)).map(({ name }) => name);
	}

	/** The executions that a process, when it started again, took for crashed. */
	recoveredBy(name: Name): string[] {
		return this.lines
			.filter((printed) => printed.name === name)
			.flatMap(
				({ line }) => /Found unfinished executions: ([\d, ]+)/.exec(line)?.[1].split(', ') ?? [],
			);
	}

	/** Whether a process is a webhook processor that has a request to answer. */
	isAnswering(name: Name) {
		return this.proxy.isWaitingFor(PROCESSORS.findIndex((processor) => processor === name));
	}

	/** Lets a process crash. */
	async kill(name: Name) {
		await this.processOf(name).kill();
	}

	/** Asks a process to end, as a new version or a smaller deployment does. */
	async end(name: Name) {
		await this.processOf(name).stop();
	}

	/** Starts a process again, after asking it to end if it runs. */
	async restart(name: Name) {
		await this.processOf(name).restart();
	}

	async restartRedis() {
		await this.redis?.restart();
	}

	async restartPostgres() {
		await this.postgres?.process.restart();
	}

	/** Keeps a line for a person to look at, also when the test is broken off. */
	private note(name: Name | 'proxy', line: string) {
		fs.appendFileSync(this.logFile, `${new Date().toISOString()} ${name}: ${line}\n`);
	}

	async stop() {
		await Promise.all([...this.processes.values()].map(async (process) => await process.stop()));
		await Promise.all([this.redis?.stop(), this.postgres?.process.stop(), this.proxy?.close()]);
		this.postgres?.remove();
		running.delete(this);
		fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
	}
}
