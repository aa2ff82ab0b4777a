/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { INodeParameters } from 'n8n-workflow';
import { startEmulator } from '../emulator';
import type { EmulatorOptions } from '../emulator';
import { until } from '../engine/helpers';
import { nodeOutput } from '../server/client';
import type { Server } from '../server/server';
import {
	chain,
	items as itemNodes,
	klingCredential,
	next,
	nodesOf,
	webhookStart,
} from '../server/workflows';
import type { Plan, Refusal, Stage } from './stage';
import { identifyParameters } from './stage';

const exec = promisify(execFile);

/** How often a running n8n is asked. */
const POLL_MS = 200;
const PATIENCE_MS = 60_000;

/** What makes the database of an n8n refuse. */
const TRIGGERS: Record<Refusal, string> = {
	start: `CREATE TRIGGER refusal BEFORE INSERT ON execution_entity
		BEGIN SELECT RAISE(ABORT, 'refused'); END`,
	resume: `CREATE TRIGGER refusal BEFORE UPDATE OF status ON execution_entity
		WHEN OLD.status = 'waiting' AND NEW.status = 'running'
		BEGIN SELECT RAISE(ABORT, 'refused'); END`,
};

// In n8n's own Node, which has SQLite built in.
const RUN_SQL = `
	const { DatabaseSync } = require('node:sqlite');
	const [file, ...statements] = process.argv.slice(1);
	const database = new DatabaseSync(file);
	database.exec('PRAGMA busy_timeout = 30000');
	for (const statement of statements) database.exec(statement);
	database.close();`;

/** A real n8n server; several stages may be opened on one, one after the other. */
export async function openServerStage(server: Server, options: EmulatorOptions): Promise<Stage> {
	const api = await startEmulator(options);
	const credential = await klingCredential(server, api, randomUUID());
	const kling = nodesOf('klingLipSync', credential);
	const trigger = nodesOf('klingLipSyncTrigger', credential);

	const refuse = async (what?: Refusal) => {
		const database = path.join(server.userFolder, '.n8n/database.sqlite');
		const statements = ['DROP TRIGGER IF EXISTS refusal', ...(what ? [TRIGGERS[what]] : [])];
		await exec(server.n8n.nodeBin, ['-e', RUN_SQL, database, ...statements]);
	};

	return {
		api,
		refuse,

		async start({ items, parameters, settings }: Plan) {
			const path = randomUUID();
			const workflowId = await server.createWorkflow({
				nodes: [
					webhookStart(path),
					...itemNodes(items),
					kling('Kling', identifyParameters(api, parameters) as INodeParameters, settings),
					next('Next'),
					next('Failed'),
				],
				connections: chain('Start', 'List', 'Items', 'Kling', ['Next', 'Failed']),
			});
			await server.activate(workflowId);
			await server.triggerWebhook(path, {});
			const [{ id }] = await until(async () => {
				const found = await server.executions({ workflowId });
				return found.length > 0 && found;
			});
			return id;
		},

		async status(execution) {
			await sleep(POLL_MS);
			return (await server.execution(execution)).status;
		},

		async arrived(execution, node) {
			const items = nodeOutput(await server.execution(execution), node);
			return items.map(({ json }) => json);
		},

		// n8n looks for itself, once a minute.
		timeIsUp: async () => {},

		async retry(execution) {
			const retried = { loadWorkflow: false };
			const { id } = await server.rest<{ id: string }>(
				'POST',
				`/executions/${execution}/retry`,
				retried,
			);
			return id;
		},

		async publish() {
			const workflowId = await server.createWorkflow({
				nodes: [trigger('Trigger', {}), next('Next')],
				connections: chain('Trigger', 'Next'),
			});
			await server.activate(workflowId);
			const starts = async () => {
				await sleep(POLL_MS);
				return await server.countExecutions({ workflowId, status: 'success' });
			};
			return { url: `${server.webhookUrl}/${workflowId}/kling-lip-sync`, starts };
		},

		async crash() {
			await server.kill();
			await server.restart();
			// For a moment n8n answers 200 to everything, before it knows of any execution.
			await until(async () => {
				const { status } = await server.triggerWebhook(`${server.url}/webhook-waiting/0`, {});
				return status === 404;
			}, PATIENCE_MS);
		},

		async close() {
			await refuse();
			await api.close();
		},
	};
}
