const { availableParallelism } = require('node:os');

/** The tests that need no server and no browser: pure functions, and n8n's engine in process. */
module.exports = {
	testEnvironment: '<rootDir>/test/engine/environment.ts',
	setupFiles: ['<rootDir>/test/engine/outside.ts'],
	testMatch: [
		'<rootDir>/test/{unit,emulator,engine,scenarios,simulation,faults,package}/**/*.test.{js,ts}',
	],
	// Mutation testing works on a copy of the whole tree.
	modulePathIgnorePatterns: ['<rootDir>/artifacts'],
	transform: { '\\.ts$': '@sucrase/jest-plugin' },
	testTimeout: 60_000,
	// Tests wait for much of their time: a few more than there are cores keep these busy.
	maxWorkers: availableParallelism() + 2,
};
