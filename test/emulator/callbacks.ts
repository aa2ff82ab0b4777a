import { reasonOf, type Lifetime } from './lifetime';
import type { CallbackBody } from './results';
import { valueOf, type EmulatorSettings } from './settings';
import type { Task } from './tasks';

/** An attempt to deliver a callback that has come to its end: with `status`, or with `error` where no answer came. */
export interface Delivery {
	/** When it began, ms since the epoch. */
	at: number;
	taskId: string;
	url: string;
	/** From 1. */
	attempt: number;
	body: CallbackBody | object | string;
	/** Present when it was sent on demand. */
	manual?: true;
	status?: number;
	error?: string;
	durationMs: number;
}

/** A callback to be sent on demand: what is left out is as the task has it. */
export interface Message {
	body?: object | string | ((usual: CallbackBody) => object | string);
	url?: string;
	headers?: Record<string, string>;
}

const isAccepted = ({ status = 0 }: Delivery) => status >= 200 && status <= 299;

/** Delivers callbacks, and repeats those that were not accepted. */
export class Callbacks {
	private readonly settings: EmulatorSettings;

	private readonly lifetime: Lifetime;

	private readonly bodyOf: (task: Task) => CallbackBody;

	private readonly onDelivery: (delivery: Delivery) => void;

	constructor({
		settings,
		lifetime,
		bodyOf,
		onDelivery,
	}: {
		settings: EmulatorSettings;
		lifetime: Lifetime;
		bodyOf: (task: Task) => CallbackBody;
		onDelivery: (delivery: Delivery) => void;
	}) {
		this.settings = settings;
		this.lifetime = lifetime;
		this.bodyOf = bodyOf;
		this.onDelivery = onDelivery;
	}

	/**
	 * Tells a task's callback URL, where it has one, that the task is terminal. Resolves when the callback was
	 * accepted or given up.
	 */
	async announce(task: Task): Promise<void> {
		const { callbackUrl: url } = task;
		if (!url) return;
		const mode = valueOf(this.settings.callbacks, task);
		if (mode === 'dropped') return;
		if (Array.isArray(mode)) {
			await Promise.all(mode.map(async (ms) => await this.deliverAfter(ms, task, url)));
			return;
		}
		await this.deliverUntilAccepted(task, url);
		if (mode === 'twice') await this.deliverUntilAccepted(task, url);
		if (typeof mode === 'object') await this.deliverAfter(mode.againAfterMs, task, url);
	}

	private async deliverAfter(ms: number, task: Task, url: string): Promise<void> {
		await this.lifetime.sleep(ms);
		await this.deliverUntilAccepted(task, url);
	}

	private async deliverUntilAccepted(task: Task, url: string): Promise<void> {
		let backgroundSince: number | null = null;
		for (let attempt = 1; ; attempt++) {
			const { taskId } = task;
			const { delivery } = await this.attempt({ taskId, url, body: this.bodyOf(task), attempt });
			if (isAccepted(delivery)) return;
			const { callbackRetriesMs, backgroundRetryMs, backgroundForMs } = this.settings;
			let pauseMs: number | undefined = callbackRetriesMs[attempt - 1];
			if (pauseMs === undefined) {
				backgroundSince ??= Date.now();
				if (Date.now() + backgroundRetryMs - backgroundSince > backgroundForMs) return;
				pauseMs = backgroundRetryMs;
			}
			await this.lifetime.sleep(pauseMs);
		}
	}

	private async attempt({
		headers = {},
		...about
	}: Pick<Delivery, 'taskId' | 'url' | 'body' | 'attempt' | 'manual'> & Pick<Message, 'headers'>) {
		const delivery: Delivery = { at: Date.now(), durationMs: 0, ...about };
		const { url, body } = about;
		let text: string | undefined;
		try {
			await this.lifetime.request(this.settings.callbackTimeoutMs, async (signal) => {
				const response = await fetch(url, {
					method: 'POST',
					headers: { 'content-type': 'application/json', connection: 'close', ...headers },
					body: typeof body === 'string' ? body : JSON.stringify(body),
					redirect: 'manual',
					signal,
				});
				text = await response.text();
				delivery.status = response.status;
			});
		} catch (error) {
			delivery.error = reasonOf(error);
		}
		delivery.durationMs = Date.now() - delivery.at;
		this.onDelivery(delivery);
		return { delivery, text };
	}

	/**
	 * Sends one callback that is not repeated: a duplicate, a forged one, garbage. Resolves to `error` when no
	 * answer came. Throws where the task, when there is one of that id, does not say what to send or where to.
	 */
	async deliver(
		taskId: string,
		task: Task | undefined,
		{ body, url = task?.callbackUrl, headers = {} }: Message = {},
	): Promise<{ status?: number; text?: string; error?: string }> {
		if (!url) throw new Error(`The task "${taskId}" has no callback URL: pass { url }`);
		const lowerCased = Object.fromEntries(
			Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
		);
		const { delivery, text } = await this.attempt({
			taskId,
			url,
			body: this.bodyToSend(taskId, task, body),
			attempt: 1,
			headers: lowerCased,
			manual: true,
		});
		return delivery.error ? { error: delivery.error } : { status: delivery.status, text };
	}

	private bodyToSend(taskId: string, task: Task | undefined, body: Message['body']) {
		if (body !== undefined && typeof body !== 'function') return body;
		if (!task) throw new Error(`There is no task "${taskId}": pass { body }`);
		return body ? body(this.bodyOf(task)) : this.bodyOf(task);
	}
}
