'use strict';

const { startServer } = require('../server/server');
const { klingNodes, startApi } = require('../server/workflows');

/**
 * Starts a server with the package and a task API for it, and stops both afterwards.
 *
 * @template T
 * @param {Record<string, string>} env variables for n8n
 * @param {(server: object, api: object, kling: object) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withServer(env, use) {
	const api = await startApi();
	try {
		const server = await startServer({ env });
		try {
			return await use(server, api, await klingNodes(server, api));
		} finally {
			await server.stop();
		}
	} finally {
		await api.close();
	}
}

module.exports = { withServer };
