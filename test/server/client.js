'use strict';

/** What the tests ask of n8n's REST API: the one its editor uses, with the owner's login cookie. */

const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const OWNER = {
	email: 'owner@example.com',
	firstName: 'Test',
	lastName: 'Owner',
	password: 'Test-owner-1',
};
const FINAL = ['success', 'error', 'crashed', 'canceled'];
const POLL_MS = 100;
const BUSY_MS = 30_000;

/**
 * Asks again and again until the answer is truthy.
 * @param {() => Promise<unknown>} attempt
 * @param {number} timeoutMs
 * @param {() => string} complaint what to say when the time is over
 */
async function until(attempt, timeoutMs, complaint) {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const result = await attempt();
		if (result) return result;
		if (Date.now() > deadline) throw new Error(`${complaint()} (after ${timeoutMs / 1000} s)`);
		await sleep(POLL_MS);
	}
}

/**
 * The items a node gave out in its last run.
 * @param {{ runData: Record<string, Array<{ data?: { main: unknown[][] } }>> }} execution
 * @param {string} nodeName
 * @param {number} [output]
 * @returns {Array<{ json: object, binary?: object }>}
 */
function nodeOutput(execution, nodeName, output = 0) {
	return execution.runData[nodeName]?.at(-1).data?.main[output] ?? [];
}

/** The REST client. The class that extends it has `url` and `n8n` (see install.js). */
class RestClient {
	/**
	 * One call of the REST API; for what has no method below.
	 * @param {string} method
	 * @param {string} route below /rest
	 * @param {unknown} [body]
	 * @returns {Promise<any>} the `data` of the answer
	 */
	async rest(method, route, body) {
		const deadline = Date.now() + BUSY_MS;
		let response;
		let text;
		do {
			if (response) await sleep(POLL_MS);
			response = await fetch(`${this.url}/rest${route}`, {
				method,
				headers: { 'content-type': 'application/json', cookie: this.cookie ?? '' },
				body: body === undefined ? undefined : JSON.stringify(body),
			});
			text = await response.text();
			// A busy n8n turns everything away before it does anything.
		} while (response.status === 503 && Date.now() < deadline);
		if (!response.ok) {
			const error = new Error(`${method} ${route}: ${response.status} ${text}`);
			throw Object.assign(error, { status: response.status });
		}
		const [cookie] = response.headers.getSetCookie();
		if (cookie) this.cookie = cookie.split(';')[0];
		return text ? JSON.parse(text).data : undefined;
	}

	/** Logs in as the owner, and makes the owner first on a new server. */
	async login() {
		const { email, password } = OWNER;
		try {
			await this.rest('POST', '/owner/setup', OWNER);
		} catch (error) {
			if (error.status !== 400) throw error;
			await this.rest('POST', '/login', { emailOrLdapLoginId: email, password });
		}
	}

	/**
	 * @param {string} name e.g. 'n8n-nodes-base.set'
	 * @param {number} [version]
	 * @returns {Promise<object>} the node's description as the editor gets it
	 */
	async nodeType(name, version = 1) {
		const [description] = await this.rest('POST', '/node-types', {
			nodeInfos: [{ name, version }],
		});
		return description;
	}

	/**
	 * @param {{ name: string, type: string, data: object }} credential
	 * @returns {Promise<{ id: string, name: string }>} as a node's `credentials` wants it
	 */
	async createCredential({ name, type, data }) {
		const { id } = await this.rest('POST', '/credentials', { name, type, data });
		return { id, name };
	}

	/**
	 * @param {{ name?: string, type: string, data: object }} credential need not be stored
	 * @returns {Promise<{ status: 'OK' | 'Error', message: string }>}
	 */
	async testCredential({ id = '', name = 'tested', type, data }) {
		return await this.rest('POST', '/credentials/test', { credentials: { id, name, type, data } });
	}

	/**
	 * @param {{ name?: string, nodes: object[], connections?: object, settings?: object }} workflow
	 * @returns {Promise<string>} its id
	 */
	async createWorkflow({ name = 'Test', nodes, connections = {}, settings = {} }) {
		const { id } = await this.rest('POST', '/workflows', {
			name,
			nodes: nodes.map((node, index) => ({
				id: `node-${index}`,
				typeVersion: 1,
				position: [index * 200, 0],
				parameters: {},
				...node,
			})),
			connections,
			settings: { executionOrder: 'v1', ...settings },
		});
		return id;
	}

	/**
	 * Publishes a workflow and returns when its triggers are at work: n8n answers before they are.
	 * Rejects with the trigger's message when one fails, which n8n tries several times: some 15 s.
	 * @param {string} id
	 * @param {number} [timeoutMs]
	 */
	async activate(id, timeoutMs = 30_000) {
		const { versionId } = await this.rest('GET', `/workflows/${id}`);
		await this.rest('POST', `/workflows/${id}/activate`, { versionId });
		const { status, triggers } = await this.published(
			id,
			['published', 'partial', 'failed'],
			timeoutMs,
		);
		if (status !== 'published') throw new Error(`Workflow ${id}: ${JSON.stringify(triggers)}`);
	}

	/**
	 * Unpublishes a workflow and returns when its triggers are gone.
	 * @param {string} id
	 * @param {number} [timeoutMs]
	 */
	async deactivate(id, timeoutMs = 30_000) {
		await this.rest('POST', `/workflows/${id}/deactivate`, {});
		await this.published(id, ['not_published'], timeoutMs);
	}

	async published(id, wanted, timeoutMs) {
		let status;
		return await until(
			async () => {
				status = await this.rest('GET', `/workflows/${id}/publication-status`);
				return wanted.includes(status.status) && status;
			},
			timeoutMs,
			() => `Workflow ${id} is not ${wanted.join('/')}: ${JSON.stringify(status)}`,
		);
	}

