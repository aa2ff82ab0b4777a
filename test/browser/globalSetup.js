'use strict';

const ensureBuilt = require('../server/globalSetup');
const { startServer } = require('../server/server');
const { shareServer } = require('./stage');

/** Starts the n8n server that all browser tests share. */
module.exports = async () => {
	await ensureBuilt();
	globalThis.browserTestServer = await startServer({ env: { N8N_DISABLE_UI: 'false' } });
	shareServer(globalThis.browserTestServer);
};
