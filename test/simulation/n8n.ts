import type { IExecuteFunctions, INodeExecutionData, IWebhookFunctions } from 'n8n-workflow';

import type { Product } from './product';
import type { Timeline } from './timeline';
import type { Call, Outcome } from './vendor';

/** A node of the workflow: one that pauses, one that creates tasks and goes on, n8n's own Wait node, or the end of a loop. */
export type Step =
	| { kind: 'pause'; name: string; timeoutMinutes: number }
	| { kind: 'create'; name: string }
	| { kind: 'wait'; name: string; ms: number }
	| { kind: 'again'; name: string; backTo: number; times: number };

/** An execution's data, as far as it matters here. Stored as JSON. */
interface Data {
	/** The step that runs or waits. */
	position: number;
	items: INodeExecutionData[];
	runs: Record<string, number>;
	context: Record<string, Record<string, unknown>>;
}

type Status = 'running' | 'waiting' | 'success' | 'crashed';

/** The row of the execution in the database. */
interface Row {
	status: Status;
	data: string;
	waitTill?: number;
}

export interface N8nSettings {
	/** `regular`: one process does all; `queue`: two take webhooks, one runs executions, one has the timers. */
	mode: 'regular' | 'queue';
	/** How long n8n needs from reading the execution to calling the node, ms; and how long at bad times. */
	lagMs: [least: number, most: number];
	longLagMs: [least: number, most: number];
	/** The same from the items to the write. */
	writeMs: [least: number, most: number];
	longWriteMs: [least: number, most: number];
	/** Probability of a bad time. */
	badTime: number;
	/** How far the clocks of processes are apart at most, ms. */
	skewMs: number;
	/** Whether n8n can call itself. */
	reachesItself: boolean;
	/** For how long the processes have run when the execution starts, ms. */
	uptimeMs: number;
	items: number;
	steps: Step[];
}

/** The state of one answer, as the node sees it. */
interface Response {
	statusCode: number;
	writableEnded: boolean;
	destroyed: boolean;
	status(code: number): Response;
	json(body: unknown): Response;
}

const EPOCH = 1_700_000_000_000;
const HOST = 'https://n8n.example';
const TICK = 60_000;
const TIMER_LEAD = 70_000;

/** A process of n8n, with the product's code in it. */
class Process {
	/** Counts the starts; what belongs to an earlier one never goes on. */
	life = 0;

	isUp = true;

	private startedAt: number;

	private readonly open = new Set<(outcome: Outcome) => void>();

	private readonly whenUp: Array<() => void> = [];

	constructor(
		readonly name: string,
		readonly product: Product,
		private readonly timeline: Timeline,
		private readonly skew: number,
		uptime: number,
	) {
		this.startedAt = -uptime;
		const { clock, pausedRuns } = product;
		clock.now = () => Math.round(EPOCH + timeline.now + this.skew);
		clock.uptime = () => timeline.now - this.startedAt;
		clock.sleep = async (ms, signal) => {
			if (signal?.aborted) return;
			const { life } = this;
			await new Promise<void>((resolve) => {
				const callOff = timeline.after(ms, () => life === this.life && resolve());
				const wake = () => {
					callOff();
					if (life === this.life) resolve();
				};
				signal?.addEventListener('abort', wake, { once: true });
			});
		};
		pausedRuns.pausedRuns.clear();
		pausedRuns.firstFound.at = undefined;
	}

	/** Lets time pass for what runs in the process; if it is killed meanwhile, for ever. */
	async wait(ms: number): Promise<void> {
		await this.survive(this.timeline.wait(ms));
	}

	/** The outcome of something outside, if the process still lives by then. */
	async survive<T>(outside: Promise<T>): Promise<T> {
		const { life } = this;
		return await new Promise<T>((resolve, reject) => {
			outside.then(
				(value) => life === this.life && resolve(value),
				(error) => life === this.life && reject(error),
			);
		});
	}

	/** Resolves as soon as the process runs. */
	async up(): Promise<void> {
		if (!this.isUp) await new Promise<void>((resolve) => this.whenUp.push(resolve));
	}

	/** Keeps a call that has to be reset when the process is killed. */
	hold(answer: (outcome: Outcome) => void): void {
		this.open.add(answer);
	}

	kill(): void {
		this.life++;
		this.isUp = false;
		this.timeline.tell(`${this.name} is killed`);
		for (const answer of this.open) answer('reset');
		this.open.clear();
		this.product.pausedRuns.pausedRuns.clear();
		this.product.pausedRuns.firstFound.at = undefined;
	}

