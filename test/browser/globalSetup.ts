/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import ensureBuilt from '../server/globalSetup';
import type { Server } from '../server/server';
import { shareServer, startEditorServer } from './stage';

/** What the teardown needs of the setup: Jest runs both in one process. */
export type BrowserTestGlobals = typeof globalThis & { browserTestServer?: Server };

/** Starts the n8n server that all browser tests share. */
export default async function shareOneServer() {
	await ensureBuilt();
	const server = await startEditorServer();
	(globalThis as BrowserTestGlobals).browserTestServer = server;
	shareServer(server);
}