	/**
	 * Starts a manual run, like "Execute workflow" (triggerName) or "Execute step" (destinationNode).
	 * @param {string} id
	 * @param {{ triggerName?: string, destinationNode?: string }} from
	 * @returns {Promise<string | null>} the execution id, or null when n8n now listens for a test webhook
	 */
	async run(id, { triggerName, destinationNode }) {
		const { executionId = null } = await this.rest('POST', `/workflows/${id}/run`, {
			triggerToStartFrom: triggerName && { name: triggerName },
			destinationNode: destinationNode && { nodeName: destinationNode, mode: 'inclusive' },
		});
		return executionId;
	}

	/**
	 * @param {string} id
	 * @returns {Promise<object>} the stored execution, with `data` parsed, and on top `runData` (by node
	 * name) and `error` out of it
	 */
	async execution(id) {
		const { parse } = require(path.join(this.n8n.dir, 'node_modules/flatted'));
		const stored = await this.rest('GET', `/executions/${id}`);
		const data = stored.data ? parse(stored.data) : undefined;
		const { runData = {}, error } = data?.resultData ?? {};
		return { ...stored, data, runData, error };
	}

	/**
	 * The newest executions (at most 100), without their data.
	 * @param {{ workflowId?: string, status?: string | string[] }} [filter]
	 * @returns {Promise<Array<{ id: string, status: string, mode: string, waitTill: string | null }>>}
	 */
	async executions(filter) {
		return (await this.findExecutions(filter)).results;
	}

	/**
	 * @param {{ workflowId?: string, status?: string | string[] }} [filter]
	 * @returns {Promise<number>} how many executions there are, also beyond 100
	 */
	async countExecutions(filter) {
		return (await this.findExecutions(filter)).count;
	}

	async findExecutions({ workflowId, status } = {}) {
		const filter = { workflowId, status: status && [status].flat() };
		const query = new URLSearchParams({ limit: '100', filter: JSON.stringify(filter) });
		return await this.rest('GET', `/executions?${query}`);
	}

	/**
	 * Waits for an execution to reach a status, or to satisfy a predicate. An execution that has
	 * ended in another way is not waited for.
	 * @param {string} id
	 * @param {string | string[] | ((execution: object) => boolean)} wanted
	 * @param {number} [timeoutMs]
	 * @returns {Promise<object>} see {@link execution}
	 */
	async waitFor(id, wanted, timeoutMs = 30_000) {
		const fits =
			typeof wanted === 'function' ? wanted : ({ status }) => [wanted].flat().includes(status);
		let last;
		const complaint = () =>
			`Execution ${id} is "${last.status}", not what was waited for. ${last.error?.message ?? ''} ${last.error?.description ?? ''}`;
		return await until(
			async () => {
				last = await this.execution(id);
				if (fits(last)) return last;
				if (FINAL.includes(last.status)) throw new Error(complaint());
				return undefined;
			},
			timeoutMs,
			complaint,
		);
	}

	/**
	 * Waits until a workflow has a number of executions: those of a webhook, whose id nobody tells.
	 * @param {{ workflowId?: string, status?: string | string[] }} filter see {@link executions}
	 * @param {number} [count]
	 * @param {number} [timeoutMs]
	 */
	async waitForExecutions(filter, count = 1, timeoutMs = 30_000) {
		let found = [];
		return await until(
			async () => {
				found = await this.executions(filter);
				return found.length >= count && found;
			},
			timeoutMs,
			() => `${found.length} instead of ${count} executions fit ${JSON.stringify(filter)}`,
		);
	}

	/**
	 * @param {string} id
	 */
	async stopExecution(id) {
		return await this.rest('POST', `/executions/${id}/stop`, {});
	}

	/**
	 * What the editor asks for while a node is being filled in.
	 * @param {object} options
	 * @param {{ type: string, typeVersion?: number, parameters?: object, credentials?: object }} options.node
	 * @param {string} options.methodName
	 * @param {string} options.path of the parameter, e.g. 'parameters.inputs'
	 * @param {string} [options.kind] or 'options', 'resource-locator-results' (with `filter`, `paginationToken`)
	 * @returns {Promise<any>}
	 */
	async dynamicFields({
		node,
		methodName,
		path: parameter,
		kind = 'resource-mapper-fields',
		...more
	}) {
		const { type, typeVersion = 1, parameters = {}, credentials } = node;
		return await this.rest('POST', `/dynamic-node-parameters/${kind}`, {
			path: parameter,
			methodName,
			nodeTypeAndVersion: { name: type, version: typeVersion },
			currentNodeParameters: parameters,
			credentials,
			...more,
		});
	}

	/**
	 * Calls a webhook from outside, as the vendor would.
	 * @param {string} target path below /webhook, or a whole URL (the resume URL of an execution)
	 * @param {unknown} [body] sent as JSON, a string or Buffer as it is
	 * @param {{ method?: string, headers?: Record<string, string>, test?: boolean }} [options]
	 * @returns {Promise<{ status: number, headers: Headers, body: any }>} the body parsed if it is JSON
	 */
	async triggerWebhook(target, body, { method = 'POST', headers = {}, test = false } = {}) {
		const base = test ? `${this.url}/webhook-test` : this.webhookUrl;
		const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
		const response = await fetch(/^https?:/.test(target) ? target : `${base}/${target}`, {
			method,
			headers: { 'content-type': 'application/json', ...headers },
			body: raw ? body : JSON.stringify(body),
		});
		const text = await response.text();
		const json = response.headers.get('content-type')?.includes('json');
		return {
			status: response.status,
			headers: response.headers,
			body: json ? JSON.parse(text) : text,
		};
	}
}

module.exports = { OWNER, RestClient, nodeOutput, until };
