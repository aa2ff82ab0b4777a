module.exports = {
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/{unit,engine,faults,package}/**/*.test.js'],
	transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
	testTimeout: 60_000,
};
