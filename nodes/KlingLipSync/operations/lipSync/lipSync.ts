import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { stopAtProblem } from '../../run/nodeErrors';
import { forEachItem, forEachValue, startRun } from '../../run/run';
import { attemptAsync, Problem } from '../../task/problem';
import { orderDetails } from '../../task/itemJson';
import { planWait } from '../../wait/waitPlan';
import { createAndWait } from '../createAndWait';
import { InputMedia } from '../inputMedia';
import { videoItem } from '../videoItem';
import { buildRequest } from './buildRequest';
import { KnownSessions } from './findSession';
import { identifyVideos } from './identifyVideos';
import type { PreparedItem } from './prepareItem';
import { prepareItem } from './prepareItem';

/** Drives the chosen faces of each item's video with their audio. */
export async function lipSync(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	const plan = await planWait(run, true);
	const media = new InputMedia(run);
	const known = new KnownSessions(run);
	const prepared = await forEachItem(run, async (index) =>
		plan.urls[index] instanceof Problem
			? (plan.urls[index] as Problem)
			: await prepareItem(run, index, media, known),
	);
	stopAtProblem(run, prepared);
	const sessions = await identifyVideos(run, prepared);
	stopAtProblem(run, sessions);
	const requests = await forEachValue(run, sessions, async (session, index) => {
		const { input } = prepared[index] as PreparedItem;
		const request = await attemptAsync(
			async () => await buildRequest(run, index, input, session, media),
		);
		const { identifyTaskId } = session;
		return request instanceof Problem ? request.with(orderDetails({ identifyTaskId })) : request;
	});
	return await createAndWait(
		run,
		'lipSync',
		requests,
		plan,
		async (record, index) => await videoItem(run, record, index),
	);
}
