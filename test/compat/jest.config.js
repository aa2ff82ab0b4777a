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
};

const oldest = {
	...common,
	testEnvironment: '<rootDir>/test/compat/environment.ts',
	resolver: '<rootDir>/test/compat/resolver.js',
};

/** What the package promises on every n8n, tried with its built files in place of the sources that the tests name. */
const ofBuiltPackage = {
	testMatch: ['<rootDir>/test/compat/*.test.ts'],
	moduleNameMapper: {
		'^(?:\\.\\./)+(nodes/KlingLipSync/.*\\.node|credentials/KlingLipSyncApi.*)$':
			'<rootDir>/dist/$1',
	},
};

module.exports = {
	rootDir,
	testTimeout: 60_000,
	// The pauses of the oldest n8n can not be ended early, though nobody waits for them any more.
	forceExit: true,
	projects: [
		{ ...oldest, ...ofBuiltPackage, displayName: `n8n ${OLDEST}, built package` },
		{
			...oldest,
			displayName: `n8n ${OLDEST}`,
			testMatch: ['<rootDir>/test/engine/*.test.ts'],
			// These test the harness, with what only the newest n8n has.
			testPathIgnorePatterns: ['/engine/probe\\.', '/engine/strict\\.'],
		},
		{ ...common, ...ofBuiltPackage, displayName: `n8n ${version}, built package` },
	],
};
