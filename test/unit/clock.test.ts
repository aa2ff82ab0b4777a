/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { getEventListeners } from 'node:events';

import { clock } from '../../nodes/KlingLipSync/clock';

const HOUR = 3_600_000;

describe('a pause', () => {
	it('lasts as long as it should', async () => {
		const began = clock.now();
		await clock.sleep(20);
		expect(clock.now() - began).toBeGreaterThanOrEqual(18);
	});

	it('ends when the run is cancelled, however long it would be', async () => {
		const cancelling = new AbortController();
		const pause = clock.sleep(HOUR, cancelling.signal);
		cancelling.abort();
		expect(await pause).toBeUndefined();
	});

	it('does not begin when the run is cancelled', async () => {
		expect(await clock.sleep(HOUR, AbortSignal.abort())).toBeUndefined();
	});

	it('leaves nothing behind that a long run would gather', async () => {
		const { signal } = new AbortController();
		for (let pause = 0; pause < 5; pause++) await clock.sleep(1, signal);
		expect(getEventListeners(signal, 'abort')).toHaveLength(0);
	});
});
