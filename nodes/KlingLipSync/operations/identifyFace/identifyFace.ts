import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { referenceOf } from '../../run/reference';
import { forEachItem, startRun } from '../../run/run';
import { Problem } from '../../task/problem';
import { planWait } from '../../wait/waitPlan';
import { createAndWait } from '../createAndWait';
import { faceItems, needsNode } from '../faceItems';
import { InputMedia } from '../inputMedia';
import { identifyRequest } from './identifyRequest';

/** Finds the faces in each item's video and opens a session for Lip Sync. */
export async function identifyFace(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	const media = new InputMedia(run);
	// n8n pairs the items of a resumed execution one to one, and does not run the node again.
	const plan = await planWait(run, !needsNode(run));
	const requests = await forEachItem(run, async (index) => {
		const url = plan.urls[index];
		if (url instanceof Problem) return url;
		return identifyRequest(await media.video(index), referenceOf(context, index));
	});
	return await createAndWait(
		run,
		'identify',
		requests,
		plan,
		async (record, index) => await faceItems(run, record, index),
		{ keepsFiles: true },
	);
}
