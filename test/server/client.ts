/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */
/** What the tests ask of n8n's REST API: the one its editor uses, with the owner's login cookie. */

import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
	ExecutionStatus,
	IConnections,
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	IDataObject,
	INode,
	INodeCredentialTestResult,
	INodeExecutionData,
	INodeTypeDescription,
	IRunData,
	IRunExecutionData,
	IWorkflowSettings,
} from 'n8n-workflow';
import type { InstalledN8n } from './install';

export const OWNER = {
	email: 'owner@example.com',
	firstName: 'Test',
	lastName: 'Owner',
	password: 'Test-owner-1',
};
const FINAL: ExecutionStatus[] = ['success', 'error', 'crashed', 'canceled'];
const POLL_MS = 100;
const BUSY_MS = 30_000;

/** A node as a test writes it: what is left out is filled in when the workflow is created. */
export type WorkflowNode = Pick<INode, 'name' | 'type'> & Partial<INode>;

export interface TestWorkflow {
	name?: string;
	nodes: WorkflowNode[];
	connections?: IConnections;
	settings?: IWorkflowSettings;
}

export interface TestCredential {
	/** The name of the type, e.g. `klingLipSyncApi`. */
	type: string;
	data: ICredentialDataDecryptedObject;
}

/** A stored credential, as a node's `credentials` wants it. */
export interface StoredCredential {
	id: string;
	name: string;
}

export interface ExecutionSummary {
	id: string;
	status: ExecutionStatus;
	mode: string;
	workflowId: string;
	startedAt: string;
	waitTill: string | null;
}

/** A stored execution: `runData` (by node name) and `error` are those in `data`. */
export interface StoredExecution extends ExecutionSummary {
	data?: IRunExecutionData;
	runData: IRunData;
	error?: IRunExecutionData['resultData']['error'];
}

export interface ExecutionFilter {
	workflowId?: string;
	status?: ExecutionStatus | ExecutionStatus[];
}

interface PublicationStatus {
	status: 'published' | 'partial' | 'failed' | 'not_published' | 'pending';
	triggers?: unknown;
}

/** An answer of n8n's REST API that is no success. */
export class RestError extends Error {
	constructor(
		message: string,
		readonly status: number,
	) {
		super(message);
	}
}

/**
 * Asks again and again until the answer is truthy.
 * @param complaint what to say when the time is over
 */
export async function until<T>(
	attempt: () => T | Promise<T>,
	timeoutMs: number,
	complaint: () => string,
): Promise<NonNullable<Exclude<T, false | 0 | ''>>> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const result = await attempt();
		if (result) return result as NonNullable<Exclude<T, false | 0 | ''>>;
		if (Date.now() > deadline) throw new Error(`${complaint()} (after ${timeoutMs / 1000} s)`);
		await sleep(POLL_MS);
	}
}

/** The items a node gave out in its last run. */
export function nodeOutput(
	{ runData }: { runData: IRunData },
	nodeName: string,
	output = 0,
): INodeExecutionData[] {
	return runData[nodeName]?.at(-1)?.data?.main[output] ?? [];
}

/** The REST client. What extends it says where n8n is. */
export abstract class RestClient {
	/** Where the REST API is, without a slash at its end. */
	abstract readonly url: string;
	/** Where production webhooks are called. */
	abstract readonly webhookUrl: string;
	n8n!: InstalledN8n;
	cookie?: string;

	/**
	 * One call of the REST API; for what has no method below.
	 * @param route below /rest
	 * @returns the `data` of the answer
	 */
	async rest<T = unknown>(method: string, route: string, body?: unknown): Promise<T> {
		const deadline = Date.now() + BUSY_MS;
		for (;;) {
			const response = await fetch(`${this.url}/rest${route}`, {
				method,
				headers: { 'content-type': 'application/json', cookie: this.cookie ?? '' },
				body: body === undefined ? undefined : JSON.stringify(body),
			});
			const text = await response.text();
			if (response.ok) {
				const [cookie] = response.headers.getSetCookie();
				if (cookie) [this.cookie] = cookie.split(';');
				return (text ? (JSON.parse(text) as { data: T }).data : undefined) as T;
			}
			// A busy n8n turns everything away before it does anything.
			if (response.status !== 503 || Date.now() >= deadline) {
				throw new RestError(`${method} ${route}: ${response.status} ${text}`, response.status);
			}
			await sleep(POLL_MS);
		}
	}

