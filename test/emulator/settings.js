'use strict';

const defaults = {
	apiKey: 'test-key',
	noCreditsKey: null,
	identifyMs: 3000,
	lipSyncMs: 6000,
	latencyMs: 0,
	faces: 2,
	failWith: null,
	resultBytes: null,
	videoDuration: 8,
	queryExtras: {},
	resultInQuery: 'plain',
	timesInQuery: true,
	callbacks: 'normal',
	callbackTimeoutMs: 10_000,
	callbackRetriesMs: [1000, 2000, 4000],
	backgroundRetryMs: 60_000,
	backgroundForMs: 30 * 60_000,
	fetchMedia: false,
	mediaTimeoutMs: 30_000,
	resultsHost: null,
	now: Date.now,
};

/**
 * Writes settings over others in place, so that everyone who holds the object sees the change.
 * A name that does not exist throws: a typing error would otherwise make a test pass for nothing.
 *
 * @param {object} target the settings to change
 * @param {object} changes some of the names in `defaults`
 * @returns {object} `target`
 */
function mergeSettings(target, changes) {
	for (const name of Object.keys(changes)) {
		if (!Object.hasOwn(defaults, name)) throw new Error(`Unknown emulator setting "${name}"`);
	}
	return Object.assign(target, changes);
}

/**
 * The default settings with some of them replaced. Durations are in ms, `videoDuration` in s,
 * `resultBytes` in bytes.
 *
 * @param {object} [changes]
 * @returns {object} a new, mutable settings object
 */
function createSettings(changes = {}) {
	return mergeSettings({ ...defaults }, changes);
}

/**
 * Reads a setting that is either a value or a function that yields one.
 *
 * @param {*} setting
 * @param {...*} args what the function is called with
 * @returns {*}
 */
function valueOf(setting, ...args) {
	return typeof setting === 'function' ? setting(...args) : setting;
}

module.exports = { createSettings, mergeSettings, valueOf };
