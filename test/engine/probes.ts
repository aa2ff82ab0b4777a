import type {
	ICredentialTestRequest,
	ICredentialType,
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	ILoadOptionsFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
	JsonObject,
	ResourceMapperField,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError, sleep } from 'n8n-workflow';

export const WAIT = 'probe.wait';
export const FLAKY = 'probe.flaky';
export const TRIGGER = 'probe.trigger';
export const FACES = 'probe.faces';
export const LISTENER = 'probe.listener';
export const STARTER = 'probe.starter';

/** What the probes did: how often each node tried, by its name. */
export const tries: Record<string, number | undefined> = {};

/** What the probes tell a test of. */
export const events: { hanging?: () => void; cancelled?: boolean } = {};

/** What the listening probes heard of their responses, and what holds them up before they answer. */
export const responses: { heard: string[]; called: number; gate: () => Promise<void> } = {
	heard: [],
	called: 0,
	gate: async () => {},
};

const describeNode = (
	name: string,
	extra: Partial<INodeTypeDescription> = {},
): INodeTypeDescription => ({
	displayName: name,
	name,
	group: ['transform'],
	version: 1,
	description: `The ${name} probe`,
	defaults: { name },
	inputs: ['main'],
	outputs: ['main'],
	credentials: [{ name: 'probeApi', required: true }],
	properties: [],
	...extra,
});

const text = (displayName: string, name: string, initial = ''): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: initial,
});

/** A credential whose test tells a wrong key and an ill service apart. */
export class ProbeApi implements ICredentialType {
	name = 'probeApi';

	displayName = 'Probe API';

	properties = [text('Key', 'apiKey'), text('URL', 'baseUrl')];

	authenticate: ICredentialType['authenticate'] = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};

	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl}}',
			url: '/test',
			ignoreHttpStatusErrors: { ignore: true, except: [401, 402] },
		},
		rules: [
			{ type: 'responseCode', properties: { value: 401, message: 'The key is wrong' } },
			{
				type: 'responseSuccessBody',
				properties: { key: 'code', value: 500, message: 'The service is ill' },
			},
		] as unknown as ICredentialTestRequest['rules'],
	};
}

/** Suspends with its items, tells its state to a file of the test, and resumes when told that it is done. */
export class Wait implements INodeType {
	description = describeNode('wait', {
		usableAsTool: true,
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'probe',
				restartWebhook: true,
				responseMode: 'onReceived',
				responseData: '',
			},
		],
		properties: [text('Label', 'label', 'none')],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const isTool = this.isToolExecution() || this.getNode().type.endsWith('Tool');
		if (isTool)
			return [
				items.map((item, i) => ({
					json: { label: this.getNodeParameter('label', i) as string, input: item.json },
				})),
			];
		this.getContext('node').tasks = ['t1', 't2'];
		this.logger.info('suspending', {
			url: this.evaluateExpression('{{ $execution.resumeUrl }}', 0),
		});
		items.forEach((item, i) => (items[i] = { ...item, json: { ...item.json, timedOut: true } }));
		await this.putExecutionToWait(new Date(Date.now() + 3_600_000));
		// With an error output the engine empties the array it gets: never hand out the input itself.
		return [[...items]];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const body = this.getBodyData() as IDataObject | undefined;
		if (body?.crash) throw new Error('webhook crashed');
		if (body?.own) {
			this.getResponseObject().status(202).json({ own: true });
			return { noWebhookResponse: true };
		}
		if (!body?.done) return { webhookResponse: { waiting: true } };
		const name = JSON.stringify(this.getNode().name);
		const tasks = this.evaluateExpression(`{{ $node[${name}].context["tasks"] }}`, 0);
		const items = this.evaluateExpression(
			'{{ $input.all() }}',
			0,
		) as unknown as INodeExecutionData[];
		await sleep(10);
		const json = {
			tasks,
			n: items[0].json.n,
			label: this.getNodeParameter('label'),
			query: (this.getQueryData() as IDataObject).x,
			staticData: this.getWorkflowStaticData('global'),
		} as IDataObject;
		const result: IDataObject = body.fail ? { error: 'failed', details: {} } : json;
		return {
			webhookResponse: { thanks: true },
			workflowData: [items.map(() => ({ json: result }))],
		};
	}
}

