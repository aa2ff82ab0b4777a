import type { IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { readAccess } from '../api/credential';
import { attempt, Problem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';

/**
 * Refuses to listen at a URL that the vendor could not reach.
 *
 * @throws NodeOperationError naming n8n's setting
 */
export async function requirePublicUrl(context: IHookFunctions): Promise<void> {
	const { baseUrl } = await readAccess(context);
	const url = context.getNodeWebhookUrl('default') ?? '';
	const problem = attempt(() => requireReachable(url, baseUrl, 'The URL of this trigger'));
	if (problem instanceof Problem) {
		throw new NodeOperationError(context.getNode(), problem.message, { description: problem.hint });
	}
}
