/* eslint-disable @n8n/community-nodes/require-node-api-error */
import type { Executions, ExecutionRef } from './executions';
import type { EngineState } from './host';
import type { Call, Handler, HttpServer, Received } from './httpServer';
import type { N8nProcess } from './process';
import type { Run } from './run';
import type { TriggerOptions } from './triggers';
import type { Effect } from './webhooks';
import { HttpError, sendError } from './webhooks';
import type { NodeData } from './workflows';

/** What whoever called a URL of n8n gets, and what the call did. */
export interface Answer extends Received, Effect {
	/** What the execution that went on, or was started, has come to. */
	run?: Run;
}

interface Delivery extends Partial<Omit<Call, 'url'>> {
	/** Who takes it; in queue mode the webhook processors take turns. */
	process?: N8nProcess;
	/** Whether to wait for the execution that goes on (the default); the server answers before it has run. */
	settle?: boolean;
}

interface Resumption extends Delivery {
	/** As the node gave it away; without it, the resume URL with the suffix of the node. */
	url?: string;
	query?: Record<string, string>;
}

export interface WebhookOptions extends Delivery, Omit<TriggerOptions, 'isTest'> {
	/** `manual` calls the test URL. */
	mode?: 'trigger' | 'manual';
	query?: Record<string, string | string[]>;
}

const withQuery = (url: string | URL, query: Record<string, string | string[]>): URL => {
	const changed = new URL(url);
	for (const [name, value] of Object.entries(query)) changed.searchParams.set(name, String(value));
	return changed;
};

/** Answers with the error that it throws. */
export const answering =
	(handler: Handler): Handler =>
	async (req, res) => {
		try {
			await handler(req, res);
		} catch (error) {
			sendError(res, error);
		}
	};

/** The calls that tests make to an n8n, over HTTP. */
export function createCalls(
	state: EngineState,
	server: HttpServer,
	executions: Executions,
	receiver: () => N8nProcess,
) {
	/** Makes a call and tells what it led to. */
	const perform = async (
		call: Call,
		settle: boolean,
		handler: (...args: [...Parameters<Handler>, effect: Effect]) => Promise<void>,
	): Promise<Answer> => {
		const effect: Effect = {};
		let handled: Promise<void> | undefined;
		const received = await server.call(call, async (req, res) => {
			handled = answering(async () => {
				try {
					await handler(req, res, effect);
				} catch (error) {
					if (!(error instanceof HttpError)) effect.threw ??= error;
					throw error;
				}
			})(req, res);
			await handled;
		});
		// Some of what n8n does comes after its answer.
		await handled;
		const { executionId } = effect;
		const run = settle && executionId ? await executions.finished(executionId) : undefined;
		return { ...received, ...effect, run };
	};

	/** A call to a waiting execution's URL, whoever makes it. */
	const deliver = async (
		url: string,
		{ method = 'POST', process = receiver(), settle = true, ...rest }: Delivery = {},
	): Promise<Answer> => {
		const base = new URL(state.webhookWaitingBaseUrl).pathname;
		const path = new URL(url).pathname.slice(base.length + 1);
		return await perform(
			{ method, url, ...rest },
			settle,
			async (req, res, effect) => await process.waiting.call(path, req, res, effect),
		);
	};

	/** A callback to a waiting node. */
	const resumeByWebhook = async (
		run: Run,
		nodeName: string,
		{ url, query = {}, ...rest }: Resumption = {},
	): Promise<Answer> => {
		const { waiting } = receiver();
		const { httpMethod, path } = await waiting.resumeWebhook(run, nodeName);
		const target = new URL(url ?? waiting.resumeUrl(run));
		if (!url && path) target.pathname += `/${path}`;
		return await deliver(withQuery(target, query).href, { method: httpMethod, ...rest });
	};

	/** A call to a trigger's production URL, or with mode `manual` to its test URL. */
	const webhook = async (nodeOrName: NodeData | string, options: WebhookOptions = {}) => {
		const { mode = 'trigger', query = {}, method, headers, body, signal } = options;
		const { process = receiver(), settle = true, ...placing } = options;
		const isTest = mode === 'manual';
		const { triggers } = process;
		const trigger = triggers.place(nodeOrName, { ...placing, isTest });
		const { httpMethod, path } = await triggers.addressOf(trigger);
		const base = isTest ? state.webhookTestBaseUrl : state.webhookBaseUrl;
		const url = withQuery(`${base}/${path}`, query).href;
		return await perform(
			{ method: method ?? httpMethod, url, headers, body, signal },
			settle,
			async (req, res, effect) => await triggers.call(trigger, req, res, effect),
		);
	};

	return { deliver, resumeByWebhook, webhook };
}

export type { ExecutionRef };
