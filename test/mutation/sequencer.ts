/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import Sequencer from '@jest/test-sequencer';
import type { Test } from '@jest/test-result';

/** Smallest files first, and functions before the engine: the sooner one fails, the sooner a mistake is done. */
export default class extends Sequencer {
	sort(tests: Test[]): Test[] {
		const weight = ({ path }: Test): number =>
			fs.statSync(path).size + (path.includes('/unit/') ? 0 : 1e6);
		return [...tests].sort((a, b) => weight(a) - weight(b));
	}
}
