/* eslint-disable @n8n/community-nodes/no-restricted-globals, no-console */
/** What a browser test needs: the server of the run, a task API of its own, a browser, and nodes. */

import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { BrowserContextOptions } from 'playwright-core';
import { startEmulator } from '../emulator';
import type { EmulatorSettings } from '../emulator/settings';
import { RestClient } from '../server/client';
import type { WorkflowNode } from '../server/client';
import ensureBuilt from '../server/globalSetup';
import type { Environment } from '../server/processes';
import { startServer } from '../server/server';
import type { Server } from '../server/server';
import { klingCredential, nodesOf } from '../server/workflows';
import { Editor, launchBrowser } from './editor';

const VARIABLE = 'BROWSER_TEST_SERVER';

type Shared = Pick<RestClient, 'url' | 'webhookUrl' | 'cookie' | 'n8n'>;

/** The server that another process has started. */
class SharedServer extends RestClient implements Shared {
	readonly url: string;
	readonly webhookUrl: string;

	constructor({ url, webhookUrl, cookie, n8n }: Shared) {
		super();
		this.url = url;
		this.webhookUrl = webhookUrl;
		this.cookie = cookie;
		this.n8n = n8n;
	}
}

/** A server with the editor. */
export const startEditorServer = async (env?: Environment) =>
	await startServer({ env: { N8N_DISABLE_UI: 'false', ...env } });

/** Makes a running server known to the test files, each of which has its own modules. */
export function shareServer({ url, webhookUrl, cookie, n8n }: Shared) {
	process.env[VARIABLE] = JSON.stringify({ url, webhookUrl, cookie, n8n });
}

const sharedServer = () => new SharedServer(JSON.parse(process.env[VARIABLE]!) as Shared);

interface StageOptions {
	/** Settings of the emulator. */
	api?: Partial<EmulatorSettings>;
	/** The shared one when left out. */
	server?: RestClient;
	/** See {@link Editor.open}. */
	view?: BrowserContextOptions;
}

/** Sets everything up for one browser test file. */
export async function openStage({
	api: settings,
	server = sharedServer(),
	view,
}: StageOptions = {}) {
	const api = await startEmulator({
		faces: 3,
		identifyMs: 500,
		lipSyncMs: 500,
		...settings,
	});
	const credential = await klingCredential(server, api, 'Kling account');
	const browser = await launchBrowser();
	const editor = await Editor.open(browser, server, view);
	return {
		server,
		api,
		credential,
		/** A credential that differs from the good one in some fields. */
		credentialWith: async (data: ICredentialDataDecryptedObject) =>
			await server.createCredential({
				name: 'Other account',
				type: 'klingLipSyncApi',
				data: { apiKey: api.settings.apiKey, baseUrl: api.url, ...data },
			}),
		editor,
		/** Files that the emulator serves. */
		clip: {
			videoUrl: `${api.url}/files/sample/video.mp4`,
			audioUrl: `${api.url}/files/sample/voice.mp3`,
		},
		kling: nodesOf('klingLipSync', credential),
		trigger: nodesOf('klingLipSyncTrigger', credential),
		set: editFields,
		async close() {
			await browser.close();
			await server.rest('DELETE', `/credentials/${credential.id}`);
			await api.close();
		},
	};
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/**
 * For what is run by hand: does its work on a stage with a server of its own, and lets the process
 * fail when that fails.
 * @param env variables for n8n
 */
export async function onOwnStage(
	{ env, api, view }: Omit<StageOptions, 'server'> & { env?: Environment },
	work: (stage: Stage) => Promise<void>,
) {
	let server: Server | undefined;
	let stage: Stage | undefined;
	try {
		await ensureBuilt();
		server = await startEditorServer(env);
		stage = await openStage({ server, api, view });
		await work(stage);
	} catch (error) {
		console.error(error);
		process.exitCode = 1;
	} finally {
		await stage?.close();
		await server?.stop();
	}
}

/** An Edit Fields node. */
function editFields(name: string, values: Record<string, string>): WorkflowNode {
	const assignments = Object.entries(values).map(([field, value]) => ({
		id: field,
		name: field,
		value,
		type: 'string',
	}));
	return {
		name,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		parameters: { assignments: { assignments }, options: {} },
	};
}
