import type { IExecuteFunctions, INode } from 'n8n-workflow';

import { takesPosts } from '../api/probeListener';
import type { Run } from '../run/run';
import { TRIGGER_PATH } from '../task/signedCallbackUrl';
import { inputProblem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';
import { resumeUrlOf } from './resumeUrl';

const TRIGGER_TYPE = /\.klingLipSyncTrigger$/;
/** The end of a message about a wait that was refused beforehand. */
export const NOTHING_SPENT = 'Nothing was sent or charged.';

/**
 * The URL of the trigger of this workflow, which gets the results of the run.
 *
 * @throws Problem that tells apart why nothing would arrive
 */
export async function ownListeningUrl({ context, access }: Run): Promise<string> {
	const triggers = nodesOf(context)?.filter(({ type }) => TRIGGER_TYPE.test(type));
	if (triggers?.length === 0) {
		throw inputProblem(
			'There is no Kling Lip Sync Trigger in this workflow',
			`Add one and publish the workflow, or paste the Production URL of a trigger in another workflow into 'Callback URL'. ${NOTHING_SPENT}`,
		);
	}
	if (triggers?.every(({ disabled }) => disabled)) {
		throw inputProblem(
			'The Kling Lip Sync Trigger of this workflow is deactivated',
			`Activate the node and publish the workflow. ${NOTHING_SPENT}`,
		);
	}
	const url = ownTriggerUrl(resumeUrlOf(context), context.getWorkflow().id);
	requireReachable(url, access.baseUrl, 'The URL of the Kling Lip Sync Trigger');
	if (await mayListen(context, url)) return url;
	throw inputProblem(
		'This workflow is not published, so its Kling Lip Sync Trigger receives no results',
		`Publish the workflow with the trigger, or choose another way to wait. ${NOTHING_SPENT}`,
	);
}

/**
 * The URL of the trigger of the same workflow. An action node is told neither the trigger's URL nor
 * n8n's settings, so it is derived from the one URL of this n8n that it is told.
 *
 * @param resumeUrl `$execution.resumeUrl`
 * @throws Problem when n8n's endpoints are renamed, or the workflow is not saved
 */
export function ownTriggerUrl(resumeUrl: string, workflowId: string | undefined): string {
	if (!workflowId || workflowId.startsWith('__')) {
		throw inputProblem(
			'The workflow is not saved yet',
			'Save and publish it: the trigger listens only then.',
		);
	}
	const base = /^(https?:\/\/.+)\/webhook-waiting\//.exec(resumeUrl)?.[1];
	if (!base) {
		throw inputProblem(
			"The URL of this workflow's Kling Lip Sync Trigger can't be derived, because n8n's webhook endpoints are renamed here",
			"Open the trigger, copy its Production URL and paste it into 'Callback URL'.",
		);
	}
	return `${base}/webhook/${encodeURIComponent(workflowId)}/${TRIGGER_PATH}`;
}

/**
 * The nodes of the workflow. n8n lists only a node's neighbours, but has them all at hand.
 *
 * @returns undefined where it has not
 */
function nodesOf(context: IExecuteFunctions): INode[] | undefined {
	const { workflow } = context as unknown as { workflow?: { nodes?: Record<string, INode> } };
	return workflow?.nodes && Object.values(workflow.nodes);
}

/**
 * n8n calls a workflow inactive whenever a person runs it by hand or a worker runs it, so then it is
 * asked itself. Where it can't call itself, the user is believed.
 */
async function mayListen(context: IExecuteFunctions, url: string): Promise<boolean> {
	return context.getWorkflow().active || ((await takesPosts(context, url)) ?? true);
}