	/** Logs in as the owner, and makes the owner first on a new server. */
	async login() {
		const { email, password } = OWNER;
		try {
			await this.rest('POST', '/owner/setup', OWNER);
		} catch (error) {
			if (!(error instanceof RestError) || error.status !== 400) throw error;
			await this.rest('POST', '/login', { emailOrLdapLoginId: email, password });
		}
	}

	/**
	 * @param name e.g. 'n8n-nodes-base.set'
	 * @returns the node's description as the editor gets it
	 */
	async nodeType(name: string, version = 1) {
		const [description] = await this.rest<INodeTypeDescription[]>('POST', '/node-types', {
			nodeInfos: [{ name, version }],
		});
		return description;
	}

	async createCredential({
		name,
		type,
		data,
	}: TestCredential & { name: string }): Promise<StoredCredential> {
		const { id } = await this.rest<{ id: string }>('POST', '/credentials', { name, type, data });
		return { id, name };
	}

	/** Has n8n test a credential, which need not be stored. */
	async testCredential({
		id = '',
		name = 'tested',
		type,
		data,
	}: TestCredential & Partial<StoredCredential>) {
		const credentials: ICredentialsDecrypted = { id, name, type, data };
		return await this.rest<INodeCredentialTestResult>('POST', '/credentials/test', { credentials });
	}

	/** @returns its id */
	async createWorkflow({ name = 'Test', nodes, connections = {}, settings = {} }: TestWorkflow) {
		const { id } = await this.rest<{ id: string }>('POST', '/workflows', {
			name,
			nodes: nodes.map(filledIn),
			connections,
			settings: { executionOrder: 'v1', ...settings },
		});
		return id;
	}

	/**
	 * Publishes a workflow and returns when its triggers are at work: n8n answers before they are.
	 * Rejects with the trigger's message when one fails, which n8n tries several times: some 15 s.
	 */
	async activate(id: string, timeoutMs = 30_000) {
		const { versionId } = await this.rest<{ versionId: string }>('GET', `/workflows/${id}`);
		await this.rest('POST', `/workflows/${id}/activate`, { versionId });
		const { status, triggers } = await this.published(
			id,
			['published', 'partial', 'failed'],
			timeoutMs,
		);
		if (status !== 'published') throw new Error(`Workflow ${id}: ${JSON.stringify(triggers)}`);
	}

	/** Unpublishes a workflow and returns when its triggers are gone. */
	async deactivate(id: string, timeoutMs = 30_000) {
		await this.rest('POST', `/workflows/${id}/deactivate`, {});
		await this.published(id, ['not_published'], timeoutMs);
	}

	/** Waits until a workflow's triggers are in one of the wanted states. */
	async published(id: string, wanted: Array<PublicationStatus['status']>, timeoutMs: number) {
		let last: PublicationStatus | undefined;
		return await until(
			async () => {
				last = await this.rest<PublicationStatus>('GET', `/workflows/${id}/publication-status`);
				return wanted.includes(last.status) && last;
			},
			timeoutMs,
			() => `Workflow ${id} is not ${wanted.join('/')}: ${JSON.stringify(last)}`,
		);
	}

	/**
	 * Starts a manual run, like "Execute workflow" (triggerName) or "Execute step" (destinationNode).
	 * @returns the execution id
	 */
	async run(
		id: string,
		{ triggerName, destinationNode }: { triggerName?: string; destinationNode?: string },
	) {
		const { executionId } = await this.rest<{ executionId?: string }>(
			'POST',
			`/workflows/${id}/run`,
			{
				triggerToStartFrom: triggerName && { name: triggerName },
				destinationNode: destinationNode && { nodeName: destinationNode, mode: 'inclusive' },
			},
		);
		if (!executionId) throw new Error(`Workflow ${id} was not run: n8n listens for a test webhook`);
		return executionId;
	}

	async execution(id: string): Promise<StoredExecution> {
		const { parse } = createRequire(path.join(this.n8n.dir, 'package.json'))('flatted') as {
			parse(text: string): IRunExecutionData;
		};
		type Answer = ExecutionSummary & { data?: string };
		const stored = await this.rest<Answer>('GET', `/executions/${id}`);
		const data = stored.data ? parse(stored.data) : undefined;
		return {
			...stored,
			data,
			runData: data?.resultData.runData ?? {},
			error: data?.resultData.error,
		};
	}

	/** The newest executions (at most 100), without their data. */
	async executions(filter?: ExecutionFilter) {
		return (await this.findExecutions(filter)).results;
	}

