import type { Timeline } from './timeline';

export interface Task {
	taskId: string;
	/** Which create this is: node, run and item. */
	slot: string;
	callbackUrl?: string;
	createdAt: number;
	finishedAt: number;
	/** The API shows it to nobody. */
	isRefused: boolean;
}

/** What whoever calls gets: an answer, or the connection is closed. */
export type Outcome = { status: number; body?: unknown } | 'reset';

/** A call, which the caller can give up. */
export interface Call {
	answer: Promise<Outcome>;
	hangUp: () => void;
}

/** One callback, delivered until it is accepted. */
export interface Delivery {
	taskId: string;
	url: string;
	attempts: Array<{ at: number; status: number | 'reset' | 'none' }>;
	isAccepted: boolean;
}

export interface VendorSettings {
	/** How long tasks take, ms. */
	taskMs: [least: number, most: number];
	queryMs: [least: number, most: number];
	/** Probabilities. */
	lost: number;
	twice: number;
	/** That a query fails, or takes so long that it is given up. */
	badQuery: number;
	/** That the API refuses all queries for a task. */
	refused: number;
}

const HANGS_UP_AFTER = 10_000;
const RETRIES = [1_000, 2_000, 4_000];
const BACKGROUND = 30_000;
const GIVES_UP_AFTER = 30 * 60_000;

/** The task API and its callbacks, as they are documented. */
export class Vendor {
	readonly tasks = new Map<string, Task>();

	readonly deliveries: Delivery[] = [];

	constructor(
		private readonly timeline: Timeline,
		private readonly settings: VendorSettings,
		private readonly call: (url: string, body: unknown) => Call,
	) {}

	/** A request to the API, by the product's options for n8n's helper. */
	async request(options: {
		method?: string;
		qs?: Record<string, unknown>;
		body?: unknown;
		timeout?: number;
	}): Promise<{ statusCode: number; headers: object; body: unknown }> {
		const { timeline, settings } = this;
		await timeline.wait(timeline.between(...settings.queryMs));
		if (options.method === 'POST') return ok(this.create(options.body as CreateBody));
		if (timeline.chance(settings.badQuery)) {
			if (timeline.chance(0.5)) return { statusCode: 503, headers: {}, body: { code: 503 } };
			await timeline.wait(options.timeout ?? 0);
			throw Object.assign(new Error('timeout'), { code: 'ECONNABORTED' });
		}
		const task = this.tasks.get(String(options.qs?.task_id));
		if (!task || task.isRefused) return { statusCode: 400, headers: {}, body: { code: 400 } };
		return ok(this.show(task));
	}

	private create({ model, slot, callback_url: callbackUrl }: CreateBody) {
		const { timeline, settings } = this;
		const taskId = `t${this.tasks.size + 1}`;
		const createdAt = timeline.now;
		const finishedAt = createdAt + timeline.between(...settings.taskMs);
		const isRefused = timeline.chance(settings.refused);
		const task = { taskId, slot, callbackUrl, createdAt, finishedAt, isRefused };
		this.tasks.set(taskId, task);
		timeline.tell(`${taskId} is created for ${slot}`);
		timeline.after(finishedAt - timeline.now, () => {
			timeline.tell(`${taskId} is finished`);
			if (callbackUrl && !timeline.chance(settings.lost)) this.announce(taskId, callbackUrl);
		});
		return { taskId, state: 'pending', model };
	}

	private show({ taskId, slot, finishedAt }: Task) {
		if (this.timeline.now < finishedAt) return { taskId, state: 'processing', model: 'lip-sync' };
		const resultUrls = [`https://cdn.example/${encodeURIComponent(slot)}`];
		const completeTime = Math.round(finishedAt);
		return { taskId, state: 'completed', model: 'lip-sync', resultUrls, completeTime };
	}

	private announce(taskId: string, url: string): void {
		void this.deliver(taskId, url);
		if (this.timeline.chance(this.settings.twice)) void this.deliver(taskId, url);
	}

	private async deliver(taskId: string, url: string): Promise<void> {
		const { timeline } = this;
		const delivery: Delivery = { taskId, url, attempts: [], isAccepted: false };
		this.deliveries.push(delivery);
		const began = timeline.now;
		for (let attempt = 0; timeline.now - began < GIVES_UP_AFTER; attempt++) {
			await timeline.wait(timeline.between(1, 120));
			const at = timeline.now;
			const { answer, hangUp } = this.call(url, { code: 200, data: { taskId } });
			const outcome = await timeline.within(answer, HANGS_UP_AFTER);
			if (!outcome) hangUp();
			const status = !outcome ? 'none' : outcome === 'reset' ? 'reset' : outcome.status;
			delivery.attempts.push({ at, status });
			timeline.tell(`callback of ${taskId}, attempt ${attempt + 1}: ${status}`);
			delivery.isAccepted = status === 200;
			if (delivery.isAccepted) break;
			await timeline.wait(RETRIES[attempt] ?? BACKGROUND);
		}
	}
}

interface CreateBody {
	model: string;
	slot: string;
	callback_url?: string;
}

const ok = (data: unknown) => ({ statusCode: 200, headers: {}, body: { code: 200, data } });
