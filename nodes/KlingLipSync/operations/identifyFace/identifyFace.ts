import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { optionsOf } from '../../run/parameters';
import { forEachItem, startRun } from '../../run/run';
import { planWait } from '../../wait/waitPlan';
import { createAndWait } from '../createAndWait';
import { faceItems } from '../faceItems';
import { identifyRequest } from './identifyRequest';

/** Finds the faces in each item's video and opens a session for Lip Sync. */
export async function identifyFace(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	// n8n pairs the items of a resumed execution one to one, and does not run the node again.
	let needsNode = false;
	const requests = await forEachItem(run, async (index) => {
		const { splitFaces, downloadFaceImages } = optionsOf(context, index);
		needsNode ||= splitFaces === true || downloadFaceImages === true;
		return await identifyRequest(run, index);
	});
	return await createAndWait(
		run,
		'identify',
		requests,
		await planWait(run, !needsNode),
		async (record, index) => await faceItems(run, record, index),
	);
}
