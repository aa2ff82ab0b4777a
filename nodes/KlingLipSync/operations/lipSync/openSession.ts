import type { IExecuteFunctions } from 'n8n-workflow';

import { queryTaskPatiently } from '../../api/tasks';
import { clock } from '../../clock';
import { textOf } from '../../run/parameters';
import type { Run } from '../../run/run';
import { forEachValue } from '../../run/run';
import { submitAll } from '../../run/submit';
import type { Outcome } from '../../task/problem';
import { attempt, attemptAsync, inputProblem, Problem } from '../../task/problem';
import type { Session } from '../../task/session';
import { sessionOfTask } from '../../task/session';
import { pollToEnd } from '../../wait/poll';
import { timeoutOf } from '../../wait/waitMode';
import type { LipSyncInput } from './readInput';

/** The session of each item: of its identify task, of its video, which is identified first, or the one given. */
export async function openSessions(
	run: Run,
	inputs: Array<Outcome<LipSyncInput>>,
): Promise<Array<Outcome<Session>>> {
	const { context } = run;
	const tasks = new Map<string, Promise<Outcome<Session>>>();
	const identified = await identifyAll(run, inputs);
	return await forEachValue(run, inputs, async (_, index) => {
		const faceSource = context.getNodeParameter('faceSource', index) as string;
		if (faceSource === 'video') return identified[index];
		if (faceSource === 'session') {
			const sessionId = textOf(context, 'sessionId', index);
			if (sessionId !== '') return { sessionId };
			throw inputProblem(
				'The session ID is missing',
				'Enter the sessionId that Identify Face returned.',
			);
		}
		const taskId = identifyTaskIdOf(context, index);
		// Items of one video share its identify task.
		const session = tasks.get(taskId) ?? attemptAsync(async () => await askForSession(run, taskId));
		tasks.set(taskId, session);
		return await session;
	});
}

async function askForSession(run: Run, taskId: string): Promise<Outcome<Session>> {
	const answer = await queryTaskPatiently(run.context, run.access, { taskId }, run.signal);
	return answer instanceof Problem ? answer : sessionOfTask(answer.task, clock.now());
}

/** Identifies first where the input is a video. The id of that task goes with the item from then on. */
async function identifyAll(
	run: Run,
	inputs: Array<Outcome<LipSyncInput>>,
): Promise<Array<Outcome<Session>>> {
	const requests = inputs.map((input) =>
		input instanceof Problem
			? input
			: (input.identify ?? new Problem('input', 'Nothing to identify')),
	);
	if (!requests.some((request) => !(request instanceof Problem))) return requests as Problem[];
	const submitted = await submitAll(run, 'identify', requests);
	const watched = await pollToEnd(run, submitted, timeoutOf(run, 'poll'));
	return await forEachValue(run, watched, async (record) => {
		const { taskId, state } = record.task;
		if (record.timedOut) {
			return new Problem(
				'unavailable',
				`Task ${taskId}, which finds the faces, was not finished in time`,
				"Raise the option 'Timeout (Minutes)'. The task is paid for: to use it, set 'Faces From' to 'Previous Identify Face' and enter its ID.",
				{ taskId, identifyTaskId: taskId, state },
			);
		}
		const session = attempt(() => sessionOfTask(record.task, clock.now()));
		if (session instanceof Problem) return session.with({ identifyTaskId: taskId });
		return { ...session, identifyTaskId: taskId };
	});
}

function identifyTaskIdOf(context: IExecuteFunctions, index: number): string {
	const taskId = textOf(context, 'identifyTaskId', index);
	if (taskId !== '') return taskId;
	throw inputProblem(
		'The identify task ID is missing',
		'Enter the taskId that Identify Face returned. If it comes from an expression, check that the earlier node has that field.',
	);
}