type Flake = (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;

/** What the flaky probe can do besides failing, by its parameter `kind`. */
const flakes: Record<string, Flake> = {
	async hang() {
		this.onExecutionCancellation(() => (events.cancelled = true));
		events.hanging?.();
		await sleep(3_600_000, this.getExecutionCancelSignal());
		return [[]];
	},
	async request() {
		const { baseUrl } = await this.getCredentials('probeApi');
		const request = { url: `${baseUrl as string}/echo`, json: true };
		const json = (await this.helpers.httpRequestWithAuthentication.call(
			this,
			'probeApi',
			request,
		)) as IDataObject;
		return [[{ json }]];
	},
	async rejected() {
		const { baseUrl } = await this.getCredentials('probeApi');
		const request = { url: `${baseUrl as string}/status/402`, json: true };
		try {
			await this.helpers.httpRequestWithAuthentication.call(this, 'probeApi', request);
		} catch (error) {
			throw new NodeApiError(this.getNode(), error as JsonObject, { itemIndex: 0 });
		}
		return [[]];
	},
	async binary() {
		const given = await this.helpers.getBinaryDataBuffer(0, 'data');
		const { data } = this.getInputData()[0].binary!;
		const signed = data.id && this.helpers.createBinarySignedUrl(data);
		const response = (await this.helpers.httpRequest({
			url: this.getNodeParameter('url', 0) as string,
			encoding: 'stream',
			returnFullResponse: true,
		})) as { body: never };
		const prepare = this.helpers.prepareBinaryData;
		const streamed = await prepare(response.body, 'echo.json', 'application/json');
		const twice = await prepare(Buffer.concat([given, given]), 'twice.bin', 'video/mp4');
		return [[{ json: { signed }, binary: { twice, streamed } }]];
	},
	async seesStatic() {
		return [[{ json: { ...this.getWorkflowStaticData('global') } }]];
	},
	async static() {
		this.getWorkflowStaticData('global').seen = true;
		return await flakes.pass.call(this);
	},
	async pass() {
		const tried = tries[this.getNode().name];
		return [this.getInputData().map((item) => ({ json: { ...item.json, tried } }))];
	},
};

/** Fails, hangs, asks and stores as its parameter `kind` says. */
export class Flaky implements INodeType {
	description = describeNode('flaky', { properties: [text('kind', 'kind'), text('url', 'url')] });

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const kind = this.getNodeParameter('kind', 0) as string;
		const { name } = this.getNode();
		tries[name] = (tries[name] ?? 0) + 1;
		if (kind === 'fail' && this.continueOnFail())
			return [[{ json: { error: 'flaked' }, pairedItem: 0 }]];
		if (kind === 'fail' || (kind === 'once' && tries[name] === 1))
			throw new NodeOperationError(this.getNode(), 'flaked', { itemIndex: 0 });
		return await (flakes[kind] ?? flakes.pass).call(this);
	}
}

/** Starts a workflow once for each id, which it keeps in the static data. */
export class Trigger implements INodeType {
	description = describeNode('trigger', {
		group: ['trigger'],
		inputs: [],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: '={{$workflow.id}}/probe',
				isFullPath: true,
				responseMode: 'onReceived',
				responseData: '',
			},
		],
	});

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions) {
				return this.getWorkflowStaticData('node').url === this.getNodeWebhookUrl('default');
			},
			async create(this: IHookFunctions) {
				const data = this.getWorkflowStaticData('node');
				data.url = this.getNodeWebhookUrl('default');
				data.modes = [this.getMode(), this.getActivationMode()].join();
				return true;
			},
			async delete(this: IHookFunctions) {
				const data = this.getWorkflowStaticData('node');
				delete data.url;
				delete data.modes;
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const data = this.getWorkflowStaticData('global');
		const { id } = this.getBodyData() as { id?: string };
		if (!id) {
			this.getResponseObject().status(400).json({ bad: true });
			return { noWebhookResponse: true };
		}
		if (data[id]) return { webhookResponse: 'again' };
		data[id] = true;
		const { apiKey } = await this.getCredentials('probeApi');
		const json = {
			id,
			apiKey,
			mode: this.getMode(),
			url: this.getNodeWebhookUrl('default'),
		} as IDataObject;
		return { webhookResponse: { ok: id }, workflowData: [[{ json }]] };
	}
}

/** Tells what becomes of the response, waits at the gate, and says how the response stands then. */
async function listen(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const response = context.getResponseObject();
	const describe = () =>
		[
			response.statusCode,
			response.writableFinished ? 'finished' : 'unfinished',
			response.destroyed ? 'destroyed' : 'alive',
		].join(' ');
	for (const event of ['finish', 'close'])
		response.once(event, () => responses.heard.push(`${event}: ${describe()}`));
	responses.called++;
	await responses.gate();
	responses.heard.push(`goes on: ${describe()}`);
	return { webhookResponse: { taken: true }, workflowData: [[{ json: { taken: true } }]] };
}

const listening = (name: string, extra: Partial<INodeTypeDescription>, restartWebhook: boolean) =>
	describeNode(name, {
		credentials: [],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: name,
				isFullPath: true,
				restartWebhook,
				responseMode: 'onReceived',
				responseData: '',
			},
		],
		...extra,
	});

/** Suspends, and lets whoever calls go on; twice, when it is in a loop. */
export class Listener implements INodeType {
	description = listening('listener', {}, true);

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		await this.putExecutionToWait(new Date(Date.now() + 3_600_000));
		return [this.getInputData()];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await listen(this);
	}
}

/** Starts the workflow with each call, which it counts in the static data. */
export class Starter implements INodeType {
	description = listening('starter', { group: ['trigger'], inputs: [] }, false);

	webhookMethods = {
		default: {
			checkExists: async () => false,
			create: async () => true,
			delete: async () => true,
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const data = this.getWorkflowStaticData('global');
		data.calls = Number(data.calls ?? 0) + 1;
		return await listen(this);
	}
}

/** Loads fields, options and search results for the editor. */
export class Faces implements INodeType {
	description = describeNode('faces', { properties: [text('Task', 'task', 'default-task')] });

	methods = {
		resourceMapping: {
			async getFaces(this: ILoadOptionsFunctions) {
				const { apiKey } = await this.getCredentials('probeApi');
				const field = (id: unknown): ResourceMapperField => ({
					id: id as string,
					displayName: id as string,
					display: true,
					required: false,
					defaultMatch: false,
				});
				return {
					fields: [field(this.getCurrentNodeParameter('task')), field(apiKey), field(apiKey)],
				};
			},
		},
		loadOptions: {
			async getOptions(this: ILoadOptionsFunctions) {
				return [
					{
						name: this.getNodeParameter('task') as string,
						value: (this.getCurrentNodeParameter('task') ?? 'absent') as string,
					},
				];
			},
		},
		listSearch: {
			async search(this: ILoadOptionsFunctions, filter?: string, token?: string) {
				return { results: [{ name: filter!, value: token! }] };
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
}
