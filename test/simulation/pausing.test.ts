import { RUNS, search } from './search';

it('pays once, goes on once, and never waits for ever, in thousands of orders', async () => {
	const { story = [], delays } = await search({}, RUNS);
	expect(story.join('\n')).toBe('');
	expect(delays.regular.length).toBeGreaterThan(RUNS / 100);
	expect(Math.max(...delays.queue)).toBeLessThan(3_000);
}, 300_000);
