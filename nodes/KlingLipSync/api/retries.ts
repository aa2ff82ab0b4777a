import { clock } from '../clock';
import { isPassing } from '../task/lastingAnswer';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { mayPass } from './networkErrors';

/** What is tried again, and how often. */
interface Retries {
	isWorthRepeating: (problem: Problem) => boolean;
	times: number;
	/** In ms, also where the other side asks for more. */
	longestPause: number;
}

/** What is asked again: a create only after a 429, which says that no work was begun. */
export const RETRIES = {
	create: {
		isWorthRepeating: ({ kind }) => kind === 'rateLimited',
		times: 5,
		longestPause: 120_000,
	},
	query: {
		isWorthRepeating: (problem) => isPassing(problem) || problem.kind === 'malformed',
		times: 5,
		longestPause: 120_000,
	},
	/** A link to a file, which may lie on any host. */
	look: {
		isWorthRepeating: ({ kind }) => kind === 'unavailable',
		times: 2,
		longestPause: 10_000,
	},
	/** A finished video or a face's picture. */
	download: {
		isWorthRepeating: ({ details: { httpCode } }) => httpCode === undefined || mayPass(httpCode),
		times: 2,
		longestPause: 10_000,
	},
} satisfies Record<string, Retries>;

/**
 * Tries something until it comes to a value, or to a problem that is not worth it.
 *
 * @param signal ends the pauses, and the trying
 */
export async function retry<T>(
	attempt: () => Promise<Outcome<T>>,
	{ isWorthRepeating, times, longestPause }: Retries,
	signal?: AbortSignal,
): Promise<Outcome<T>> {
	for (let retries = 0; ; retries++) {
		const outcome = await attempt();
		const isLast = retries === times || signal?.aborted;
		if (!(outcome instanceof Problem) || isLast || !isWorthRepeating(outcome)) return outcome;
		await clock.sleep(retryDelay(retries, outcome.retryAfterMs, longestPause), signal);
		if (signal?.aborted) return outcome;
	}
}

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
