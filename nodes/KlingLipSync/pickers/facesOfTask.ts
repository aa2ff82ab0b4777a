import type { ILoadOptionsFunctions } from 'n8n-workflow';

import { readAccess } from '../api/credential';
import { queryTask } from '../api/tasks';
import type { Outcome } from '../task/problem';
import { attemptAsync, inputProblem, Problem } from '../task/problem';
import { sessionOfTask } from '../task/session';
import type { Face } from '../task/task';

/** More would stall the editor; real videos have a handful. */
const MOST_FACES = 50;

/**
 * The faces of the identify task that is named in the open panel.
 *
 * @returns a Problem that says what to do, in every state in which there are none
 */
export async function panelFaces(context: ILoadOptionsFunctions): Promise<Outcome<Face[]>> {
	return await attemptAsync(async () => await askForFaces(context));
}

async function askForFaces(context: ILoadOptionsFunctions): Promise<Outcome<Face[]>> {
	const taskId = context.getCurrentNodeParameter('identifyTaskId');
	// An expression that can't be resolved yet arrives as null.
	if (typeof taskId !== 'string' || taskId.trim() === '' || taskId.startsWith('=')) {
		return inputProblem(
			'To see the faces of the video here, execute the previous nodes',
			"One of them must be an Identify Face node, whose taskId goes into 'Identify Task ID'.",
		);
	}
	const access = await attemptAsync(async () => await readAccess(context));
	if (access instanceof Problem) {
		return inputProblem(
			'Choose a credential to see the faces here',
			'They are retrieved with its API key.',
		);
	}
	const answer = await queryTask(context, access, { taskId: taskId.trim() });
	if (answer instanceof Problem) return answer;
	return (sessionOfTask(answer.task, Date.now()).faces ?? []).slice(0, MOST_FACES);
}
