'use strict';

/** What a browser test needs: the server of the run, a task API of its own, a browser, and nodes. */

const { ensureN8n } = require('../server/install');
const { startEmulator } = require('../emulator');
const { RestClient } = require('../server/client');
const { klingCredential, nodesOf } = require('../server/workflows');
const { Editor, launchBrowser } = require('./editor');

const VARIABLE = 'BROWSER_TEST_SERVER';

class SharedServer extends RestClient {}

/**
 * Makes a running server known to the test files, each of which has its own modules.
 * @param {import('../server/client').RestClient} server
 */
function shareServer({ url, cookie }) {
	process.env[VARIABLE] = JSON.stringify({ url, cookie });
}

async function sharedServer() {
	const n8n = await ensureN8n();
	return Object.assign(new SharedServer(), JSON.parse(process.env[VARIABLE]), { n8n });
}

/**
 * @param {object} [options]
 * @param {object} [options.api] settings of the emulator
 * @param {import('../server/client').RestClient} [options.server] the shared one when left out
 * @param {object} [options.view] see {@link Editor.open}
 * @returns {Promise<object>} `{ server, api, credential, editor, clip, kling(), trigger(), set(), close() }`
 */
async function openStage({ api: settings, server, view } = {}) {
	const api = await startEmulator({ faces: 3, identifyMs: 500, lipSyncMs: 500, ...settings });
	server ??= await sharedServer();
	const credential = await klingCredential(server, api, 'Kling account');
	const browser = await launchBrowser();
	const editor = await Editor.open(browser, server, view);
	return {
		server,
		api,
		credential,
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

/**
 * An Edit Fields node.
 * @param {string} name
 * @param {Record<string, string>} values
 */
function editFields(name, values) {
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

module.exports = { openStage, shareServer };
