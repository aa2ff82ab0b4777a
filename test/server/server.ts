/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */
/** A real n8n server for a test: what it consists of here, its REST API in client.ts. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RestClient } from './client';
import { packAndInstall, ROOT } from './communityPackage';
import { ensureN8n } from './install';
import { encryptionKeyOf, n8nProcess, queueEnvironment, redisProcess } from './n8n';
import { freePort, HOST, running } from './processes';
import type { Environment, Process } from './processes';

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

/** One n8n at work: a main process, in queue mode workers and Redis too. Made by {@link startServer}. */
export class Server extends RestClient {
	private readonly mode: 'regular' | 'queue';
	private readonly env: Environment;
	private readonly workerCount: number;
	private readonly ownFolder: boolean;
	readonly userFolder: string;
	private port?: number;
	private redis?: Process;
	private main?: Process;
	private workers: Process[] = [];
	private readonly lines: string[] = [];

	constructor({ mode = 'regular', userFolder, port, env = {}, workers = 1 }: ServerOptions) {
		super();
		this.mode = mode;
		this.port = port;
		this.env = { ...env };
		this.workerCount = mode === 'queue' ? workers : 0;
		this.ownFolder = !userFolder;
		this.userFolder = userFolder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-server-test-'));
	}

	get url() {
		return `http://${HOST}:${this.port}`;
	}

	get webhookUrl() {
		return `${this.url}/webhook`;
	}

	/** All that n8n's processes have printed, over restarts too. */
	log() {
		return this.lines.join('\n');
	}

	/** Resident memory of the main process in bytes. */
	memory() {
		const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', String(this.main?.pid)], {
			encoding: 'utf8',
		});
		return Number(kilobytes) * 1024;
	}

	private async makeProcesses() {
		const { userFolder } = this;
		this.n8n = await ensureN8n();
		this.port ??= await freePort();
		const shared: Environment = {
			N8N_ENCRYPTION_KEY: encryptionKeyOf(userFolder),
			WEBHOOK_URL: `${this.url}/`,
		};
		if (this.mode === 'queue') {
			const redisPort = await freePort();
			this.redis = redisProcess(redisPort, userFolder);
			Object.assign(shared, queueEnvironment(redisPort));
		}
		const common = {
			n8n: this.n8n,
			userFolder,
			env: () => ({ ...shared, ...this.env }),
			onLine: (line: string) => this.lines.push(line),
		};
		this.main = await n8nProcess('start', { ...common, port: this.port });
		this.workers = await Promise.all(
			Array.from({ length: this.workerCount }, async () => await n8nProcess('worker', common)),
		);
	}

	/** Starts what is not running. */
	private async boot() {
		await this.redis?.start();
		// The workers afterwards: it is the main process that makes the database.
		await this.main?.start();
		await Promise.all(this.workers.map(async (worker) => await worker.start()));
	}

	/** @param project folder of the package to install, null for none */
	async start(project: string | null) {
		running.add(this);
		try {
			await this.makeProcesses();
			if (project) await packAndInstall(this.userFolder, project);
			await this.boot();
			await this.login();
		} catch (error) {
			await this.stop();
			throw error;
		}
		return this;
	}

	private async endN8n() {
		await Promise.all([this.main, ...this.workers].map(async (process) => await process?.stop()));
	}

	/** Ends all processes, and removes the user folder unless the test brought its own. */
	async stop() {
		await this.endN8n();
		await this.redis?.stop();
		if (this.ownFolder) fs.rmSync(this.userFolder, { recursive: true, force: true, maxRetries: 3 });
		running.delete(this);
	}

	/** Lets the main process crash. Workers and Redis go on; {@link restart} brings it back. */
	async kill() {
		await this.main?.kill();
	}

	/**
	 * Starts n8n again on the same folder and ports: main and workers, or after {@link kill} main only.
	 * @param env variables to add
	 */
	async restart(env: Environment = {}) {
		if (this.main?.isRunning) await this.endN8n();
		Object.assign(this.env, env);
		await this.boot();
	}
}

/** Starts an n8n server with the package installed, and logs in as its owner. */
export async function startServer({ project = ROOT, ...options }: ServerOptions = {}) {
	return await new Server(options).start(project);
}
