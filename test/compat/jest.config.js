'use strict';

require('../register');
const path = require('node:path');
const { OLDEST } = require('./install');
const { version } = require('n8n-core/package.json');

const rootDir = path.join(__dirname, '../..');

const common = {
	rootDir,
	testEnvironment: 'node',
	transform: { '\\.ts$': '@sucrase/jest-plugin' },
	// The built package in place of the sources that the tests name.
	moduleNameMapper: {
		'^(?:\\.\\./)+(nodes/KlingLipSync/.*|credentials/KlingLipSyncApi.*)$': '<rootDir>/dist/$1',
	},
};

/** The built package on the oldest n8n, with the tests of `test/engine`, and on the newest. */
module.exports = {
	rootDir,
	testTimeout: 60_000,
	// The pauses of the oldest n8n can not be ended early, though nobody waits for them any more.
	forceExit: true,
	projects: [
		{
			...common,
			displayName: `n8n ${OLDEST}`,
			testEnvironment: '<rootDir>/test/compat/environment.ts',
			resolver: '<rootDir>/test/compat/resolver.js',
			testMatch: ['<rootDir>/test/compat/*.test.ts', '<rootDir>/test/engine/*.test.ts'],
			// These test the harness, with what only the newest n8n has.
			testPathIgnorePatterns: ['/engine/probe\\.', '/engine/strict\\.'],
		},
		{
			...common,
			displayName: `n8n ${version}`,
			testMatch: ['<rootDir>/test/compat/*.test.ts'],
		},
	],
};
