/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';
import { fullName } from '../engine/testName';
import { differences } from './differences';

/** Expects the tests in differences.ts to fail: one that passes should be taken off the list. */
export default class extends TestEnvironment {
	async handleTestEvent(event: Circus.Event) {
		if (event.name !== 'test_start') return;
		const name = fullName(event.test);
		if (differences.some((pattern) => pattern.test(name))) event.test.failing = true;
	}
}
