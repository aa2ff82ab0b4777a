/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import path from 'node:path';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import type { Circus } from '@jest/types';

import TestEnvironment from '../engine/environment';
import { fullName } from '../engine/testName';
import { isMutated, normalTime } from './selection';

/** How much longer than normal a test may take, as several share a processor: a factor, and in ms. */
const SLOWER = { factor: 5, ms: 5_000 };

/** Which mistakes each test reaches, as Stryker notes it in the run without one. */
let reached: Record<string, object> = {};

/** How many mistakes a test reaches. */
export const reachOf = (name: string): number => Object.keys(reached[name] ?? {}).length;

/** The tests' environment, which gives up a test that waits in vain, and a file at its first failure. */
export default class extends TestEnvironment {
	private readonly file: string;

	private hasFailed = false;

	constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
		super(config, context);
		this.file = path.relative(config.projectConfig.rootDir, context.testPath);
	}

	handleTestEvent(event: Circus.Event): void {
		if (!isMutated()) {
			if (event.name === 'run_finish') reached = this.coverage() ?? reached;
			return;
		}
		if (event.name === 'test_done' && event.test.errors.length > 0) this.hasFailed = true;
		if (event.name !== 'test_start') return;
		const normal = normalTime(this.file, fullName(event.test));
		if (normal === undefined || this.hasFailed) event.test.mode = 'skip';
		else event.test.timeout = SLOWER.ms + SLOWER.factor * normal;
	}

	private coverage(): Record<string, object> | undefined {
		const { __strykerGlobalNamespace__: name = '__stryker__' } = this.global as {
			__strykerGlobalNamespace__?: string;
		};
		const context = this.global[name as keyof typeof this.global] as
			| { mutantCoverage?: { perTest: Record<string, object> } }
			| undefined;
		return context?.mutantCoverage?.perTest;
	}
}
