'use strict';

/** The tests in the real editor, in a real browser: `jest --config jest.browser.config.js` */
module.exports = {
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
	transform: { '\\.ts$': '@sucrase/jest-plugin' },
	globalSetup: '<rootDir>/test/browser/globalSetup.ts',
	globalTeardown: '<rootDir>/test/browser/globalTeardown.ts',
	testTimeout: 180_000,
	maxWorkers: 1,
};
