import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';

/** How many tasks are remembered in the process, and how many across a restart. */
const MOST_IN_MEMORY = 10_000;
const MOST_STORED = 500;
const STORE_KEY = 'delivered';

/**
 * Which tasks have started the workflow. The process remembers exactly; the workflow's static data
 * carries the latest across a restart, but n8n may lose it, which at worst starts a workflow twice.
 */
export class Delivered {
	private readonly places = new Map<string, Set<string>>();

	has(context: IWebhookFunctions, place: string, taskId: string): boolean {
		return this.places.get(place)?.has(taskId) === true || stored(context).includes(taskId);
	}

	/**
	 * Claims the delivery of a task.
	 *
	 * @returns false when it was claimed before
	 */
	add(context: IWebhookFunctions, place: string, taskId: string): boolean {
		if (this.has(context, place, taskId)) return false;
		const known = this.places.get(place) ?? new Set();
		this.places.set(place, known.add(taskId));
		if (known.size > MOST_IN_MEMORY) known.delete(known.values().next().value as string);

		const store = context.getWorkflowStaticData('node');
		store[STORE_KEY] = [...stored(context), taskId].slice(-MOST_STORED);
		const response = context.getResponseObject();
		response.once('finish', () => {
			// n8n could not start the workflow: the vendor will deliver again.
			if (response.statusCode >= 400) known.delete(taskId);
		});
		return true;
	}
}

function stored(context: IWebhookFunctions): string[] {
	const list = (context.getWorkflowStaticData('node') as IDataObject)[STORE_KEY];
	return Array.isArray(list) ? (list as string[]) : [];
}
