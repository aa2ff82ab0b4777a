'use strict';

const { TestEnvironment } = require('jest-environment-node');
const differences = require('./differences');

const fullName = ({ name, parent }) =>
	parent && parent.name !== 'ROOT_DESCRIBE_BLOCK' ? `${fullName(parent)} ${name}` : name;

/** Expects the tests in differences.js to fail: one that passes should be taken off the list. */
module.exports = class extends TestEnvironment {
	handleTestEvent({ name, test }) {
		if (name !== 'test_start') return;
		if (differences.some((pattern) => pattern.test(fullName(test)))) test.failing = true;
	}
};
