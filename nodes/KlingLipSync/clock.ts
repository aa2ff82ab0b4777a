import { sleep } from 'n8n-workflow';

/** Time as the waiting code sees it; tests put a faster one in its place. */
export const clock = {
	/** ms since the epoch. */
	now: (): number => Date.now(),

	/** For how long this process has run, in ms. */
	uptime: (): number => performance.now(),

	/**
	 * Resolves after `ms`, or as soon as the signal is aborted. Older n8n knows no signal in its own
	 * sleep; there the timer runs out unheard.
	 */
	async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		if (signal?.aborted) return;
		let wake = () => {};
		const aborted = new Promise<void>((resolve) => {
			wake = resolve;
			signal?.addEventListener('abort', wake);
		});
		const pause = (sleep as (ms: number, signal?: AbortSignal) => Promise<void>)(ms, signal);
		await Promise.race([pause.catch(() => {}), aborted]);
		signal?.removeEventListener('abort', wake);
	},
};
