/** How many at once, at most, where the user says nothing else. */
export const AT_ONCE = {
	/** Items of a run, each with its creates. */
	items: 5,
	/** Media that are looked at. */
	looks: 5,
	/** Queries for the callbacks of a pause, or of all triggers of this process: anyone can send one. */
	queries: 10,
};

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
	const results: Out[] = [];
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

/**
 * Lets at most `limit` works run at once.
 *
 * @returns runs a work when its turn has come, first come, first served
 */
export function createLimit(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
	const waiting: Array<() => void> = [];
	let free = limit;
	return async (work) => {
		if (free > 0) free--;
		else await new Promise<void>((resolve) => waiting.push(resolve));
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else free++;
		}
	};
}
