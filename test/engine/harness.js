'use strict';

/**
 * Runs nodes in n8n's own engine (n8n-core as a library), inside the test process.
 *
 * The engine, the contexts nodes get, expressions, retries, binary storage and HTTP helpers are the real ones. What the
 * published n8n server adds around them (its database of executions, waiting webhooks, timers, credential store) is
 * rebuilt here as small as possible, in the server's order of steps, because it decides what a suspended node sees.
 */

const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

// n8n reads these when it is loaded: they must neither touch the developer's own n8n nor depend on it.
const userFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-engine-'));
Object.assign(process.env, {
	N8N_USER_FOLDER: userFolder,
	N8N_ENCRYPTION_KEY: 'test-encryption-key',
	N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
	N8N_BINARY_DATA_STORAGE_PATH: path.join(userFolder, 'binary'),
});

// The container is per copy of @n8n/di, and more than one copy may be installed: only the one of n8n-core counts.
const corePath = require.resolve('n8n-core');
const requireOfCore = (name) => require(require.resolve(name, { paths: [path.dirname(corePath)] }));
const core = require('n8n-core');
const workflowLib = require('n8n-workflow');
const { Container } = requireOfCore('@n8n/di');
const { Logger } = requireOfCore('@n8n/backend-common');
const get = requireOfCore('lodash/get');

const { CredentialsHelper } = require('./credentials');
const { HttpError, createExchange, parseBody } = require('./exchange');
const { createNodeTypes, helper } = require('./node-types');

const { NodeHelpers, Workflow, createRunExecutionData, jsonStringify } = workflowLib;

const copy = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

// Logger and binary storage are singletons of the process; this tells them which engine is at work.
const current = new AsyncLocalStorage();
const open = new Set();

const logger = { scoped: () => logger };
for (const level of ['error', 'warn', 'info', 'debug']) {
	logger[level] = (message, meta) => current.getStore()?.logs.push({ level, message, meta });
}
Container.set(Logger, logger);
workflowLib.LoggerProxy.init(logger);

let binaryService;
async function binaryData() {
	binaryService ??= (async () => {
		const service = Container.get(core.BinaryDataService);
		await service.init();
		const inMemory = () => current.getStore()?.binaryMode === 'default';
		Object.defineProperty(service, 'mode', { get: () => (inMemory() ? 'default' : 'filesystem-v2') });
		return service;
	})();
	return await binaryService;
}

/**
 * The result of an execution: n8n's IRun with ways to read it.
 */
class Run {
	constructor(raw, executionId) {
		Object.assign(this, raw, { executionId, error: raw.data.resultData.error });
	}

	/** Items of a node's last run. */
	items(nodeName, output = 0) {
		const { data } = this.data.resultData.runData[nodeName]?.at(-1) ?? {};
		return (data?.main ?? data?.ai_tool)?.[output] ?? [];
	}

	/** How often a node ran (tries of one run are not counted). */
	runs(nodeName) {
		return this.data.resultData.runData[nodeName]?.length ?? 0;
	}
}

/**
 * Creates an engine with its own executions, static data, logs and credential.
 *
 * @param {object} options
 * @param {Record<string, object>} options.nodeTypes instances by full type name
 * @param {Record<string, object>} [options.credentialTypes] instances by name
 * @param {object} [options.credentials] the decrypted credential; `engine.credentials` may be changed later
 * @param {string} [options.webhookBaseUrl]
 * @param {string} [options.webhookTestBaseUrl]
 * @param {string} [options.webhookWaitingBaseUrl]
 * @param {string} [options.restApiUrl]
 * @param {'default' | 'filesystem'} [options.binaryMode] in memory (the default here) or on disk
 */
