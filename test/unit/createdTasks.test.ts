import type { IContextObject, IExecuteFunctions, IWorkflowDataProxyData } from 'n8n-workflow';

import { CreatedTasks, tellCreated } from '../../nodes/KlingLipSync/run/createdTasks';
import { attempt } from '../../nodes/KlingLipSync/task/problem';
import { type Caller, toolContext } from './toolContext';

interface Situation extends Caller {
	executionId?: string;
	runIndex?: number;
}

const context = (
	{ executionId = '1', runIndex = 0, ...caller }: Situation = {},
	store: object = {},
): IExecuteFunctions => ({
	...toolContext(caller),
	getContext: () => store as IContextObject,
	getExecutionId: () => executionId,
	getWorkflowDataProxy: () => ({ $runIndex: runIndex }) as unknown as IWorkflowDataProxyData,
});

/** What the node remembers, over the executions and runs of its workflow. */
function memory() {
	const store = {};
	return (situation?: Situation) => new CreatedTasks(context(situation, store));
}

const ORDER = { video: 'a' };

it('tells which tasks exist, as many as an error can hold', () => {
	const ids = (count: number) => Array.from({ length: count }, (_, index) => `cl${index}`);
	expect(tellCreated([])).toBe('');
	expect(tellCreated(['cl1'])).toBe(
		'Tasks already created by this run, which Get Task retrieves: cl1.',
	);
	expect(tellCreated(ids(1000))).toMatch(/retrieves: cl0, .*, cl999\.$/);
	expect(tellCreated(ids(1002))).toMatch(/retrieves: cl0, .*, cl999 and 2 more\.$/);
});

describe('a task that exists', () => {
	const created = (callbackUrl?: string) => {
		const remember = memory();
		const tasks = remember();
		const slot = tasks.slot('item 0', ORDER);
		expect(tasks.find(slot)).toBeUndefined();
		tasks.sending(slot, callbackUrl);
		tasks.created(slot, 'cl1');
		return remember;
	};
	const found = (tasks: CreatedTasks, order: object = ORDER, name = 'item 0') =>
		tasks.find(tasks.slot(name, order));

	it('is taken up when n8n runs the node again, whatever was changed meanwhile', () => {
		const remember = created();
		const expected = { taskId: 'cl1', callbackUrl: undefined, isAskedForAgain: false };
		expect(found(remember())).toEqual(expected);
		expect(found(remember(), { video: 'b' })).toEqual(expected);
	});

	it('is taken up when a person runs the execution again, unless the request was changed', () => {
		const remember = created('https://n8n.example/waiting/1');
		expect(found(remember({ executionId: '2' }), { video: 'b' })).toBeUndefined();
		expect(found(remember({ executionId: '2' }))).toEqual({
			taskId: 'cl1',
			callbackUrl: 'https://n8n.example/waiting/1',
			isAskedForAgain: true,
		});
		// From then on it is a task of that execution.
		expect(found(remember({ executionId: '2' }))).toMatchObject({ isAskedForAgain: false });
	});

	it('is none of another item, another step or another run in a loop', () => {
		const remember = created();
		expect(found(remember(), ORDER, 'item 1')).toBeUndefined();
		expect(found(remember({ runIndex: 1 }))).toBeUndefined();
	});

	it('is told, and forgotten once it was handed on, with those of its run alone', () => {
		const remember = created();
		const other = remember({ runIndex: 1 });
		const slot = other.slot('item 0', ORDER);
		other.sending(slot);
		expect(other.taskIds()).toEqual([]);
		other.created(slot, 'cl2');
		expect([remember().taskIds(), other.taskIds()]).toEqual([['cl1'], ['cl2']]);
		remember().clear();
		expect([remember().taskIds(), other.taskIds()]).toEqual([[], ['cl2']]);
	});
});

describe('a create without an answer', () => {
	const sent = () => {
		const remember = memory();
		const tasks = remember();
		tasks.sending(tasks.slot('item 0', ORDER));
		return remember;
	};

	it('is not sent again by n8n', () => {
		const tasks = sent()();
		expect(attempt(() => tasks.find(tasks.slot('item 0', ORDER)))).toMatchObject({
			kind: 'unanswered',
			message: 'A task may have been created and charged by an earlier try that got no response',
			hint: "The request was not repeated, so that you don't pay twice. Check your account, then run the workflow again.",
		});
	});

	it('is sent again by a person who runs the execution again', () => {
		const tasks = sent()({ executionId: '2' });
		expect(tasks.find(tasks.slot('item 0', ORDER))).toBeUndefined();
	});

	it('is sent again when it was refused', () => {
		const remember = memory();
		const tasks = remember();
		const slot = tasks.slot('item 0', ORDER);
		tasks.sending(slot);
		tasks.refused(slot);
		expect(remember().find(slot)).toBeUndefined();
	});
});

describe('an agent', () => {
	const node = { retryOnFail: true, maxTries: 3 };

	it('finds the task by the request, in whichever run it asks again', () => {
		const remember = memory();
		const first = remember({ tool: true, node });
		const slot = first.slot('item 0', ORDER);
		first.sending(slot);
		first.created(slot, 'cl1');
		const again = (runIndex: number) => {
			const tasks = remember({ tool: true, runIndex, node });
			return tasks.find(tasks.slot('item 5', ORDER))?.isAskedForAgain;
		};
		// As often as n8n itself tries, and then it is the agent that asks.
		expect([again(1), again(2), again(3), again(4)]).toEqual([false, false, true, false]);
		const other = remember({ tool: true });
		expect(other.find(other.slot('item 0', { video: 'b' }))).toBeUndefined();
	});

	it('forgets its own tasks and leaves those of other calls alone', () => {
		const remember = memory();
		const [one, two] = [remember({ tool: true }), remember({ tool: true, runIndex: 1 })];
		for (const [tasks, order, id] of [
			[one, ORDER, 'cl1'],
			[two, { video: 'b' }, 'cl2'],
		] as const) {
			const slot = tasks.slot('item 0', order);
			tasks.sending(slot);
			tasks.created(slot, id);
		}
		expect([one.taskIds(), two.taskIds()]).toEqual([['cl1'], ['cl2']]);
		one.clear();
		expect([one.taskIds(), two.taskIds()]).toEqual([[], ['cl2']]);
	});

	it('shares what equal calls come to that are made together', async () => {
		const remember = memory();
		let creates = 0;
		const ask = async (runIndex: number) => {
			const tasks = remember({ tool: true, runIndex });
			return await tasks.share(tasks.slot('item 0', ORDER), async () => {
				await Promise.resolve();
				return { task: { taskId: `cl${++creates}`, state: 'pending', model: 'm' } };
			});
		};
		const [one, two] = await Promise.all([ask(0), ask(1)]);
		expect(one).toBe(two);
		await ask(2);
		expect(creates).toBe(2);
	});
});
