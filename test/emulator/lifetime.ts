/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error */

// Node turns a longer delay into 1 ms.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Everything the emulator has under way: timers and outgoing requests. Ending it drops them all
 * without a trace, so a process that closed the emulator can exit by itself.
 */
export class Lifetime {
	private readonly timers = new Set<NodeJS.Timeout>();

	private readonly requests = new Set<{ controller: AbortController; dropped: boolean }>();

	/** Runs an action after `ms`, unless the returned function is called; a delay that no timer can count never comes. */
	after(ms: number, action: () => void): () => void {
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

	/** Resolves after `ms`, and never once this lifetime has ended. */
	async sleep(ms: number): Promise<void> {
		await new Promise<void>((resolve) => this.after(ms, resolve));
	}

	/**
	 * Runs an outgoing request that is given up after `ms`. Rejects with an Error "timeout" then; never settles
	 * once this lifetime has ended.
	 */
	async request<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
		const request = { controller: new AbortController(), dropped: false };
		const cancel = this.after(ms, () => request.controller.abort(new Error('timeout')));
		this.requests.add(request);
		try {
			return await work(request.controller.signal);
		} catch (error) {
			if (request.dropped) return await new Promise<never>(() => {});
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

/** Why an outgoing request failed: the system's code where there is one, else the message. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { code } = (error.cause ?? {}) as { code?: string };
	return code ?? error.message;
}
