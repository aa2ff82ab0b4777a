/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** The programs that a test needs: started, watched, killed and started again. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { until } from './client';

export const HOST = '127.0.0.1';
const BOOT_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 15_000;
// Below those that the system gives to outgoing connections: a program that is started again must
// not find its port taken by one of them.
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000];

const taken = new Set<number>();

async function canListen(port: number) {
	const server = net.createServer().listen(port, HOST);
	const isFree = await new Promise<boolean>((resolve) => {
		server.once('listening', () => resolve(true)).once('error', () => resolve(false));
	});
	if (isFree) await new Promise((resolve) => server.close(resolve));
	return isFree;
}

/** A port of 127.0.0.1 that nothing listens on, and that is given out once. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(FIRST_PORT, LAST_PORT);
		if (taken.has(port)) continue;
		taken.add(port);
		if (await canListen(port)) return port;
	}
}

/** Whether something listens on a port. */
export async function accepts(port: number): Promise<boolean> {
	const socket = net.connect(port, HOST);
	return await new Promise<boolean>((resolve) => {
		socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
	}).finally(() => socket.destroy());
}

export type Environment = Record<string, string | undefined>;

/** What a test has started and not stopped yet. */
export const running = new Set<{ stop(): Promise<void> }>();

/** Stops all that a test has started and not stopped itself. */
export async function stopAll() {
	await Promise.all([...running].map(async (one) => await one.stop()));
}

/** How a program is started and stopped. */
export interface Program {
	command: string;
	args: string[];
	env: Environment;
	cwd: string;
	/** The system's user to run it as; without it this process's own. */
	user?: { uid: number; gid: number };
	/** Asks it to end in good order; SIGTERM when left out. */
	stopSignal?: NodeJS.Signals;
	/** Whether it is at work, going by what it has printed or by asking it; a rejection means no. */
	isReady: (printed: string) => boolean | Promise<boolean>;
}

/** A program that runs, or that can be started again. */
export class Process {
	private child?: { process: ChildProcess; ended: Promise<void> };
	private printed: string[] = [];

	/**
	 * @param program asked at each start
	 * @param onLine called with each line that it prints
	 */
	constructor(
		private readonly program: () => Program,
		private readonly onLine: (line: string) => void = () => {},
	) {}

	get isRunning() {
		return this.child !== undefined;
	}

	get pid() {
		return this.child?.process.pid;
	}

	/** Starts it unless it runs, and returns when it is at work. */
	async start() {
		if (this.child) return;
		const { command, isReady, ...program } = this.program();
		this.spawn({ command, isReady, ...program });
		const lastWords = () => this.printed.slice(-30).join('\n');
		await until(
			async () => {
				if (!this.child) throw new Error(`${command} ended while starting:\n${lastWords()}`);
				return await Promise.resolve(isReady(this.printed.join('\n'))).catch(() => false);
			},
			BOOT_TIMEOUT_MS,
			() => `${command} did not get ready:\n${lastWords()}`,
		);
	}

	private spawn({ command, args, env, cwd, user }: Program) {
		const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
		const options = { cwd, env: env as NodeJS.ProcessEnv, stdio, ...user };
		const child = spawn(command, args, options);
		this.printed = [];
		const keep = (line: string) => {
			this.printed.push(line);
			this.onLine(line);
		};
		for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', keep);
		const ended = new Promise<void>((resolve) => {
			child.once('close', () => resolve());
			child.once('error', (error) => {
				keep(`${error.message}: is ${command} installed?`);
				resolve();
			});
		}).then(() => {
			this.child = undefined;
		});
		this.child = { process: child, ended };
	}

	/** Ends it without a warning. */
	async kill() {
		this.child?.process.kill('SIGKILL');
		await this.child?.ended;
	}

	/** Asks it to end, and waits until it has; one that does not obey is killed. */
	async stop() {
		const { child } = this;
		if (!child) return;
		child.process.kill(this.program().stopSignal ?? 'SIGTERM');
		const timer = setTimeout(() => child.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
		await child.ended;
		clearTimeout(timer);
	}

	async restart() {
		await this.stop();
		await this.start();
	}
}
