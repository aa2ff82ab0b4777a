'use strict';

/** The tests that need ffmpeg and ffprobe: `jest --config jest.media.config.js` */
module.exports = {
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/media/**/*.test.{js,ts}'],
	transform: { '\\.ts$': '@sucrase/jest-plugin' },
	testTimeout: 60_000,
};
