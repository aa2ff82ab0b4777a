import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { AT_ONCE } from '../../nodes/KlingLipSync/concurrency';
import { stopIfCancelled } from '../../nodes/KlingLipSync/run/cancellation';
import { stopAtProblem } from '../../nodes/KlingLipSync/run/nodeErrors';
import { failedItem, outputItems, taskItem } from '../../nodes/KlingLipSync/run/outputItems';
import { linkOf, runIndexOf, runOptionsOf, textOf } from '../../nodes/KlingLipSync/run/parameters';
import { referenceOf } from '../../nodes/KlingLipSync/run/reference';
import type { Run } from '../../nodes/KlingLipSync/run/run';
import { forEachItem, forEachValue, startRun } from '../../nodes/KlingLipSync/run/run';
import type { TaskRecord } from '../../nodes/KlingLipSync/task/itemJson';
import type { Outcome } from '../../nodes/KlingLipSync/task/problem';
import { Problem } from '../../nodes/KlingLipSync/task/problem';

type Parameters = Record<string, unknown>;

interface Situation {
	/** The parameters of each item; an Error for what can't be worked out. */
	items?: Array<Parameters | Error>;
	continues?: boolean;
	onError?: string;
	signal?: AbortSignal;
	isOld?: boolean;
}

function contextOf({ items = [{}, {}], continues = false, onError, isOld }: Situation = {}) {
	const hints: unknown[] = [];
	const warnings: unknown[][] = [];
	const context = {
		getInputData: () => items.map(() => ({ json: {} })),
		getNodeParameter: (name: string, index: number, otherwise?: unknown) => {
			const given = items[index];
			if (given instanceof Error) throw given;
			return name in given ? given[name] : otherwise;
		},
		getNode: () => ({ name: 'Kling', type: 'klingLipSync', onError }),
		getContext: () => ({}),
		getExecutionId: () => '1',
		getWorkflowDataProxy: () => ({ $runIndex: 4 }),
		getCredentials: async () => ({ apiKey: ' key ', baseUrl: 'https://api.example/' }),
		continueOnFail: () => continues,
		logger: { warn: (...line: unknown[]) => warnings.push(line) },
		...(!isOld && { addExecutionHints: (hint: unknown) => hints.push(hint) }),
	} as unknown as IExecuteFunctions;
	return { context, hints, warnings };
}

function runOf(situation: Situation = {}, taskIds: string[] = []) {
	const { context, hints, warnings } = contextOf(situation);
	const cleared = { times: 0 };
	const run = {
		context,
		concurrency: 5,
		itemCount: 2,
		signal: situation.signal,
		createdTasks: { taskIds: () => taskIds, clear: () => cleared.times++ },
	} as unknown as Run;
	return { run, hints, warnings, cleared };
}

const record = (taskId: string, more: Partial<TaskRecord> = {}): TaskRecord => ({
	task: { taskId, state: 'completed', model: 'kling-identify-face', estimatedCostUsd: 0.0007 },
	...more,
});
const problem = new Problem('input', 'No video', 'Enter one.');

describe('the parameters of an item', () => {
	it('are texts without blanks, empty when they are missing', () => {
		const { context } = contextOf({ items: [{ a: ' x ', b: 7, c: null, d: ['y'] }] });
		const texts = ['a', 'b', 'c', 'd', 'e'].map((name) => textOf(context, name, 0));
		expect(texts).toEqual(['x', '7', '', 'y', '']);
		const links = ['a', 'b', 'c', 'd', 'e'].map((name) => linkOf(context, name, 0));
		expect(links).toEqual(['x', '', '', '', '']);
	});

	it('give the options of a run, the first that can be worked out', () => {
		const of = (...items: Array<Parameters | Error>) => runOptionsOf(contextOf({ items }).context);
		expect(of({ options: { a: 1 } }, { options: { a: 2 } })).toEqual({ a: 1 });
		expect(of(new Error('no such field'), { options: { a: 2 } })).toEqual({ a: 2 });
		expect(of({})).toEqual({});
		expect(of(new Error('no such field'))).toEqual({});
		expect(of()).toEqual({});
	});

	it('may have a reference that fits into a URL', () => {
		const of = (reference: unknown) =>
			referenceOf(contextOf({ items: [{ options: { reference } }] }).context, 0);
		expect([of(' row 7 '), of(7), of(' '), of(undefined)]).toEqual([
			'row 7',
			'7',
			undefined,
			undefined,
		]);
		expect(of('x'.repeat(500))).toHaveLength(500);
		expect(() => of('x'.repeat(501))).toThrow('The reference has 501 characters');
	});
});

