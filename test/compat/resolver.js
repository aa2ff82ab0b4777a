'use strict';

// Jest loads a resolver as it is, in each of its processes.
require('../register');

/**
 * Jest's way to the oldest n8n: n8n-core and n8n-workflow are its libraries for the nodes and the tests. The harness,
 * which is written for the newest n8n, gets them with what they lack.
 */

const path = require('node:path');
const { oldestFolder } = require('./install');

const ROOT = path.resolve(__dirname, '../..');
const HARNESS = path.join(ROOT, 'test/engine');
const SHIMS = path.join(__dirname, 'shims');
const LIBRARIES = ['n8n-core', 'n8n-workflow'];

module.exports = (request, options) => {
	const { basedir, defaultResolver } = options;
	const inOldest = { ...options, basedir: oldestFolder() };
	if (basedir === HARNESS && LIBRARIES.includes(request)) return path.join(SHIMS, `${request}.ts`);
	// The harness also takes, from where it found n8n-core, what that one is made of.
	if (basedir === SHIMS && !request.startsWith('.')) {
		const core = defaultResolver('n8n-core', inOldest);
		return defaultResolver(request, { ...options, basedir: path.dirname(core) });
	}
	const isOurs = basedir.startsWith(ROOT + path.sep) && !basedir.includes('node_modules');
	return defaultResolver(request, isOurs && LIBRARIES.includes(request) ? inOldest : options);
};
