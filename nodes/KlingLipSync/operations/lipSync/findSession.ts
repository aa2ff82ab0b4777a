import { queryTaskPatiently } from '../../api/tasks';
import { clock } from '../../clock';
import { textOf } from '../../run/parameters';
import type { Run } from '../../run/run';
import type { Outcome } from '../../task/problem';
import { attemptAsync, inputProblem, Problem } from '../../task/problem';
import type { Session } from '../../task/session';
import { sessionOfTask } from '../../task/session';

/** Finds the sessions that earlier nodes have opened; items of one video share a query. */
export class KnownSessions {
	private readonly byTask = new Map<string, Promise<Outcome<Session>>>();

	constructor(private readonly run: Run) {}

	/** @throws Problem when the session ID is missing */
	given(itemIndex: number): Session {
		const sessionId = textOf(this.run.context, 'sessionId', itemIndex);
		if (sessionId !== '') return { sessionId };
		throw inputProblem(
			'The session ID is missing',
			'Enter the sessionId that Identify Face returned.',
		);
	}

	/**
	 * The session of the item's identify task, with the video's length where the item tells it.
	 *
	 * @throws Problem when the task ID is missing
	 */
	async ofTask(itemIndex: number): Promise<Outcome<Session>> {
		const taskId = textOf(this.run.context, 'identifyTaskId', itemIndex);
		if (taskId === '') {
			throw inputProblem(
				'No identify task is given',
				"Enter the taskId that an Identify Face node returned; if it comes from an expression, check that the earlier node has that field. Or set 'Faces From' to 'New Video', and this node finds the faces itself.",
			);
		}
		const asked =
			this.byTask.get(taskId) ?? attemptAsync(async () => await askForSession(this.run, taskId));
		this.byTask.set(taskId, asked);
		const session = await asked;
		if (session instanceof Problem || session.videoMs !== undefined) return session;
		const { json } = this.run.context.getInputData()[itemIndex];
		const isOfTask = json.taskId === taskId && typeof json.videoDuration === 'number';
		return isOfTask ? { ...session, videoMs: (json.videoDuration as number) * 1000 } : session;
	}
}

async function askForSession(run: Run, taskId: string): Promise<Outcome<Session>> {
	const answer = await queryTaskPatiently(run.context, run.access, { taskId }, run.signal);
	return answer instanceof Problem ? answer : sessionOfTask(answer.task, clock.now());
}