	start(): void {
		this.isUp = true;
		this.startedAt = this.timeline.now;
		this.timeline.tell(`${this.name} is started`);
		for (const resolve of this.whenUp.splice(0)) resolve();
	}
}

/** One execution of a workflow in n8n, as its server reads, compares and writes it. */
export class N8n {
	readonly row: Row = { status: 'running', data: '' };

	/** Each time the execution went on from a wait. */
	readonly resumed: Array<{ wait: string; by: string; at: number }> = [];

	/** Each step that ended, with what came out. */
	readonly outputs: Array<{ step: string; jsons: Array<Record<string, unknown>> }> = [];

	/** All waits that ever were stored. */
	private readonly waits: string[] = [];

	/** Whether the process that ran the execution was killed, so that n8n gives the execution up. */
	isLost = false;

	/** What a process logs as a warning or worse. */
	readonly logs: string[] = [];

	readonly web: Process[];

	readonly runner: Process;

	private readonly timers = new Set<object>();

	private isRunning = false;

	constructor(
		private readonly timeline: Timeline,
		private readonly settings: N8nSettings,
		products: Product[],
		private readonly api: (options: Record<string, unknown>) => Promise<unknown>,
	) {
		const { mode, skewMs, uptimeMs } = settings;
		const process = (name: string, index: number) =>
			new Process(name, products[index], timeline, timeline.between(-skewMs, skewMs) / 2, uptimeMs);
		if (mode === 'regular') {
			this.runner = process('main', 0);
			this.web = [this.runner];
		} else {
			this.web = [process('webhook 1', 0), process('webhook 2', 1)];
			this.runner = process('worker', 2);
		}
		timeline.after(timeline.between(0, TICK), () => this.tick());
	}

	/** Starts the execution. */
	start(): void {
		const items = Array.from({ length: this.settings.items }, (_, n) => ({ json: { n } }));
		void this.run({ position: 0, items, runs: {}, context: {} });
	}

	/** The process that has the timers; in queue mode a main that nothing happens to. */
	private get leader(): Pick<Process, 'isUp' | 'life'> {
		return this.settings.mode === 'regular' ? this.runner : { isUp: true, life: 0 };
	}

	/** Whether the execution is finished, or given up. */
	get isOver(): boolean {
		return this.row.status === 'success' || (this.row.status === 'crashed' && this.isLost);
	}

	/** Kills a process, and starts it again. What it ran is given up; what waits is found again. */
	crash(process: Process, downMs: number): void {
		if (!process.isUp) return;
		const isMain = this.settings.mode === 'regular';
		if (process === this.runner && this.isRunning) this.isLost = true;
		process.kill();
		if (isMain) this.timers.clear();
		this.timeline.after(downMs, () => {
			process.start();
			if (this.isLost && process === this.runner) this.row.status = 'crashed';
			if (!isMain) return;
			void this.recover(process);
			this.setTimer();
		});
	}

	/** n8n takes what its log has no end of for crashed, and saves it anew: paused executions, too. */
	private async recover(process: Process): Promise<void> {
		const { timeline, row } = this;
		await process.wait(timeline.between(0, 3_000));
		const isHalfRecovered = row.status === 'crashed' && !this.isLost;
		if (row.status !== 'waiting' && !isHalfRecovered) return;
		const { data, waitTill } = row;
		await process.wait(timeline.between(5, 100));
		row.status = 'crashed';
		await process.wait(timeline.between(5, 500));
		Object.assign(row, { status: 'waiting', data, waitTill });
		timeline.tell('n8n has written the paused execution anew');
	}

	/** A call to n8n from outside, which the proxy gives to one of the processes. */
	call(url: string, body: unknown): Call {
		const { timeline } = this;
		const up = this.web.filter(({ isUp }) => isUp);
		if (up.length === 0) {
			const answer = timeline.wait(1).then((): Outcome => 'reset');
			return { answer, hangUp: () => {} };
		}
		const process = timeline.oneOf(up);
		let settle: (outcome: Outcome) => void = () => {};
		const answer = new Promise<Outcome>((resolve) => (settle = resolve));
		process.hold(settle);
		const response: Response = {
			statusCode: 200,
			writableEnded: false,
			destroyed: false,
			status: (code) => Object.assign(response, { statusCode: code }),
			json(sent) {
				response.writableEnded = true;
				settle({ status: response.statusCode, body: JSON.parse(JSON.stringify(sent)) });
				return response;
			},
		};
		void this.handle(process, new URL(url), JSON.parse(JSON.stringify(body)), response);
		return { answer, hangUp: () => void (response.destroyed = !response.writableEnded) };
	}

