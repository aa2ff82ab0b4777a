import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { pauseAfterProblem, pollInterval } from '../task/pollInterval';
import { failuresAsProblems } from '../task/failureAdvice';
import { LastingAnswer } from '../task/lastingAnswer';
import { isTerminal } from '../task/task';
import type { TaskRecord } from '../task/itemJson';
import { orderDetails } from '../task/itemJson';
import { queryTask } from '../api/tasks';
import { TIMEOUTS } from '../api/timeouts';
import { clock } from '../clock';
import { mapLimited } from '../concurrency';
import { stopIfCancelled } from '../run/cancellation';
import { logState } from '../run/serverLog';
import type { Run } from '../run/run';
import { stopAtProblem } from '../run/nodeErrors';

interface Watched extends TaskRecord {
	index: number;
	lasting: LastingAnswer;
}

/**
 * Watches all tasks together until each is finished or the time is up. What passes (429, 5xx, network)
 * is waited out, anything else is asked for again before it is believed and ends that task's waiting; a
 * task that is still unfinished at the end goes on with `timedOut`.
 *
 * @param timeoutMs how long to wait
 * @param endsAll whether what has become of one task ends the waiting for all
 * @param createdAt ms since the epoch, when this run has created the tasks
 */
export async function pollTasks(
	run: Run,
	outcomes: Array<Outcome<TaskRecord>>,
	timeoutMs: number,
	endsAll: (outcome: Outcome<TaskRecord>) => boolean,
	createdAt?: number,
): Promise<Array<Outcome<TaskRecord>>> {
	const results = [...outcomes];
	const start = clock.now();
	const deadline = start + timeoutMs;
	let waiting = outcomes.flatMap((outcome, index): Watched[] =>
		outcome instanceof Problem || isTerminal(outcome.task)
			? []
			: [{ ...outcome, index, lasting: new LastingAnswer(createdAt) }],
	);
	let lookedAt = start;
	let askedFor = 0;
	while (waiting.length > 0) {
		const now = clock.now();
		const pause = pollInterval(lookedAt - start, now - lookedAt);
		const left = deadline - now;
		if (left <= 0) {
			for (const { index } of waiting)
				results[index] = { ...(results[index] as TaskRecord), timedOut: true };
			break;
		}
		await clock.sleep(Math.min(Math.max(pause, askedFor), left), run.signal);
		stopIfCancelled(run);

		askedFor = 0;
		lookedAt = clock.now();
		const looks: Look[] = await mapLimited(waiting, run.concurrency, async (watched) =>
			clock.now() > deadline + TIMEOUTS.query ? { watched } : await look(run, watched),
		);
		stopIfCancelled(run);
		waiting = looks.flatMap(({ watched, outcome, pauseMs = 0 }) => {
			askedFor = Math.max(askedFor, pauseMs);
			if (outcome) results[watched.index] = outcome;
			const over = outcome && (outcome instanceof Problem || isTerminal(outcome.task));
			return over ? [] : [watched];
		});
		if (results.some(endsAll)) break;
	}
	return results;
}

/** No `outcome`: nothing was learned, and asking again may help. */
interface Look {
	watched: Watched;
	outcome?: Outcome<TaskRecord>;
	/** The least until the next look at all tasks. */
	pauseMs?: number;
}

async function look(run: Run, watched: Watched): Promise<Look> {
	const { task, order } = watched;
	const answer = await queryTask(run.context, run.access, task, run.signal);
	const isLasting = watched.lasting.isLasting(answer, clock.now());
	if (!(answer instanceof Problem)) {
		if (answer.task.state !== task.state) logState(run, task.taskId, answer.task.state);
		watched.task = answer.task;
		return { watched, outcome: { ...answer, order } };
	}
	if (!isLasting) return { watched, pauseMs: pauseAfterProblem(answer.retryAfterMs) };
	return { watched, outcome: answer.with({ ...orderDetails(order), state: task.state }) };
}

/** Watches tasks in the node; failed ones come back as problems. */
export async function pollToEnd(
	run: Run,
	outcomes: Array<Outcome<TaskRecord>>,
	timeoutMs: number,
): Promise<Array<Outcome<TaskRecord>>> {
	const stops = !run.context.continueOnFail();
	const endsAll = (outcome: Outcome<TaskRecord>) =>
		stops && (outcome instanceof Problem || outcome.task.state === 'failed');
	const watched = failuresAsProblems(
		await pollTasks(run, outcomes, timeoutMs, endsAll, clock.now()),
	);
	stopAtProblem(run, watched);
	return watched;
}
