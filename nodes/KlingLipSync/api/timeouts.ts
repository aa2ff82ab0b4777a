/** ms without an answer after which a request counts as failed. */
export const TIMEOUTS = {
	create: 60_000,
	query: 20_000,
	/** The query for a callback to the trigger: the vendor hangs up after 10 s. */
	confirm: 8_000,
	download: 300_000,
	probe: 3_000,
	resume: 5_000,
	look: 20_000,
	/** Between two pieces of a file. */
	silence: 60_000,
};