	/**
	 * All executions that have started, newest first, without their data. Not by n8n's own pages: those
	 * are cut by the id and ordered by the start, so that what starts out of turn is on two of them or
	 * on none.
	 */
	async allExecutions(filter?: ExecutionFilter) {
		const all = new Map<string, ExecutionSummary>();
		let startedBefore: string | undefined;
		for (;;) {
			const { results } = await this.findExecutions({ ...filter, startedBefore });
			const more = results.filter(({ id }) => !all.has(id));
			if (more.length === 0) return [...all.values()];
			for (const execution of more) all.set(execution.id, execution);
			const oldest = Math.min(...more.map(({ startedAt }) => Date.parse(startedAt)));
			// Others may have started in the same millisecond.
			startedBefore = new Date(oldest + 1).toISOString();
		}
	}

	/** How many executions there are, also beyond 100. */
	async countExecutions(filter?: ExecutionFilter) {
		return (await this.findExecutions(filter)).count;
	}

	private async findExecutions({
		workflowId,
		status,
		startedBefore,
	}: ExecutionFilter & { startedBefore?: string } = {}) {
		const filter = { workflowId, status: status && [status].flat(), startedBefore };
		const query = new URLSearchParams({ limit: '100', filter: JSON.stringify(filter) });
		type Answer = { results: ExecutionSummary[]; count: number };
		return await this.rest<Answer>('GET', `/executions?${query}`);
	}

	/**
	 * Waits for an execution to reach a status, or to satisfy a predicate. An execution that has
	 * ended in another way is not waited for.
	 */
	async waitFor(
		id: string,
		wanted: ExecutionStatus | ExecutionStatus[] | ((execution: StoredExecution) => boolean),
		timeoutMs = 30_000,
	) {
		const fits =
			typeof wanted === 'function'
				? wanted
				: ({ status }: StoredExecution) => [wanted].flat().includes(status);
		let last: StoredExecution | undefined;
		const complaint = () =>
			`Execution ${id} is "${last?.status}", not what was waited for. ` +
			`${last?.error?.message ?? ''} ${last?.error?.description ?? ''}`;
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

	/** Waits until a workflow has a number of executions: those of a webhook, whose id nobody tells. */
	async waitForExecutions(filter: ExecutionFilter, count = 1, timeoutMs = 30_000) {
		let found: ExecutionSummary[] = [];
		return await until(
			async () => {
				found = await this.executions(filter);
				return found.length >= count && found;
			},
			timeoutMs,
			() => `${found.length} instead of ${count} executions fit ${JSON.stringify(filter)}`,
		);
	}

	async stopExecution(id: string) {
		await this.rest('POST', `/executions/${id}/stop`, {});
	}

	/**
	 * What the editor asks for while a node is being filled in.
	 * @param options `path` of the parameter, e.g. 'parameters.faces'; `kind` of the question, which
	 * says what is answered: 'resource-mapper-fields', 'options', 'resource-locator-results' …
	 */
	async dynamicFields<T = unknown>({
		node,
		methodName,
		path: parameter,
		kind = 'resource-mapper-fields',
		...more
	}: {
		node: Pick<INode, 'type'> & Partial<INode>;
		methodName: string;
		path: string;
		kind?: string;
		filter?: string;
		paginationToken?: string;
	}) {
		const { type, typeVersion = 1, parameters = {}, credentials } = node;
		return await this.rest<T>('POST', `/dynamic-node-parameters/${kind}`, {
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
	 * @param target path below /webhook, or a whole URL (the resume URL of an execution)
	 * @param body sent as JSON, a string as it is
	 * @returns the answer, its body parsed if it is JSON
	 */
	async triggerWebhook(
		target: string,
		body?: unknown,
		{
			method = 'POST',
			headers = {},
			test = false,
		}: { method?: string; headers?: Record<string, string>; test?: boolean } = {},
	) {
		const base = test ? `${this.url}/webhook-test` : this.webhookUrl;
		const response = await fetch(/^https?:/.test(target) ? target : `${base}/${target}`, {
			method,
			headers: { 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body),
		});
		const text = await response.text();
		const isJson = response.headers.get('content-type')?.includes('json');
		return {
			status: response.status,
			headers: response.headers,
			body: isJson ? (JSON.parse(text) as IDataObject) : text,
		};
	}
}

/** A node as n8n's editor would save it, in its place on the canvas. */
export const filledIn = (node: WorkflowNode, index: number): INode => ({
	id: `node-${index}`,
	typeVersion: 1,
	position: [index * 200, 0],
	parameters: {},
	...node,
});
