import { isPassing, queryTask, TIMEOUTS } from '../api';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import { isTerminal } from '../task/task';
import { mapLimited, nextPause } from '../task/wait';
import { clock } from './clock';
import type { Followed } from './items';
import type { Run } from './run';
import { noteState, stopIfCancelled } from './run';

/** After so many unreadable answers in a row, waiting on would only hide that something is wrong. */
const MOST_UNREADABLE = 5;
/** The longest that a busy API may hold up the next look at all tasks, in ms. */
const LONGEST_RETRY_AFTER = 60_000;

interface Watched extends Followed {
	index: number;
	unreadable: number;
}

/**
 * Watches all tasks together until each is finished or the time is up. What passes (429, 5xx, network)
 * is waited out; a task that is still unfinished at the end goes on with `timedOut`.
 *
 * @param timeoutMs how long to wait
 * @param endsAll whether what has become of one task ends the waiting for all
 */
export async function watchAll(
	run: Run,
	outcomes: Array<Outcome<Followed>>,
	timeoutMs: number,
	endsAll: (outcome: Outcome<Followed>) => boolean,
): Promise<Array<Outcome<Followed>>> {
	const results = [...outcomes];
	const deadline = clock.now() + timeoutMs;
	let waiting = outcomes.flatMap((outcome, index): Watched[] =>
		outcome instanceof Problem || isTerminal(outcome.task)
			? []
			: [{ ...outcome, index, unreadable: 0 }],
	);
	let pause = 0;
	let askedFor = 0;
	while (waiting.length > 0) {
		pause = nextPause(pause);
		const left = deadline - clock.now();
		if (left <= 0) {
			for (const { index } of waiting)
				results[index] = { ...(results[index] as Followed), timedOut: true };
			break;
		}
		await clock.sleep(Math.min(Math.max(pause, askedFor), left), run.signal);
		stopIfCancelled(run);

		askedFor = 0;
		const looks: Look[] = await mapLimited(waiting, run.concurrency, async (watched) =>
			clock.now() > deadline + TIMEOUTS.query ? { watched } : await look(run, watched),
		);
		stopIfCancelled(run);
		waiting = looks.flatMap(({ watched, outcome, retryAfterMs = 0 }) => {
			askedFor = Math.max(askedFor, Math.min(retryAfterMs, LONGEST_RETRY_AFTER));
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
	outcome?: Outcome<Followed>;
	retryAfterMs?: number;
}

async function look(run: Run, watched: Watched): Promise<Look> {
	const { task, identifyTaskId } = watched;
	const answer = await queryTask(run.context, run.access, task, run.signal);
	const facts = identifyTaskId ? { identifyTaskId } : {};
	if (!(answer instanceof Problem)) {
		watched.unreadable = 0;
		if (answer.task.state !== task.state) noteState(run, task.taskId, answer.task.state);
		watched.task = answer.task;
		return { watched, outcome: { ...answer, ...facts } };
	}
	watched.unreadable = answer.kind === 'malformed' ? watched.unreadable + 1 : 0;
	if (isPassing(answer) && watched.unreadable < MOST_UNREADABLE) {
		return { watched, retryAfterMs: answer.retryAfterMs };
	}
	return { watched, outcome: answer.with({ ...facts, state: task.state }) };
}

/** A failed task as the problem that it is for the item. */
export function failureOf({ task, identifyTaskId }: Followed): Problem {
	const { taskId, state, model, failCode, failMsg } = task;
	return new Problem(
		'taskFailed',
		`Task ${taskId} failed: ${failMsg ?? 'the API gives no reason'}`,
		adviceFor(failMsg ?? ''),
		{
			taskId,
			state,
			model,
			...(failCode && { failCode }),
			...(failMsg && { failMsg }),
			...(identifyTaskId && { identifyTaskId }),
		},
	);
}

function adviceFor(reason: string): string {
	if (/face/i.test(reason)) {
		return 'Use a video in which the face is large, well lit and seen from the front, then run this item again.';
	}
	if (/audio|sound/i.test(reason)) {
		return 'Check the audio: mp3, wav, m4a or aac, 2–60 s and at most 5 MB, and at least 2 s of it while the face is on screen.';
	}
	if (/video|download|url|fetch/i.test(reason)) {
		return 'Check the video: mp4 or mov, 2–60 s, 720p or 1080p and at most 100 MB, at an address that anyone can open.';
	}
	return 'Check the video and the audio of this item, then run it again.';
}

/** Failed tasks turned into problems; everything else as it is. */
export function failuresAsProblems(outcomes: Array<Outcome<Followed>>): Array<Outcome<Followed>> {
	return outcomes.map((outcome) =>
		!(outcome instanceof Problem) && outcome.task.state === 'failed' ? failureOf(outcome) : outcome,
	);
}
