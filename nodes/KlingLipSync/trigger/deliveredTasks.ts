import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';

/** How many tasks are remembered in the process, and how many across a restart. */
const MOST_IN_MEMORY = 10_000;
const MOST_STORED = 500;
const STORE_KEY = 'delivered';

interface Place {
	known: Set<string>;
	/** Tasks that n8n could not start the workflow for, whatever has been stored meanwhile. */
	failed: Set<string>;
	/** What is stored: the latest of `known`, and of what was stored before. */
	latest: string[];
}

/**
 * Which tasks have started the workflow. The process remembers exactly; the workflow's static data
 * carries the latest across a restart, but n8n may lose it, which at worst starts a workflow twice.
 */
export class DeliveredTasks {
	private readonly places = new Map<string, Place>();

	has(context: IWebhookFunctions, place: string, taskId: string): boolean {
		const { known, failed } = this.placeOf(context, place);
		return known.has(taskId) || (!failed.has(taskId) && stored(context).includes(taskId));
	}

	/**
	 * Claims the delivery of a task.
	 *
	 * @returns false when it was claimed before
	 */
	add(context: IWebhookFunctions, place: string, taskId: string): boolean {
		if (this.has(context, place, taskId)) return false;
		const { known, failed, latest } = this.placeOf(context, place);
		known.add(taskId);
		failed.delete(taskId);
		if (known.size > MOST_IN_MEMORY) known.delete(known.values().next().value as string);
		latest.push(taskId);
		latest.splice(0, Math.max(0, latest.length - MOST_STORED));
		// Each callback saves its own copy of the data, in any order. With the same list in all of them
		// none that comes together with others erases theirs.
		context.getWorkflowStaticData('node')[STORE_KEY] = latest;

		const response = context.getResponseObject();
		response.once('finish', () => {
			if (response.statusCode < 400) return;
			// n8n could not start the workflow: the vendor will deliver again.
			known.delete(taskId);
			failed.add(taskId);
			if (latest.includes(taskId)) latest.splice(latest.indexOf(taskId), 1);
		});
		return true;
	}

	private placeOf(context: IWebhookFunctions, key: string): Place {
		const place = this.places.get(key) ?? {
			known: new Set(),
			failed: new Set(),
			latest: [...stored(context)],
		};
		this.places.set(key, place);
		return place;
	}
}

function stored(context: IWebhookFunctions): string[] {
	const list = (context.getWorkflowStaticData('node') as IDataObject)[STORE_KEY];
	return Array.isArray(list) ? (list as string[]) : [];
}
