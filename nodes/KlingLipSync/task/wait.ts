/** The first pause before a task is asked for, and the longest, in ms. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 15_000;
const GROWTH = 2.5;

/**
 * The pause before the next query of a waiting task, in ms. Few faces take seconds, long videos
 * minutes: growing quickly costs a short task little delay and saves a long one most of its queries.
 *
 * @param previous the pause before, 0 at the start
 */
export function nextPause(previous: number): number {
	return previous === 0 ? FIRST_PAUSE : Math.min(previous * GROWTH, LONGEST_PAUSE);
}

/**
 * The pause before a refused or failed request is repeated, in ms: 1, 2, 4 … s, or what the API
 * asked for, which is believed up to `longest`.
 *
 * @param attempt 0 for the first repetition
 */
export function retryPause(attempt: number, askedFor: number | undefined, longest: number): number {
	return Math.min(askedFor ?? 1000 * 2 ** attempt, longest);
}

/**
 * Reads a `Retry-After` header: seconds or an HTTP date.
 *
 * @returns ms from `now`; undefined when it says nothing usable
 */
export function retryAfterMs(header: unknown, now: number): number | undefined {
	if (typeof header !== 'string' || header.trim() === '') return undefined;
	const seconds = Number(header);
	const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
	return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/**
 * Applies `work` to all items, at most `limit` at once. Results keep the items' order.
 *
 * @param work must not reject when the other items are to go on
 */
export async function mapLimited<In, Out>(
	items: readonly In[],
	limit: number,
	work: (item: In, index: number) => Promise<Out>,
): Promise<Out[]> {
	const results = new Array<Out>(items.length);
	let next = 0;
	const worker = async () => {
		while (next < items.length) {
			const index = next++;
			results[index] = await work(items[index], index);
		}
	};
	await Promise.all(Array.from({ length: Math.min(Math.max(1, limit), items.length) }, worker));
	return results;
}
