/**
 * The times, in ms, on which the protocol of pausing rests (see `lastCallback.ts`).
 *
 * n8n checks nothing but "is waiting" when it writes back what it read before it called the node. So
 * `fresh` plus what n8n needs before and after has to be less than `settle`, and so has `freshCall`
 * plus what n8n needs after.
 */
export const PAUSE_TIMING = {
	/** For how long a handler may go on with the execution as n8n has read it before it called. */
	fresh: 1_000,
	/**
	 * How long ago n8n may have been called when the execution goes on from what it has read for that.
	 * A busy n8n needs seconds before it calls the node.
	 */
	freshCall: 4_000,
	/** How far the clocks of two hosts may be apart for that age to be believed. */
	skew: 500,
	/** How long a run that creates tasks takes at least, when the execution was paused before. */
	settle: 7_000,
	/**
	 * How long before the end of a wait callbacks leave it to n8n's own timer to go on. The clocks
	 * of two hosts may differ, and n8n may need some time between the answer and its write.
	 */
	timerMargin: 5_000,
	/** n8n sets its timer for a wait so long before the wait's end, and never takes it back. */
	timerLead: 75_000,
	/**
	 * For how long after the callback of the task that finished last others are taken to be on their
	 * way. Who comes after the execution has gone on is answered 409 by n8n, for half an hour.
	 */
	quiet: 1_000,
	/** The same after the callback of any other task: the last one's may still come, here or elsewhere. */
	quietForLast: 4_000,
	/** Later than so long after a callback came its handler begins nothing new: the vendor hangs up after 10 s. */
	answerWithin: 7_000,
	/** How long a query for a callback may take: less than its handler has. */
	query: 5_000,
	/** The pause before an answer that may last is asked for again. */
	askAgain: 1_000,
	/**
	 * How long one task may be out of reach while others are not, before the others go on without it.
	 * The vendor repeats a callback for half an hour.
	 */
	outOfReach: 300_000,
	/**
	 * How long after the first callback for a found wait a process that is younger than `young` may
	 * still be starting. Then n8n takes waiting executions for crashed ones and writes them anew; one
	 * that goes on meanwhile ends as crashed.
	 */
	startUp: 6_000,
	young: 60_000,
};
