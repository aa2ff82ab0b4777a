import type { CreateBody } from '../api/tasks';
import { createTask } from '../api/tasks';
import type { Outcome } from '../task/problem';
import { attemptAsync, Problem } from '../task/problem';
import type { Order, TaskRecord } from '../task/itemJson';
import { orderDetails } from '../task/itemJson';
import { stopIfCancelled } from './cancellation';
import type { Slot } from './createdTasks';
import { logCreated, logUnanswered } from './serverLog';
import { reuseTask } from './reuseTask';
import type { Run } from './run';
import { forEachValue } from './run';

/** A create that is ready to be sent. */
export interface TaskRequest {
	body: CreateBody;
	/** What makes the request the same when it is built again; signed URLs differ each time. */
	identity: unknown;
	order?: Order;
}

/**
 * Creates the tasks of all items, a bounded number in flight.
 *
 * @param step keeps the tasks of one item apart
 * @param callbackUrls a URL for each item, where the vendor is to call back
 */
export async function submitAll(
	run: Run,
	step: string,
	requests: Array<Outcome<TaskRequest>>,
	callbackUrls: Array<string | undefined> = [],
): Promise<Array<Outcome<TaskRecord>>> {
	const stopsAtProblem = !run.context.continueOnFail();
	let isStopped = false;
	const submitted = await forEachValue(run, requests, async (request, index) => {
		// The run will end with the problem of an earlier item: nothing more is spent on it.
		if (isStopped) return new Problem('refused', 'The task was not created');
		const outcome = await submit(run, step, index, request, callbackUrls[index]);
		isStopped ||= stopsAtProblem && outcome instanceof Problem;
		return outcome;
	});
	stopIfCancelled(run);
	return submitted;
}

async function submit(
	run: Run,
	step: string,
	itemIndex: number,
	{ body, identity, order }: TaskRequest,
	callbackUrl?: string,
): Promise<Outcome<TaskRecord>> {
	const { createdTasks } = run;
	const slot = createdTasks.slot(`${itemIndex}:${step}`, identity);
	const work = async () =>
		(await reuseTask(run, slot, body.model, callbackUrl)) ??
		(await create(run, slot, itemIndex, body, callbackUrl));
	const outcome = await createdTasks.share(slot, async () => await attemptAsync(work));
	return outcome instanceof Problem ? outcome.with(orderDetails(order)) : { ...outcome, order };
}

async function create(
	run: Run,
	slot: Slot,
	itemIndex: number,
	body: CreateBody,
	callbackUrl?: string,
): Promise<Outcome<TaskRecord>> {
	const { context, access, createdTasks, signal } = run;
	if (signal?.aborted) return new Problem('cancelled', 'The execution was cancelled');
	createdTasks.sending(slot, callbackUrl);
	const answer = await createTask(context, access, body, callbackUrl, signal);
	if (!(answer instanceof Problem)) {
		logCreated(run, itemIndex, answer.task);
		createdTasks.created(slot, answer.task.taskId);
	} else if (answer.kind === 'unanswered') {
		logUnanswered(run, itemIndex, answer);
	} else {
		createdTasks.refused(slot);
	}
	return answer;
}
