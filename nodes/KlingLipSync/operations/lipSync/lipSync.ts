import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { forEachItem, forEachValue, startRun, stopAtProblem } from '../../run/run';
import { planWait, usable } from '../../wait/waitPlan';
import { createAndWait } from '../createAndWait';
import { videoItem } from '../videoItem';
import { buildRequest } from './buildRequest';
import { openSessions } from './openSession';
import type { LipSyncInput } from './readInput';
import { readInput } from './readInput';

/** Drives the chosen faces of each item's session with their audio. */
export async function lipSync(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	const read = await forEachItem(run, async (index) => await readInput(run, index));
	const plan = await planWait(run, true);
	const inputs = read.map((input, index) => usable(input, plan.urls[index]));
	stopAtProblem(run, inputs);
	const sessions = await openSessions(run, inputs);
	stopAtProblem(run, sessions);
	const requests = await forEachValue(run, sessions, async (session, index) =>
		buildRequest(inputs[index] as LipSyncInput, session),
	);
	return await createAndWait(
		run,
		'lipSync',
		requests,
		plan,
		async (record, index) => await videoItem(run, record, index),
	);
}