	/** In the order of steps of n8n's waiting webhooks. */
	private async handle(process: Process, url: URL, body: object, response: Response) {
		const { timeline, settings, row } = this;
		await process.wait(timeline.between(1, 30));
		const refuse = (status: number, message: string) => response.status(status).json({ message });
		if (row.status === 'running') return refuse(409, 'The execution "1" is running already.');
		if (this.isOver) return refuse(409, 'The execution "1" has finished already.');
		const data = JSON.parse(row.data) as Data;
		await process.wait(this.lag('lagMs', 'longLagMs'));
		const step = settings.steps[data.position];
		if (step.kind !== 'pause')
			return refuse(404, 'It does not contain a waiting webhook with a matching path/method.');
		const context = this.webhookContext(process, data, url, body, response);
		const { workflowData } = await process.product.takePausedCallback(context);
		if (!workflowData) return undefined;
		await process.wait(this.lag('writeMs', 'longWriteMs'));
		const went = this.goOn(data, workflowData[0] as INodeExecutionData[], process.name);
		if (!went) return refuse(500, 'There was a problem executing the workflow');
		return response.json({ message: 'The workflow goes on' });
	}

	/** The write of a resume: the database only compares the status. */
	private goOn(data: Data, items: INodeExecutionData[] | undefined, by: string): boolean {
		const { row, timeline, settings } = this;
		if (row.status !== 'waiting') return false;
		const { name } = settings.steps[data.position];
		const wait = `${name} ${data.runs[name]}`;
		this.resumed.push({ wait, by, at: timeline.now });
		timeline.tell(`${by} goes on from ${wait}`);
		data.items = items ?? data.items;
		Object.assign(row, { status: 'running', data: JSON.stringify(data), waitTill: undefined });
		this.outputs.push({ step: wait, jsons: data.items.map(({ json }) => json) });
		data.runs[name]++;
		data.position++;
		void this.run(data);
		return true;
	}

	private tick(): void {
		this.timeline.after(TICK, () => this.tick());
		this.setTimer();
	}

	/** n8n sets a timer for a wait that will end soon, looking every minute, and never takes one back. */
	private setTimer(): void {
		const { timeline, row, timers } = this;
		const { waitTill } = row;
		if (row.status !== 'waiting' || waitTill === undefined || timers.size > 0) return;
		if (waitTill > timeline.now + TIMER_LEAD || !this.leader.isUp) return;
		const timer = {};
		timers.add(timer);
		timeline.after(waitTill - timeline.now, () => {
			if (!timers.delete(timer)) return;
			const data = JSON.parse(row.data) as Data;
			const { life } = this.leader;
			timeline.after(timeline.between(1, 50), () => {
				if (this.leader.life === life) this.goOn(data, undefined, 'the timer');
			});
		});
	}

	/** Runs the workflow from a step on, until it waits or ends. */
	private async run(data: Data): Promise<void> {
		const { timeline, settings, row, runner } = this;
		if (settings.mode === 'queue') await runner.up();
		this.isRunning = true;
		await runner.wait(timeline.between(1, settings.mode === 'queue' ? 100 : 5));
		while (data.position < settings.steps.length) {
			const step = settings.steps[data.position];
			data.runs[step.name] ??= 0;
			let waitTill: number | undefined;
			if (step.kind === 'wait') waitTill = timeline.now + step.ms;
			else if (step.kind === 'again') data.items = [...data.items];
			else {
				const execute = this.executeContext(runner, data, step, (date) => (waitTill = date));
				const items = await this.execute(runner, execute, step, data);
				// While the node waits, what it returns is only shown.
				if (waitTill === undefined) data.items = items;
			}
			if (waitTill !== undefined) {
				await runner.wait(timeline.between(1, 60));
				this.isRunning = false;
				timeline.tell(`the execution waits in ${step.name} ${data.runs[step.name]}`);
				Object.assign(row, { status: 'waiting', data: JSON.stringify(data), waitTill });
				return;
			}
			const jsons = data.items.map(({ json }) => json);
			this.outputs.push({ step: `${step.name} ${data.runs[step.name]}`, jsons });
			const isAgain = step.kind === 'again' && data.runs[step.name] < step.times;
			data.runs[step.name]++;
			data.position = isAgain ? step.backTo : data.position + 1;
		}
		timeline.tell('the execution is finished');
		this.isRunning = false;
		row.status = 'success';
	}

