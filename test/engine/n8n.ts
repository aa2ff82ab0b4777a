/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @typescript-eslint/no-require-imports */
import { AsyncLocalStorage } from 'node:async_hooks';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type * as Core from 'n8n-core';
import type * as WorkflowLib from 'n8n-workflow';
import type { Logger } from 'n8n-workflow';

// n8n reads these when it is loaded: they must neither touch the developer's own n8n nor depend on it.
const userFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-engine-'));
Object.assign(process.env, {
	N8N_USER_FOLDER: userFolder,
	N8N_ENCRYPTION_KEY: 'test-encryption-key',
	N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
	N8N_BINARY_DATA_STORAGE_PATH: path.join(userFolder, 'binary'),
});

const corePath = require.resolve('n8n-core');

/** Loads what n8n-core is made of, from where it is found itself. */
export const requireOfCore = (name: string): unknown =>
	require(require.resolve(name, { paths: [path.dirname(corePath)] }));

export const core = require('n8n-core') as typeof Core;
export const workflowLib = require('n8n-workflow') as typeof WorkflowLib;

interface Container {
	set(token: unknown, value: unknown): void;
	get<T>(token: abstract new (...args: never[]) => T): T;
}

// The container is per copy of @n8n/di, and more than one copy may be installed: only the one of n8n-core counts.
const { Container: container } = requireOfCore('@n8n/di') as { Container: Container };
const { Logger: loggerToken } = requireOfCore('@n8n/backend-common') as { Logger: unknown };

export interface LogLine {
	level: 'error' | 'warn' | 'info' | 'debug';
	message: string;
	meta?: object;
}

/** What the process's singletons (log, files) need to know of the engine that is at work. */
export interface AtWork {
	logs: LogLine[];
	binaryMode: 'default' | 'filesystem';
}

/** The engine at work in the present asynchronous context. */
export const current = new AsyncLocalStorage<AtWork>();

const write = (level: LogLine['level']) => (message: string, meta?: object) => {
	current.getStore()?.logs.push({ level, message, meta });
};
const logger: Logger & { scoped: () => Logger } = {
	scoped: () => logger,
	error: write('error'),
	warn: write('warn'),
	info: write('info'),
	debug: write('debug'),
};
container.set(loggerToken, logger);
workflowLib.LoggerProxy.init(logger);

let binaryService: Promise<Core.BinaryDataService> | undefined;

/** n8n's own store of binary data, whose mode is that of the engine at work. */
export async function binaryData(): Promise<Core.BinaryDataService> {
	binaryService ??= (async () => {
		const service = container.get(core.BinaryDataService);
		await service.init();
		const inMemory = () => current.getStore()?.binaryMode === 'default';
		Object.defineProperty(service, 'mode', {
			get: () => (inMemory() ? 'default' : 'filesystem-v2'),
		});
		return service;
	})();
	return await binaryService;
}

/** Removes what n8n wrote to the disk. */
export const removeFiles = () => fs.rmSync(userFolder, { recursive: true, force: true });

/** A copy as the database makes it: what JSON can not hold is gone. */
export const copy = <T>(value: T): T =>
	value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
