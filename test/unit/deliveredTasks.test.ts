import type { IWebhookFunctions } from 'n8n-workflow';

import { clock } from '../../nodes/KlingLipSync/clock';
import type { Task } from '../../nodes/KlingLipSync/task/task';
import { DeliveredTasks } from '../../nodes/KlingLipSync/trigger/deliveredTasks';

const PLACE = 'workflow node';

/** A trigger's static data in the database of n8n. */
interface Stored {
	delivered?: unknown;
}

/** The answers of all deliveries: while one is missing, the product goes on writing. */
const responses: Array<{ writableEnded: boolean }> = [];

/** A delivery at a process: what n8n has read for it, and its answer. */
function deliveryOf(stored: Stored = {}) {
	const response = { writableEnded: false, statusCode: 200 };
	responses.push(response);
	const staticData = { ...stored };
	const context = {
		getWorkflowStaticData: () => staticData,
		getResponseObject: () => response,
	} as unknown as IWebhookFunctions;
	/** n8n answers, and writes the static data where it could start the workflow. */
	const end = (statusCode = 200): Stored => {
		if (statusCode < 400) Object.assign(stored, JSON.parse(JSON.stringify(staticData)));
		Object.assign(response, { writableEnded: true, statusCode });
		return stored;
	};
	return { context, end, staticData };
}

const task = (taskId: string, completeTime?: number): Task => ({
	taskId,
	state: 'completed',
	model: 'kling-advanced-lip-sync',
	completeTime,
});

let now: number;
const usual = { ...clock };
beforeEach(() => {
	now = 1_800_000_000_000;
	clock.now = () => now;
	clock.sleep = async (ms) => {
		now += ms;
		await usual.sleep(0);
	};
});
afterEach(() => {
	for (const response of responses.splice(0)) response.writableEnded = true;
	Object.assign(clock, usual);
});

it('a task starts the workflow once, also after a restart', async () => {
	const tasks = new DeliveredTasks();
	const first = deliveryOf();
	expect(await tasks.find(first.context, PLACE, 'cl1')).toBeUndefined();
	expect(await tasks.take(first.context, PLACE, task('cl1'))).toBeUndefined();
	const stored = first.end();
	expect(stored).toEqual({ delivered: ['cl1'] });
	expect(await tasks.take(deliveryOf(stored).context, PLACE, task('cl1'))).toBe('started');
	const restarted = new DeliveredTasks();
	expect(await restarted.find(deliveryOf(stored).context, PLACE, 'cl1')).toBe('started');
	expect(await restarted.take(deliveryOf(stored).context, PLACE, task('cl2'))).toBeUndefined();
});

it.each([200, 302, 399])('an answer of %i says that the workflow was started', async (status) => {
	const tasks = new DeliveredTasks();
	const { context, end } = deliveryOf();
	await tasks.take(context, PLACE, task('cl1'));
	end(status);
	expect(await tasks.find(deliveryOf().context, PLACE, 'cl1')).toBe('started');
});

it.each([400, 404, 500])('after an answer of %i the next delivery starts it', async (status) => {
	const tasks = new DeliveredTasks();
	const { context, end } = deliveryOf();
	await tasks.take(context, PLACE, task('cl1'));
	end(status);
	expect(await tasks.find(deliveryOf().context, PLACE, 'cl1')).toBeUndefined();
	expect(await tasks.take(deliveryOf().context, PLACE, task('cl1'))).toBeUndefined();
});

it('a delivery waits a while for the answer to one of the same task, and for no other', async () => {
	const tasks = new DeliveredTasks();
	await tasks.take(deliveryOf().context, PLACE, task('cl1'));
	const began = now;
	expect(await tasks.find(deliveryOf().context, PLACE, 'cl2')).toBeUndefined();
	expect(now).toBe(began);
	expect(await tasks.find(deliveryOf().context, PLACE, 'cl1')).toBe('starting');
	expect(now - began).toBeGreaterThanOrEqual(2_000);
	expect(now - began).toBeLessThan(2_500);
});

it('each place has tasks of its own, which can be forgotten', async () => {
	const tasks = new DeliveredTasks();
	const { context, end } = deliveryOf();
	await tasks.take(context, PLACE, task('cl1'));
	end();
	expect(await tasks.find(deliveryOf().context, 'another', 'cl1')).toBeUndefined();
	tasks.forget(PLACE);
	expect(await tasks.find(deliveryOf().context, PLACE, 'cl1')).toBeUndefined();
});

it('what static data lack is written with the next callback, whatever comes of that', async () => {
	const tasks = new DeliveredTasks();
	const first = deliveryOf();
	await tasks.take(first.context, PLACE, task('cl1'));
	first.end();
	const lost = deliveryOf({ delivered: 'nothing that n8n would write' });
	await tasks.find(lost.context, PLACE, 'cl9');
	expect(lost.end()).toEqual({ delivered: ['cl1'] });
	const complete = deliveryOf({ delivered: ['cl1', 'cl0'] });
	await tasks.find(complete.context, PLACE, 'cl9');
	expect(complete.staticData.delivered).toEqual(['cl1', 'cl0']);
});

it('the list is as it is when n8n writes it, and written until n8n has answered', async () => {
	const tasks = new DeliveredTasks();
	const [one, two] = [deliveryOf(), deliveryOf()];
	await tasks.take(one.context, PLACE, task('cl1'));
	await tasks.take(two.context, PLACE, task('cl2'));
	two.end();
	expect(one.end()).toEqual({ delivered: ['cl2', 'cl1'] });
});

it('only the latest 500 are stored', async () => {
	const tasks = new DeliveredTasks();
	const ids = Array.from({ length: 500 }, (_, n) => `cl${n}`);
	const { context, end } = deliveryOf({ delivered: ids });
	await tasks.take(context, PLACE, task('new'));
	expect(end()).toEqual({ delivered: [...ids.slice(1), 'new'] });
});

describe('a callback that comes late', () => {
	/** Takes one task in time and, 1.1 s later, one that comes `delay` after it should have. */
	async function late(delay: number, { stored = {} as Stored, quiet = 1_100 } = {}) {
		const tasks = new DeliveredTasks();
		const first = deliveryOf(stored);
		await tasks.take(first.context, PLACE, task('cl1', now));
		const list = first.end();
		now += quiet;
		const ended = now - delay;
		const take = async () => await tasks.take(deliveryOf(list).context, PLACE, task('cl2', ended));
		return [await take(), await take()];
	}

	it.each([1_501, 5_000, 9_000])('by %i ms is taken when it comes again', async (delay) => {
		expect((await late(delay, { quiet: 1_100 }))[0]).toBe('late');
		expect((await late(delay))[1]).toBeUndefined();
	});

	it.each([0, 1_500])('by %i ms is taken at once', async (delay) => {
		expect((await late(delay))[0]).toBeUndefined();
	});

	it('is taken at once while this process takes callbacks, unless another one does, too', async () => {
		expect((await late(5_000, { quiet: 900 }))[0]).toBeUndefined();
		const stored = { delivered: ['of-another-process'] };
		expect((await late(5_000, { quiet: 900, stored }))[0]).toBe('late');
	});

	it('is taken at once where nobody says when its task ended', async () => {
		const tasks = new DeliveredTasks();
		expect(await tasks.take(deliveryOf().context, PLACE, task('cl1'))).toBeUndefined();
	});
});
