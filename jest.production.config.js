'use strict';

/** The tests on n8n as production runs it: `jest --config jest.production.config.js` */
module.exports = {
	...require('./jest.server.config'),
	testMatch: ['<rootDir>/test/production/**/*.test.ts'],
	testTimeout: 1_200_000,
};
