/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { Circus } from '@jest/types';

import TestEnvironment from '../engine/environment';

/** The tests' environment, which gives up a file at its first failure: one is enough to notice a mistake. */
export default class extends TestEnvironment {
	private failed = false;

	handleTestEvent(event: Circus.Event): void {
		if (event.name === 'test_done' && event.test.errors.length > 0) this.failed = true;
		if (event.name === 'test_start' && this.failed) event.test.mode = 'skip';
	}
}