async function createEngine({
	nodeTypes: types = {},
	credentialTypes = {},
	credentials = {},
	binaryMode = 'default',
	...urls
}) {
	const binary = await binaryData();
	const nodeTypes = createNodeTypes(types);
	const executions = new Map();
	let server;

	const engine = {
		binaryMode,
		credentials,
		credentialReads: 0,
		logs: [],
		/** By workflow id, as the server's database has it: `{ global: {}, 'node:Name': {} }`. */
		staticData: {},
		webhookBaseUrl: 'https://n8n.example.com/webhook',
		webhookTestBaseUrl: 'https://n8n.example.com/webhook-test',
		webhookWaitingBaseUrl: 'https://n8n.example.com/webhook-waiting',
		restApiUrl: 'https://n8n.example.com/rest',
		...urls,
	};
	const credentialsHelper = new CredentialsHelper(engine, credentialTypes);

	const additionalData = (extra) => ({
		currentNodeExecutionIndex: 0,
		credentialsHelper,
		webhookBaseUrl: engine.webhookBaseUrl,
		webhookTestBaseUrl: engine.webhookTestBaseUrl,
		webhookWaitingBaseUrl: engine.webhookWaitingBaseUrl,
		formWaitingBaseUrl: engine.webhookWaitingBaseUrl.replace('webhook', 'form'),
		restApiUrl: engine.restApiUrl,
		instanceBaseUrl: new URL('/', engine.restApiUrl).href,
		variables: {},
		setExecutionStatus() {},
		...extra,
	});

	const complete = (node, index = 0) => {
		const { description } = nodeTypes.getByName(node.type);
		const wanted = (description.credentials ?? []).filter(({ name }) => name in credentialTypes);
		const completed = {
			id: `id-${node.name}`,
			name: description.displayName,
			typeVersion: description.defaultVersion ?? [description.version].flat().at(-1),
			position: [index * 200, 0],
			parameters: {},
			credentials: Object.fromEntries(wanted.map(({ name }) => [name, { id: '1', name: 'Test' }])),
			...node,
		};
		workflowLib.resolveNodeWebhookId(completed, description);
		return completed;
	};

	const chained = (names) =>
		Object.fromEntries(
			names.slice(0, -1).map((name, i) => [name, { main: [[{ node: names[i + 1], type: 'main', index: 0 }]] }]),
		);

	const toWorkflowData = ({
		nodes,
		connections,
		chain,
		startNode,
		workflowId = 'workflow-1',
		workflowName = 'Test',
		active = false,
		settings,
		pinData,
	}) => {
		const all = nodes.map(complete);
		if (!startNode && !nodes.some(({ name }) => name === 'Start')) {
			all.unshift(complete({ name: 'Start', type: 'test.noOp', position: [-200, 0] }));
		}
		const links = { ...(connections ?? chained(chain ?? all.map(({ name }) => name))) };
		// Whoever wires the nodes need not know of a start node that was added.
		if (all.length > nodes.length && !links.Start) {
			links.Start = { main: [[{ node: chain?.[0] ?? nodes[0].name, type: 'main', index: 0 }]] };
		}
		return copy({
			id: workflowId,
			name: workflowName,
			nodes: all,
			connections: links,
			active,
			settings: { executionOrder: 'v1', ...settings },
			pinData,
		});
	};

	// A copy each time, like rows of a database: the Workflow class fills in defaults in place.
	const toWorkflow = (data, staticData = {}) =>
		new Workflow({ ...copy(data), nodeTypes, staticData: copy(staticData) });

	const isolated = async (workflow, action) => {
		await workflow.expression.acquireIsolate();
		try {
			return await action();
		} finally {
			await workflow.expression.releaseIsolate();
		}
	};

	/** Runs (or goes on with) an execution; what it leaves behind is saved by a hook, where the server does it. */
	function launch(record, runExecutionData, staticData) {
		const { id, mode, workflowData } = record;
		const save = (raw) =>
			Object.assign(record, {
				status: raw.status,
				finished: raw.finished,
				data: jsonStringify(raw.data, { replaceCircularRefs: true }),
			});
		save({ status: 'running', data: runExecutionData });

		const hooks = new core.ExecutionLifecycleHooks(mode, id, workflowData);
		hooks.addHandler('workflowExecuteAfter', async (raw, changed) => {
			if (raw.status === 'success' && raw.data.resultData.error) raw.status = 'error';
			if (mode !== 'manual' && changed) engine.staticData[workflowData.id] = copy(changed);
			save(raw);
		});
		const extra = additionalData({
			executionId: id,
			workflowId: workflowData.id,
			workflowSettings: workflowData.settings,
			hooks,
		});
		let execution;
		try {
			execution = new core.WorkflowExecute(extra, mode, runExecutionData).processRunExecutionData(
				toWorkflow(workflowData, staticData),
			);
		} catch (error) {
			const failed = { status: 'error', mode, data: createRunExecutionData({ resultData: { error, runData: {} } }) };
			save(failed);
			execution = Object.assign(Promise.resolve(failed), { cancel() {} });
		}
		// What a node made of its cancellation is not saved any more: for the user the execution is canceled.
		record.promise = execution.then(
			(raw) => new Run(execution.isCanceled ? { ...raw, status: 'canceled', finished: false } : raw, id),
		);
		return { executionId: id, promise: record.promise, cancel: () => execution.cancel() };
	}

	/**
	 * Starts an execution: `{ nodes, connections | chain, input, mode, startNode, runData, pinData, settings, workflowId,
	 * executionId, active }`. Without `startNode` a no-op "Start" is put in front.
	 */
	engine.start = (options) => {
		const { mode = 'trigger', input = [{ json: {} }], runData = {}, pinData } = options;
		const executionId = String(options.executionId ?? executions.size + 1);
		const workflowData = toWorkflowData(options);
		const workflow = toWorkflow(workflowData);
		const startNode = options.startNode ?? 'Start';
		const previousNode = workflow.getParentNodes(startNode, 'main', 1).find((name) => runData[name]);
		const entry = {
			node: workflow.getNode(startNode),
			data: { main: [input] },
			source: previousNode ? { main: [{ previousNode }] } : null,
		};
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [entry] },
			resultData: { runData, pinData },
		});
		const record = { id: executionId, mode, workflowData };
		executions.set(executionId, record);
		return launch(record, data, engine.staticData[workflowData.id]);
	};

	/** Like `start`, but waits until the execution has finished or is waiting. */
	engine.run = async (options) => await engine.start(options).promise;

	/** A person's retry of a failed execution: a new one with the old one's data, with `options` on a changed workflow. */
	engine.retry = async ({ executionId }, options) => {
		const record = executions.get(executionId);
		const data = JSON.parse(record.data);
		const { lastNodeExecuted, runData } = data.resultData;
		delete data.resultData.error;
		if (runData[lastNodeExecuted]?.at(-1)?.error) runData[lastNodeExecuted].pop();
		const workflowData = options ? toWorkflowData(options) : record.workflowData;
		const workflow = toWorkflow(workflowData);
		for (const entry of data.executionData.nodeExecutionStack) entry.node = workflow.getNode(entry.node.name);
		const retried = { id: String(executions.size + 1), mode: 'retry', workflowData };
		executions.set(retried.id, retried);
		return await launch(retried, data, engine.staticData[workflowData.id]).promise;
	};

	/** What `$execution.resumeUrl` is for the nodes of an execution. */
	engine.resumeUrl = ({ executionId, data }) => {
		const keys = core.getAdditionalKeys(additionalData({ executionId }), 'trigger', data);
		return keys.$execution.resumeUrl;
	};

	const describe = (workflow, node, description, property, initial) => {
		const native = workflowLib.resolveWebhookDescriptionField(node, description, property);
		if (native.resolved) return native.value;
		return workflow.expression.getComplexParameterValue(
			node,
			description[property],
			'internal',
			{},
			undefined,
			initial,
		);
	};

	const nodeWebhooks = (workflow, node, workflowExecuteAdditionalData) =>
		(nodeTypes.getByNameAndVersion(node.type, node.typeVersion).description.webhooks ?? []).flatMap(
			(webhookDescription) => {
				const field = (property, initial) => describe(workflow, node, webhookDescription, property, initial);
				const trimmed = String(field('path'))
					.trim()
					.replace(/^\/|\/$/g, '');
				const webhookPath = NodeHelpers.getNodeWebhookPath(
					workflow.id,
					node,
					trimmed,
					field('isFullPath', false),
					field('restartWebhook', false),
				);
				return String(field('httpMethod', 'GET'))
					.split(',')
					.map((httpMethod) => ({
						httpMethod: httpMethod.trim(),
						node: node.name,
						path: webhookPath,
						webhookDescription,
						workflowId: workflow.id,
						workflowExecuteAdditionalData,
					}));
			},
		);

	/** Calls webhook() and works out the answer; `proceed` says what goes on in the workflow before the answer is given. */
	async function callWebhook({ workflow, node, webhookData, mode, exchange, executionId, data }, proceed) {
		const { req, res } = exchange;
		parseBody(req);
		const extra = additionalData({ executionId, httpRequest: req, httpResponse: res });
		const closeFunctions = [];
		const context = new core.WebhookContext(workflow, node, extra, mode, webhookData, closeFunctions, data ?? null);
		let result;
		let threw;
		try {
			result = await nodeTypes.getByNameAndVersion(node.type, node.typeVersion).webhook.call(context);
		} catch (error) {
			threw = error;
			// The server goes on with the execution nevertheless, its results thrown away.
			result = { workflowData: [[{ json: {} }]] };
			const failure = { ...error, message: error.message, stack: error.stack };
			if (data) data.resultData = { runData: {}, lastNodeExecuted: node.name, error: failure };
		} finally {
			await Promise.allSettled(closeFunctions.map(async (close) => await close()));
		}
		const field = (property, initial) => describe(workflow, node, webhookData.webhookDescription, property, initial);
		const outcome = result.workflowData && (await proceed(result.workflowData));
		const answer = (status, body) => ({
			status,
			body: copy(body),
			workflowData: threw ? undefined : result.workflowData,
			threw,
			...outcome,
		});
		if (threw) return answer(500, { code: 0, message: 'Workflow Webhook Error: Workflow could not be started!' });
		if (result.noWebhookResponse || res.headersSent) return answer(res.statusCode, res.body);
		const status = field('responseCode', 200);
		if (!result.workflowData) return answer(status, result.webhookResponse ?? { message: 'Webhook call received' });
		const responseData = field('responseData', 'firstEntryJson');
		if (responseData === 'noData') return answer(status);
		return answer(status, responseData || (result.webhookResponse ?? { message: 'Workflow was started' }));
	}

	const answered = async (action) => {
		try {
			return await action();
		} catch (error) {
			const known = error instanceof HttpError;
			const message = known ? error.message : 'There was a problem executing the workflow';
			return {
				status: error.status ?? 500,
				body: known && error.body ? error.body : { code: 0, message },
				resumed: false,
				...(!known && { threw: error }),
			};
		}
	};

	/** Answers a request, errors included; nodes that listen for it are told when that is done. */
	const answerErrors = async (action) => {
		let response;
		const exchangeFor = (request) => {
			const exchange = createExchange(request);
			response = exchange.res;
			return exchange;
		};
		const answer = await answered(async () => await action(exchangeFor));
		response?.finish(answer.status);
		return answer;
	};

	/** A call to a waiting execution's URL, whoever makes it. The server answers before the rest has run: `settle: false`. */
	engine.deliver = async (url, { method = 'POST', headers, body, settle = true } = {}) =>
		await answerErrors(async (exchangeFor) => {
			const exchange = exchangeFor({ method, url, headers, body });
			const [executionId, suffix = ''] = exchange.req.path
				.slice(new URL(engine.webhookWaitingBaseUrl).pathname.length + 1)
				.split('/');
			const record = executions.get(executionId);
			const data = record && JSON.parse(record.data);
			if (record && exchange.req.query.signature !== data.resumeToken)
				throw Object.assign(new HttpError(401), { body: { error: 'Invalid token' } });
			if (!record) throw new HttpError(404, `The execution "${executionId}" does not exist.`);
			if (record.status === 'running') throw new HttpError(409, `The execution "${executionId}" is running already.`);
			if (data.resultData.error) throw new HttpError(409, `The execution "${executionId}" has finished with error.`);
			if (record.finished) throw new HttpError(409, `The execution "${executionId} has finished already.`);

			const { lastNodeExecuted, runData } = data.resultData;
			const [entry] = data.executionData.nodeExecutionStack;
			entry.node.disabled = true;
			data.waitTill = undefined;
			runData[lastNodeExecuted].pop();
			// The snapshot kept with an execution has no static data.
			const workflow = toWorkflow(record.workflowData);
			const node = workflow.getNode(lastNodeExecuted);
			return await isolated(workflow, async () => {
				const webhookData = nodeWebhooks(workflow, node, additionalData()).find(
					(webhook) =>
						webhook.httpMethod === method &&
						webhook.path === suffix &&
						webhook.webhookDescription.restartWebhook === true,
				);
				if (!webhookData)
					throw new HttpError(
						404,
						`The workflow for execution "${executionId}" does not contain a waiting webhook with a matching path/method.`,
					);
				const call = { workflow, node, webhookData, mode: record.mode, exchange, executionId, data };
				const answer = await callWebhook(call, async (workflowData) => {
					// The database lets only one caller turn "waiting" into "running".
					if (record.status !== 'waiting') throw new HttpError(500, 'There was a problem executing the workflow');
					entry.data.main = workflowData;
					entry.metadata = { ...entry.metadata, forwardAllOutputs: true };
					launch(record, data, engine.staticData[record.workflowData.id]);
					return { resumed: true };
				});
				if (!answer.resumed) return { ...answer, resumed: false };
				return { ...answer, run: settle ? await record.promise : undefined };
			});
		});

	/** A callback to a waiting node: at its resume URL and suffix, or at `url` as the node gave it away. */
	engine.resumeByWebhook = async (run, nodeName, { url, query = {}, method, headers, body } = {}) => {
		const workflow = toWorkflow(executions.get(run.executionId).workflowData);
		const [webhook] = nodeWebhooks(workflow, workflow.getNode(nodeName)).filter(
			({ webhookDescription }) => webhookDescription.restartWebhook,
		);
		const target = new URL(url ?? engine.resumeUrl(run));
		if (!url && webhook.path) target.pathname += `/${webhook.path}`;
		for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
		return await engine.deliver(target.href, { method: method ?? webhook.httpMethod, headers, body });
	};

	/** What happens when the time a node wanted to wait is over. */
	engine.resumeByTimeout = async ({ executionId }) => {
		const record = executions.get(executionId);
		if (record.status !== 'waiting') throw new Error(`Execution ${executionId} is not waiting but ${record.status}`);
		// The tracker goes on with the snapshot as it is: without the workflow's static data.
		return await launch(record, JSON.parse(record.data)).promise;
	};

	/** The outcome of an execution that something else resumed or started. */
	engine.finished = async (executionId) => await executions.get(executionId).promise;

	/** A workflow around a trigger, given as a node or by its name in `options.workflow`. */
	const triggerIn = (nodeOrName, { workflow: data, workflowId, active = true, staticData, isTest }) => {
		const nodes = data?.nodes ?? [nodeOrName];
		const startNode = nodeOrName.name ?? nodeOrName;
		const workflowData = toWorkflowData({
			connections: {},
			active,
			...data,
			nodes,
			startNode,
			...(workflowId && { workflowId }),
		});
		const workflow = toWorkflow(workflowData, staticData ?? (isTest ? {} : engine.staticData[workflowData.id]));
		const save = () => {
			if (!isTest && workflow.staticData.__dataChanged) engine.staticData[workflow.id] = copy(workflow.staticData);
			return copy(workflow.staticData);
		};
		return { workflow, node: workflow.getNode(startNode), save };
	};

	/** A call to a trigger's production URL, or with mode `manual` to its test URL. Starts no execution. */
	engine.webhook = async (nodeOrName, { mode = 'trigger', method, query = {}, headers, body, ...options } = {}) =>
		await answerErrors(async (exchangeFor) => {
			const isTest = mode === 'manual';
			const { workflow, node, save } = triggerIn(nodeOrName, { ...options, isTest });
			return await isolated(workflow, async () => {
				const [first] = nodeWebhooks(workflow, node, additionalData());
				const url = new URL(`${isTest ? engine.webhookTestBaseUrl : engine.webhookBaseUrl}/${first.path}`);
				for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
				const exchange = exchangeFor({ method: method ?? first.httpMethod, url: url.href, headers, body });
				const webhookData = nodeWebhooks(workflow, node, additionalData()).find(
					({ httpMethod }) => httpMethod === exchange.req.method,
				);
				if (!webhookData) throw new HttpError(404, 'This webhook is not registered for this method.');
				// What a user calls production is the mode "webhook" here.
				const call = {
					workflow,
					node,
					webhookData: { ...webhookData, isTest },
					mode: isTest ? 'manual' : 'webhook',
					exchange,
				};
				return { ...(await callWebhook(call, async () => {})), staticData: save() };
			});
		});

	/** Calls `create`, `checkExists` or `delete` of a trigger as activation (or, with `isTest`, listening) does. */
	engine.hook = async (method, nodeOrName, options = {}) => {
		const { isTest = false } = options;
		const { workflow, node, save } = triggerIn(nodeOrName, options);
		const regular = method === 'delete' ? ['internal', 'update'] : ['trigger', 'activate'];
		const [mode, activation] = isTest && method !== 'delete' ? ['manual', 'manual'] : regular;
		return await isolated(workflow, async () => {
			const [webhookData] = nodeWebhooks(workflow, node, additionalData());
			const context = new core.HookContext(
				workflow,
				node,
				additionalData(),
				options.mode ?? mode,
				options.activation ?? activation,
				{ ...webhookData, isTest },
			);
			const hooks = nodeTypes.getByNameAndVersion(node.type, node.typeVersion).webhookMethods;
			return { result: await hooks[webhookData.webhookDescription.name][method].call(context), staticData: save() };
		});
	};

	/** The editor's node without a workflow that its fields are loaded for. */
	const temporary = (node) =>
		toWorkflow({ nodes: [complete({ name: 'Temp-Node', ...node })], connections: {}, active: false });

	/** Calls a method of `methods` as the editor does, with the parameters as they are sent by it. */
	engine.loadFields = async (
		method,
		{ parameters = {}, nodeType, credentials: nodeCredentials, filter, paginationToken, path: parameterPath = '' } = {},
	) => {
		const kinds = ['resourceMapping', 'loadOptions', 'listSearch'];
		const type =
			nodeType ?? Object.keys(types).find((name) => kinds.some((kind) => types[name].methods?.[kind]?.[method]));
		const { methods } = nodeTypes.getByNameAndVersion(type);
		const load = kinds.map((kind) => methods[kind]?.[method]).find(Boolean);
		const workflow = temporary({
			type,
			parameters,
			...(nodeCredentials !== undefined && { credentials: nodeCredentials }),
		});
		const extra = additionalData({ currentNodeParameters: parameters });
		const context = new core.LoadOptionsContext(workflow, workflow.getNode('Temp-Node'), extra, parameterPath);
		const result = await isolated(workflow, async () => await load.call(context, filter, paginationToken));
		if (!result?.fields) return result;
		const isFirst = ({ id }, i) => result.fields.findIndex((field) => field.id === id) === i;
		return { ...result, fields: result.fields.filter(isFirst) };
	};

	/** Runs a node as the tool of an AI agent: one of today (`agent: 'engine'`) or one that calls it (`'invoke'`). */
	engine.runAsTool = async (node, args = {}, { agent = 'engine', ...options } = {}) => {
		const tool = { name: 'Tool', ...node, type: node.type.replace(/(Tool)?$/, 'Tool') };
		const agentNode = {
			name: 'Agent',
			type: agent === 'engine' ? 'test.agent' : 'test.invokingAgent',
			parameters: { toolArguments: JSON.stringify(args) },
		};
		const connections = { [tool.name]: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] } };
		const run = await engine.run({ ...options, nodes: [agentNode, tool], connections });
		return { output: run.items('Agent')[0]?.json.output, run };
	};

	/** The test button of the credential. */
	engine.testCredential = async (name, data = engine.credentials) => {
		const { request, rules = [] } = credentialTypes[name].test;
		const property = { displayName: 'Temp', name: 'temp', type: 'string', default: '', routing: { request } };
		const nodeType = helper('probe', { properties: [property] });
		nodeType.description.credentials = [{ name, required: true }];
		const node = {
			id: 'temp',
			name: 'Temp-Node',
			type: 'probe',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
			credentials: { [name]: { id: '1', name: 'Test' } },
		};
		const types = { getByName: () => nodeType, getByNameAndVersion: () => nodeType, getKnownTypes: () => ({}) };
		const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes: types });
		const decrypted = credentialsHelper.withDefaults(name, data);
		const helperForData = Object.assign(Object.create(credentialsHelper), { getDecrypted: async () => decrypted });
		const extra = additionalData({ credentialsHelper: helperForData, currentNodeParameters: {} });
		const executeData = { node, data: {}, source: null };
		const context = new core.ExecuteContext(
			workflow,
			node,
			extra,
			'internal',
			workflowLib.createEmptyRunExecutionData(),
			0,
			[],
			{ main: [[{ json: {} }]] },
			executeData,
			[],
		);
		const failed = (message) => ({ status: 'Error', message });
		return await isolated(workflow, async () => {
			let response;
			try {
				response = await new core.RoutingNode(context, nodeType, {
					id: '1',
					name: 'Test',
					type: name,
					data: decrypted,
				}).runNode();
			} catch (error) {
				const { response: answer, code } = error.cause ?? {};
				if (!answer) return failed(code ?? error.message);
				const rule = rules.find(
					({ type, properties }) => type === 'responseCode' && properties.value === answer.status,
				);
				return failed(rule?.properties.message ?? (answer.statusText || `Received HTTP status code: ${answer.status}`));
			}
			const matches = ({ type, properties }) =>
				type === 'responseSuccessBody' && get(response[0][0].json, properties.key) === properties.value;
			const rule = rules.find(matches);
			return rule ? failed(rule.properties.message) : { status: 'OK', message: 'Connection successful!' };
		});
	};

	/** The content of an item's file. */
	engine.binary = async (item, name = 'data') => await binary.getAsBuffer(item.binary[name]);

	/** A file as an earlier node would have left it in an item. */
	engine.storeBinary = async (content, { fileName = 'file.bin', mimeType = 'application/octet-stream' } = {}) => {
		const location = core.FileLocation.ofExecution('workflow-0', 'execution-0');
		return await binary.store(location, Buffer.from(content), {
			data: '',
			fileName,
			fileExtension: path.extname(fileName).slice(1),
			mimeType,
		});
	};

	/**
	 * Opens the two doors of n8n that a vendor uses: signed files and waiting executions. From then on the URLs that
	 * nodes hand out lead here. Returns the base URL.
	 */
	engine.serveBinary = async () => {
		server = http.createServer((req, res) => {
			serve(req, res).catch((error) =>
				res.writeHead(error instanceof core.FileNotFoundError ? 404 : 400).end(error.message),
			);
		});
		await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
		const base = `http://127.0.0.1:${server.address().port}`;
		Object.assign(engine, {
			restApiUrl: `${base}/rest`,
			webhookWaitingBaseUrl: `${base}/webhook-waiting`,
			webhookBaseUrl: `${base}/webhook`,
		});
		return base;

		async function serve(req, res) {
			const url = new URL(req.url, base);
			if (url.pathname === '/rest/binary-data/signed') {
				const id = binary.validateSignedToken(url.searchParams.get('token'));
				const { fileName, mimeType, fileSize } = await binary.getMetadata(id);
				res.setHeader('Content-Length', fileSize);
				if (mimeType) res.setHeader('Content-Type', mimeType);
				res.setHeader(
					'Content-Disposition',
					fileName ? `attachment; filename="${encodeURIComponent(fileName)}"` : 'attachment',
				);
				return req.method === 'HEAD' ? res.end() : (await binary.getAsStream(id)).pipe(res);
			}
			const chunks = [];
			for await (const chunk of req) chunks.push(chunk);
			const body = chunks.length ? Buffer.concat(chunks) : undefined;
			const answer = await engine.deliver(url.href, { method: req.method, headers: req.headers, body, settle: false });
			res.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.body));
		}
	};

	/** Closes the server; the last engine takes the files with it. */
	engine.close = async () => {
		open.delete(engine);
		server?.closeAllConnections();
		await new Promise((resolve) => (server ? server.close(resolve) : resolve()));
		if (!open.size) fs.rmSync(userFolder, { recursive: true, force: true });
	};

	for (const [name, member] of Object.entries(engine)) {
		if (typeof member === 'function') engine[name] = (...args) => current.run(engine, () => member(...args));
	}
	open.add(engine);
	return engine;
}

// Loaded by a test file, the harness cleans up by itself; elsewhere call engine.close().
if (typeof afterAll === 'function')
	afterAll(async () => await Promise.all([...open].map(async (engine) => await engine.close())));

module.exports = { createEngine };
