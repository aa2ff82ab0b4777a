'use strict';

// Node turns a longer delay into 1 ms.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Everything the emulator has under way: timers and outgoing requests. Ending it drops them all
 * without a trace, so a process that closed the emulator can exit by itself.
 */
class Lifetime {
	constructor() {
		this.timers = new Set();
		this.requests = new Set();
	}

	/**
	 * @param {number} ms a delay that no timer can count never comes
	 * @param {() => void} action
	 * @returns {() => void} cancels the action
	 */
	after(ms, action) {
		if (ms > LONGEST_TIMER_MS) return () => {};
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			action();
		}, ms);
		this.timers.add(timer);
		return () => {
			clearTimeout(timer);
			this.timers.delete(timer);
		};
	}

	/**
	 * @param {number} ms
	 * @returns {Promise<void>} never resolves once this lifetime has ended
	 */
	sleep(ms) {
		return new Promise((resolve) => this.after(ms, resolve));
	}

	/**
	 * Runs an outgoing request that is given up after `ms`.
	 *
	 * @template T
	 * @param {number} ms
	 * @param {(signal: AbortSignal) => Promise<T>} work
	 * @returns {Promise<T>} rejects with an Error "timeout"; never settles once this lifetime has ended
	 */
	async request(ms, work) {
		const request = { controller: new AbortController(), dropped: false };
		const cancel = this.after(ms, () => request.controller.abort(new Error('timeout')));
		this.requests.add(request);
		try {
			return await work(request.controller.signal);
		} catch (error) {
			if (request.dropped) return await new Promise(() => {});
			throw error;
		} finally {
			cancel();
			this.requests.delete(request);
		}
	}

	/** Drops all that is under way. The object can be used again afterwards. */
	end() {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
		for (const request of this.requests) {
			request.dropped = true;
			request.controller.abort();
		}
		this.requests.clear();
	}
}

module.exports = { Lifetime };
