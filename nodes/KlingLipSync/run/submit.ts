import type { CreateBody } from '../api/tasks';
import { createTask } from '../api/tasks';
import type { Outcome } from '../task/problem';
import { attempt, Problem } from '../task/problem';
import type { Order, TaskRecord } from '../task/taskRecord';
import { orderDetails } from '../task/taskRecord';
import { noteState, stopIfCancelled } from './cancellation';
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
		const outcome = await submit(run, `${index}:${step}`, request, callbackUrls[index]);
		isStopped ||= stopsAtProblem && outcome instanceof Problem;
		return outcome;
	});
	stopIfCancelled(run);
	return submitted;
}

async function submit(
	run: Run,
	slot: string,
	request: TaskRequest,
	callbackUrl?: string,
): Promise<Outcome<TaskRecord>> {
	const { body, identity, order } = request;
	const facts = orderDetails(order);
	const earlier = attempt(() => run.createdTasks.find(slot, identity));
	if (earlier instanceof Problem) return earlier.with(facts);
	if (earlier) {
		return {
			task: { taskId: earlier.taskId, state: 'pending', model: body.model },
			callsElsewhere: earlier.callbackUrl !== callbackUrl,
			order,
		};
	}
	if (run.signal?.aborted)
		return new Problem('cancelled', 'The execution was cancelled', '', facts);
	run.createdTasks.sending(slot, identity, callbackUrl);
	const answer = await createTask(
		run.context,
		run.access,
		callbackUrl ? { ...body, callback_url: callbackUrl } : body,
		run.signal,
	);
	if (!(answer instanceof Problem)) {
		const { taskId, state } = answer.task;
		run.createdTasks.created(slot, identity, taskId);
		noteState(run, taskId, state);
		return { ...answer, order };
	}
	if (answer.kind !== 'unanswered') run.createdTasks.refused(slot, identity);
	return answer.with(facts);
}
