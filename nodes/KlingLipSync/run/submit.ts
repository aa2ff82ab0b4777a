import type { CreateBody } from '../api/tasks';
import { createTask, queryTaskPatiently } from '../api/tasks';
import { clock } from '../clock';
import type { Outcome } from '../task/problem';
import { attemptAsync, Problem } from '../task/problem';
import { isExpired } from '../task/session';
import type { Task } from '../task/task';
import { isIdentify } from '../task/task';
import type { Order, TaskRecord } from '../task/taskRecord';
import { orderDetails } from '../task/taskRecord';
import { stopIfCancelled } from './cancellation';
import type { Slot } from './createdTasks';
import { logCreated, logUnanswered } from './log';
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
		(await takeUp(run, slot, body.model, callbackUrl)) ??
		(await create(run, slot, itemIndex, body, callbackUrl));
	const outcome = await createdTasks.share(slot, async () => await attemptAsync(work));
	return outcome instanceof Problem ? outcome.with(orderDetails(order)) : { ...outcome, order };
}

/**
 * The task that exists for the request, if it serves. n8n's own repetition takes up every task of its
 * first try. Where a person or an agent asks again, a task that failed, that the API does not know any
 * more or whose session has expired is no good; one that can't be asked for now may be.
 *
 * @throws Problem `unanswered` when a task may exist whose id is not known
 */
async function takeUp(
	run: Run,
	slot: Slot,
	model: string,
	callbackUrl?: string,
): Promise<TaskRecord | undefined> {
	const earlier = run.createdTasks.find(slot);
	if (!earlier) return undefined;
	const known: Task = { taskId: earlier.taskId, state: 'pending', model };
	const callsElsewhere = earlier.callbackUrl !== callbackUrl;
	if (!earlier.isAskedForAgain) return { task: known, callsElsewhere };
	const asked = await queryTaskPatiently(run.context, run.access, known, run.signal);
	if (asked instanceof Problem)
		return asked.kind === 'unknownTask' ? undefined : { task: known, callsElsewhere };
	const { task } = asked;
	if (task.state === 'failed' || (isIdentify(task) && isExpired(task, clock.now())))
		return undefined;
	return { ...asked, callsElsewhere };
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
	const answer = await createTask(
		context,
		access,
		callbackUrl ? { ...body, callback_url: callbackUrl } : body,
		signal,
	);
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
