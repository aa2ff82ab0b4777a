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
	const results = new Array<Out>(items.length);
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
