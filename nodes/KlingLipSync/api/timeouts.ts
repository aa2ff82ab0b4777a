/** ms without an answer after which a request counts as failed. */
export const TIMEOUTS = {
	create: 60_000,
	query: 20_000,
	download: 300_000,
	probe: 3_000,
	resume: 5_000,
	look: 20_000,
};
