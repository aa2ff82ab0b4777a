'use strict';

module.exports = async () => {
	await globalThis.browserTestServer?.stop();
};
