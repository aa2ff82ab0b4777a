import { retry, retryAfterMs, retryDelay } from '../../nodes/KlingLipSync/api/retries';
import { clock } from '../../nodes/KlingLipSync/clock';
import { Problem } from '../../nodes/KlingLipSync/task/problem';

it('repeats a request after 1, 2, 4 … s, or when the API asked for it, but not later than a limit', () => {
	expect([0, 1, 2, 3].map((attempt) => retryDelay(attempt, undefined, 60_000))).toEqual([
		1000, 2000, 4000, 8000,
	]);
	expect(retryDelay(0, 30_000, 60_000)).toBe(30_000);
	expect(retryDelay(5, 0, 60_000)).toBe(0);
	expect(retryDelay(0, 86_400_000, 60_000)).toBe(60_000);
	expect(retryDelay(20, undefined, 60_000)).toBe(60_000);
});

it('reads Retry-After as seconds or as a date, and nothing else', () => {
	const now = Date.parse('2026-01-02T03:04:05Z');
	expect(retryAfterMs('7', now)).toBe(7000);
	expect(retryAfterMs(' 7 ', now)).toBe(7000);
	expect(retryAfterMs('0', now)).toBe(0);
	expect(retryAfterMs('1.5', now)).toBe(1500);
	expect(retryAfterMs('Fri, 02 Jan 2026 03:05:05 GMT', now)).toBe(60_000);
	const garbage = ['', ' ', 'soon', '-5', 'Infinity', undefined, null, {}, ['7']];
	for (const header of [...garbage, 'Fri, 02 Jan 2026 03:00:00 GMT'])
		expect(retryAfterMs(header, now)).toBeUndefined();
});

it.each([0, 1, 3])('trying again ends after %i times more', async (times) => {
	const sleep = jest.spyOn(clock, 'sleep').mockResolvedValue();
	let tries = 0;
	const attempt = async () => {
		tries++;
		return new Problem('unavailable', 'busy');
	};
	await retry(attempt, { isWorthRepeating: () => true, times, longestPause: 60_000 });
	expect([tries, sleep.mock.calls.length]).toEqual([times + 1, times]);
	sleep.mockRestore();
});

it('nothing is tried again when the run is cancelled meanwhile', async () => {
	const cancelling = new AbortController();
	let tries = 0;
	const attempt = async () => {
		tries++;
		cancelling.abort();
		return new Problem('unavailable', 'busy');
	};
	const endless = { isWorthRepeating: () => true, times: 5, longestPause: 60_000 };
	await retry(attempt, endless, cancelling.signal);
	expect(tries).toBe(1);
});

it('trying again ends while it pauses, when the run is cancelled', async () => {
	const cancelling = new AbortController();
	let times = 0;
	const trying = retry(
		async () => {
			times++;
			return new Problem('unavailable', 'busy', '', {}, 60_000);
		},
		{ isWorthRepeating: () => true, times: 5, longestPause: 60_000 },
		cancelling.signal,
	);
	await Promise.resolve();
	cancelling.abort();
	expect(await trying).toMatchObject({ message: 'busy' });
	expect(times).toBe(1);
});
