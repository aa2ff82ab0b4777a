/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import type { BrowserTestGlobals } from './globalSetup';

/** Stops the n8n server that all browser tests share. */
export default async function stopTheServer() {
	await (globalThis as BrowserTestGlobals).browserTestServer?.stop();
}
