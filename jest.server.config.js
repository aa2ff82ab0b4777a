'use strict';

/** The tests that need a real n8n server: `jest --config jest.server.config.js` */
module.exports = {
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/server/**/*.test.ts'],
	transform: { '\\.ts$': '@sucrase/jest-plugin' },
	globalSetup: '<rootDir>/test/server/globalSetup.ts',
	setupFilesAfterEnv: ['<rootDir>/test/server/setup.ts'],
	// Longer than the harness's own time limits, whose messages say more than Jest's.
	testTimeout: 300_000,
	maxWorkers: 1,
};
