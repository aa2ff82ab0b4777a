/* eslint-disable @n8n/community-nodes/no-restricted-imports, @typescript-eslint/no-require-imports */
import { getEventListeners } from 'node:events';

import { clock } from '../../nodes/KlingLipSync/clock';

const HOUR = 3_600_000;

/** The clock on an n8n whose own pauses know no signal, as older ones do. */
function clockOfOldN8n(): typeof clock {
	let old!: typeof clock;
	jest.isolateModules(() => {
		const pause = async () => await new Promise(() => {});
		jest.doMock('n8n-workflow', () => ({ sleep: pause }));
		old = (require('../../nodes/KlingLipSync/clock') as { clock: typeof clock }).clock;
	});
	return old;
}

describe.each([
	['n8n', clock],
	['an old n8n', clockOfOldN8n()],
])('a pause that is cancelled, on %s', (_, { sleep }) => {
	it('ends, however long it would be', async () => {
		const cancelling = new AbortController();
		const pause = sleep(HOUR, cancelling.signal);
		cancelling.abort();
		expect(await pause).toBeUndefined();
		expect(getEventListeners(cancelling.signal, 'abort')).toHaveLength(0);
	});

	it('does not begin when it comes too late', async () => {
		expect(await sleep(HOUR, AbortSignal.abort())).toBeUndefined();
	});
});

describe('a pause', () => {
	it('lasts as long as it should', async () => {
		const began = clock.now();
		await clock.sleep(20);
		expect(clock.now() - began).toBeGreaterThanOrEqual(18);
	});

	it('leaves nothing behind that a long run would gather', async () => {
		const { signal } = new AbortController();
		for (let pause = 0; pause < 5; pause++) await clock.sleep(1, signal);
		expect(getEventListeners(signal, 'abort')).toHaveLength(0);
	});
});
