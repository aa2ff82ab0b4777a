/**
 * The pause before a refused or failed request is repeated, in ms: 1, 2, 4 … s, or what the API
 * asked for, which is believed up to `longest`.
 *
 * @param attempt 0 for the first repetition
 */
export function retryDelay(attempt: number, askedFor: number | undefined, longest: number): number {
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
