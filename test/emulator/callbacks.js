'use strict';

const { valueOf } = require('./settings');

const isAccepted = ({ status }) => status >= 200 && status <= 299;

/** Delivers callbacks, and repeats those that were not accepted. */
class Callbacks {
	/**
	 * @param {object} parts
	 * @param {object} parts.settings
	 * @param {import('./lifetime').Lifetime} parts.lifetime
	 * @param {(task: object) => object} parts.bodyOf
	 * @param {(delivery: object) => void} parts.onDelivery called with each attempt that has come to its end:
	 * `{ at, taskId, url, attempt, status | error, durationMs, body }`
	 */
	constructor({ settings, lifetime, bodyOf, onDelivery }) {
		Object.assign(this, { settings, lifetime, bodyOf, onDelivery });
	}

	/**
	 * Tells a task's callback URL, where it has one, that the task is terminal.
	 *
	 * @param {object} task
	 * @returns {Promise<void>} resolves when the callback was accepted or given up
	 */
	async announce(task) {
		if (!task.callbackUrl) return;
		const mode = valueOf(this.settings.callbacks, task);
		if (mode === 'dropped') return;
		await this.deliverUntilAccepted(task);
		if (mode === 'twice') await this.deliverUntilAccepted(task);
	}

	async deliverUntilAccepted(task) {
		let backgroundSince = null;
		for (let attempt = 1; ; attempt++) {
			const { delivery } = await this.attempt({
				taskId: task.taskId,
				url: task.callbackUrl,
				body: this.bodyOf(task),
				attempt,
			});
			if (isAccepted(delivery)) return;
			const { callbackRetriesMs, backgroundRetryMs, backgroundForMs } = this.settings;
			let pauseMs = callbackRetriesMs[attempt - 1];
			if (pauseMs === undefined) {
				backgroundSince ??= Date.now();
				if (Date.now() + backgroundRetryMs - backgroundSince > backgroundForMs) return;
				pauseMs = backgroundRetryMs;
			}
			await this.lifetime.sleep(pauseMs);
		}
	}

	async attempt({ taskId, url, body, attempt, headers = {}, isManual = false }) {
		const delivery = {
			at: Date.now(),
			taskId,
			url,
			attempt,
			body,
			...(isManual ? { manual: true } : {}),
		};
		let text;
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
			delivery.error = error.cause?.code ?? error.message;
		}
		delivery.durationMs = Date.now() - delivery.at;
		this.onDelivery(delivery);
		return { delivery, text };
	}

	/**
	 * Sends one callback that is not repeated: a duplicate, a forged one, garbage.
	 *
	 * @param {string} taskId
	 * @param {object | undefined} task the task of that id
	 * @param {object} [message]
	 * @param {object | string | ((usual: object) => object | string)} [message.body] the task's own callback when left out
	 * @param {string} [message.url] the task's callback URL when left out
	 * @param {Record<string, string>} [message.headers]
	 * @returns {Promise<{ status?: number, text?: string, error?: string }>} `error` when no answer came
	 */
	async deliver(taskId, task, { body, url = task?.callbackUrl, headers = {} } = {}) {
		if (!url) throw new Error(`The task "${taskId}" has no callback URL: pass { url }`);
		if (!task && (body === undefined || typeof body === 'function')) {
			throw new Error(`There is no task "${taskId}": pass { body }`);
		}
		const lowerCased = Object.fromEntries(
			Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
		);
		const sent = typeof body === 'function' ? body(this.bodyOf(task)) : (body ?? this.bodyOf(task));
		const { delivery, text } = await this.attempt({
			taskId,
			url,
			body: sent,
			attempt: 1,
			headers: lowerCased,
			isManual: true,
		});
		return delivery.error ? { error: delivery.error } : { status: delivery.status, text };
	}
}

module.exports = { Callbacks };