	/** The node's own code behind its operations: from requests to items. */
	private async execute(
		{ product }: Process,
		context: IExecuteFunctions,
		step: Step,
		data: Data,
	): Promise<INodeExecutionData[]> {
		const run = await product.startRun(context);
		const plan = await product.planWait(run, true);
		const requests = data.items.map((_, item) => {
			const slot = `${step.name} ${data.runs[step.name]} ${item}`;
			return { body: { model: 'lip-sync', slot }, identity: slot };
		});
		const [items] = await product.createAndWait(
			run,
			'sync',
			requests,
			plan,
			async (record, index) => [
				{
					json: { ...record.task, timedOut: record.timedOut } as never,
					pairedItem: { item: index },
				},
			],
		);
		return items;
	}

	private lag(usual: 'lagMs' | 'writeMs', long: 'longLagMs' | 'longWriteMs'): number {
		const { timeline, settings } = this;
		const [least, most] = settings[timeline.chance(settings.badTime) ? long : usual];
		return timeline.between(least, most);
	}

	private executeContext(
		process: Process,
		data: Data,
		step: Step & { kind: 'pause' | 'create' },
		onWait: (until: number) => void,
	): IExecuteFunctions {
		const main = [data.items];
		const parameters: Record<string, unknown> = {
			waitMode: step.kind === 'pause' ? 'callback' : 'none',
			options: step.kind === 'pause' ? { timeoutMinutes: step.timeoutMinutes } : {},
		};
		const context = {
			...this.commonContext(process, step.name),
			getMode: () => 'trigger',
			getInputData: () => main[0],
			getExecuteData: () => ({ data: { main } }),
			getNodeParameter: (name: string, _: number, initial: unknown) => parameters[name] ?? initial,
			continueOnFail: () => true,
			getExecutionCancelSignal: () => undefined,
			getContext: (type: string) => (data.context[type === 'node' ? step.name : type] ??= {}),
			getWorkflowDataProxy: () => ({ $runIndex: data.runs[step.name] }),
			evaluateExpression: () => `${HOST}/webhook-waiting/1?signature=s`,
			putExecutionToWait: async (date: Date) => {
				// What comes out if the time runs out is what the node has put in the place of its input.
				data.items = main[0];
				this.waits.push(String(data.context[step.name].klingPausedRun));
				onWait(date.getTime() - EPOCH);
			},
		};
		return context as unknown as IExecuteFunctions;
	}

	private webhookContext(
		process: Process,
		data: Data,
		url: URL,
		body: object,
		response: Response,
	): IWebhookFunctions {
		const { name } = this.settings.steps[data.position];
		const context = {
			...this.commonContext(process, name),
			getBodyData: () => body,
			getQueryData: () => Object.fromEntries(url.searchParams),
			getResponseObject: () => response,
			evaluateExpression: (expression: string) => {
				if (expression === '{{ all waits }}') return this.waits;
				const [, key] = /\.context\["(\w+)"\] }}$/.exec(expression)!;
				return data.context[name]?.[key];
			},
		};
		return context as unknown as IWebhookFunctions;
	}

	private commonContext(process: Process, name: string) {
		const warn = (message: string) => this.logs.push(message);
		return {
			getNode: () => ({ id: name, name, type: 'klingLipSync', typeVersion: 1.1 }),
			getExecutionId: () => '1',
			getWorkflow: () => ({ id: 'w', active: true }),
			getCredentials: async () => {
				await process.wait(this.timeline.between(1, 100));
				return { apiKey: 'test-key', baseUrl: 'https://api.example' };
			},
			logger: { debug() {}, info() {}, warn, error: warn },
			helpers: {
				httpRequest: async (options: Record<string, unknown>) =>
					await process.survive(
						String(options.url).startsWith(HOST) ? this.callItself(options) : this.api(options),
					),
			},
		};
	}

	private async callItself({ url, body, timeout }: Record<string, unknown>): Promise<unknown> {
		const failure = (code: string) => Object.assign(new Error(code), { code });
		if (!this.settings.reachesItself) throw failure('ECONNREFUSED');
		const { answer, hangUp } = this.call(String(url), body);
		const outcome = await this.timeline.within(answer, Number(timeout));
		if (!outcome) hangUp();
		if (!outcome) throw failure('ECONNABORTED');
		if (outcome === 'reset') throw failure('ECONNRESET');
		return { statusCode: outcome.status, headers: {}, body: outcome.body };
	}
}
