/** The tests that need no server and no browser: pure functions, and n8n's engine in process. */
module.exports = {
	testEnvironment: '<rootDir>/test/engine/environment.ts',
	setupFiles: ['<rootDir>/test/engine/outside.ts'],
	testMatch: [
		'<rootDir>/test/{unit,emulator,engine,scenarios,simulation,faults,package}/**/*.test.{js,ts}',
	],
	transform: { '\\.ts$': '@sucrase/jest-plugin' },
	testTimeout: 60_000,
	// Tests wait for most of their time: two for each core keep it busy.
	maxWorkers: '200%',
};
