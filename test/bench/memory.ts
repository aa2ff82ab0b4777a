/* eslint-disable @n8n/community-nodes/no-restricted-globals */
const MB = 1_000_000;
const SAMPLE_EVERY_MS = 20;

/** By how many MB the memory of this process grows at most while something is done. */
export async function memoryGrowth(work: () => Promise<void>): Promise<number> {
	const before = process.memoryUsage().rss;
	let peak = before;
	const sample = () => (peak = Math.max(peak, process.memoryUsage().rss));
	const timer = setInterval(sample, SAMPLE_EVERY_MS);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
	return (peak - before) / MB;
}