describe('a run', () => {
	it.each([
		[undefined, AT_ONCE.items],
		[3, 3],
		['7', 7],
		[2.9, 2],
		[0, 1],
		[-5, 1],
		['many', AT_ONCE.items],
		[Infinity, AT_ONCE.items],
	])('with the concurrency %j has at most %i requests in flight', async (given, most) => {
		const { context } = contextOf({ items: [{ options: { maxConcurrency: given } }] });
		expect(await startRun(context)).toMatchObject({
			concurrency: most,
			itemCount: 1,
			access: { apiKey: 'key', baseUrl: 'https://api.example' },
		});
		expect(runIndexOf(context)).toBe(4);
	});

	it('puts a problem in the place of an item, and goes on with the others', async () => {
		const { run } = runOf();
		const work = async (index: number) => {
			if (index === 0) throw problem;
			return index;
		};
		expect(await forEachItem(run, work)).toEqual([problem, 1]);
		const next = await forEachValue(run, [problem, 1], async (value, index) => value + index);
		expect(next).toEqual([problem, 2]);
	});

	it('ends at its first problem, unless the other items are to go on', () => {
		const stop = (situation: Situation, ...outcomes: unknown[]) =>
			stopAtProblem(runOf(situation, ['cl1']).run, outcomes as Array<Outcome<unknown>>);
		expect(() => stop({ continues: true }, problem)).not.toThrow();
		expect(() => stop({}, 1, 2)).not.toThrow();
		expect(() => stop({}, 1, problem)).toThrow(
			expect.objectContaining({
				message: 'No video',
				description: 'Enter one. Tasks already created by this run, which Get Task retrieves: cl1.',
				context: expect.objectContaining({ itemIndex: 1 }),
			}),
		);
	});
});

describe('a cancelled run', () => {
	const signal = AbortSignal.abort();

	it('ends, and leaves the tasks that exist in the log of n8n', () => {
		const { run, warnings } = runOf({ signal }, ['cl1', 'cl2']);
		expect(() => stopIfCancelled(run)).toThrow(
			expect.objectContaining({
				message: 'The execution was cancelled',
				description: expect.stringContaining("Kling can't cancel tasks"),
			}),
		);
		expect(warnings).toEqual([
			[
				'Kling Lip Sync: the execution was cancelled. Tasks already created: cl1, cl2',
				{ taskIds: ['cl1', 'cl2'] },
			],
		]);
	});

	it('without tasks leaves no trace, and another one goes on', () => {
		const { run, warnings } = runOf({ signal });
		expect(() => stopIfCancelled(run)).toThrow('The execution was cancelled');
		expect(warnings).toEqual([]);
		expect(() => stopIfCancelled(runOf().run)).not.toThrow();
		expect(() =>
			stopIfCancelled(runOf({ signal: new AbortController().signal }).run),
		).not.toThrow();
	});
});

describe('what comes out', () => {
	const toItems = (run: Run) => async (of: TaskRecord, index: number) => [taskItem(run, of, index)];
	const put = async (situation: Situation, ...outcomes: Array<Outcome<TaskRecord>>) => {
		const made = runOf(situation);
		const items = await outputItems(made.run, outcomes, toItems(made.run));
		return { items: items[0], ...made };
	};

	it('are the items in order, with a summary above them; their tasks are forgotten', async () => {
		const { items, hints, cleared } = await put({}, record('cl1'), record('cl2'));
		expect(items.map(({ json, pairedItem }) => [json.taskId, pairedItem])).toEqual([
			['cl1', { item: 0 }],
			['cl2', { item: 1 }],
		]);
		expect(hints).toEqual([{ message: expect.any(String), location: 'outputPane' }]);
		expect(cleared.times).toBe(1);
	});

	it('is nothing for no items, without a summary', async () => {
		const { items, hints } = await put({ items: [] });
		expect([items, hints]).toEqual([[], []]);
	});

	it('comes out of an old n8n, which shows no summary', async () => {
		expect((await put({ isOld: true }, record('cl1'))).items).toHaveLength(1);
	});

	it('are problems as items, where the user goes on; the tasks are kept for a retry', async () => {
		const { items, cleared } = await put({ continues: true }, problem, record('cl2'));
		expect(items).toMatchObject([
			{ json: { error: 'No video', details: { hint: 'Enter one.' } }, pairedItem: { item: 0 } },
			{ json: { taskId: 'cl2' }, pairedItem: { item: 1 } },
		]);
		expect(cleared.times).toBe(0);
	});

	it('keeps the tasks that were not finished in time, for they may be asked for again', async () => {
		const { items, cleared } = await put({}, record('cl1', { timedOut: true }));
		expect(items[0].json).toMatchObject({ taskId: 'cl1', timedOut: true });
		expect(cleared.times).toBe(0);
	});

	it('has the answer of the vendor, where the user wants it', async () => {
		const items = [{ options: { includeRaw: true } }, { options: { includeRaw: 'true' } }];
		const raw = { code: 200 };
		const out = await put({ items }, record('cl1', { raw }), record('cl2', { raw }));
		expect(out.items.map(({ json }) => json.raw)).toEqual([raw, undefined]);
	});

	it('goes to the error output as n8n before 2.36 takes it', () => {
		const { context } = contextOf({ onError: 'continueErrorOutput' });
		const failed = failedItem(context.getNode(), { error: 'No video', details: {} }, 1);
		expect(failed.error).toBeInstanceOf(NodeOperationError);
		expect(failed.error).toMatchObject({ message: 'No video', context: { itemIndex: 1 } });
		expect(Object.keys(failed)).toEqual(['json', 'pairedItem']);
		expect(failed).toMatchObject({ json: { error: 'No video' }, pairedItem: { item: 1 } });
		const regular = contextOf({ onError: 'continueRegularOutput' }).context.getNode();
		expect(failedItem(regular, { error: 'No video' }, 1).error).toBeUndefined();
	});
});
