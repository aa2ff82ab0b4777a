/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import path from 'node:path';
import type { Test } from '@jest/test-result';
import TestRunner, { type TestRunnerOptions } from 'jest-runner';
import type { TestWatcher } from 'jest-watcher';

import { reachOf } from './environment';
import { choose, isMutated, keepTests, type Tests } from './selection';

const nameOf = ({ path: file, context }: Test): string =>
	path.relative(context.config.rootDir, file);

/**
 * Tries a mistake on the files alone that have a chosen test, and is done with it at the first that fails. Jest would
 * load all files, and Stryker has no way to tell it to stop.
 */
export default class extends TestRunner {
	async runTests(tests: Test[], watcher: TestWatcher, options: TestRunnerOptions): Promise<void> {
		const measured: Tests = {};
		let hasFailed = false;
		this.on('test-file-success', ([test, { testResults }]) => {
			measured[nameOf(test)] = Object.fromEntries(
				testResults.map(({ fullName, duration }) => [
					fullName,
					{ ms: duration ?? 0, reach: reachOf(fullName) },
				]),
			);
			hasFailed ||= testResults.some(({ status }) => status === 'failed');
		});
		this.on('test-file-failure', () => void (hasFailed = true));
		for (const test of isMutated() ? this.chosen(tests) : tests) {
			await super.runTests([test], watcher, options);
			if (hasFailed) return;
		}
		if (!isMutated()) keepTests(measured);
	}

	private chosen(tests: Test[]): Test[] {
		const files = choose(this._globalConfig.testNamePattern);
		const byName = new Map(tests.map((test) => [nameOf(test), test]));
		return files.flatMap((file) => byName.get(file) ?? []);
	}
}
