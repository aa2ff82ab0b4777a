import type { IDataObject } from 'n8n-workflow';

import { attemptAsync, Problem } from '../task/problem';
import type { Response, Sender } from './send';
import { TIMEOUTS } from './timeouts';

/** What became of a request to this n8n to go on with an execution. */
export type GoingOn = 'goesOn' | 'wentOn' | 'later' | 'outOfReach';

/** What the node that takes the request says when it lets the execution go on. */
export const GOES_ON = 'The workflow goes on';

/**
 * Calls the resume URL of a paused execution, so that n8n reads the execution anew and asks the node
 * again.
 *
 * @param url on this n8n
 * @returns `goesOn`: it does; `wentOn`: it had gone on before; `later`: not at this moment;
 *   `outOfReach`: the answer is none of this n8n's, or none came
 */
export async function askToGoOn(sender: Sender, url: string, body: IDataObject): Promise<GoingOn> {
	const response = await attemptAsync(
		async () =>
			(await sender.helpers.httpRequest({
				url,
				method: 'POST',
				body,
				json: true,
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout: TIMEOUTS.goOn,
			})) as Response,
	);
	if (response instanceof Problem) return 'outOfReach';
	const { statusCode } = response;
	const message = String((response.body as IDataObject | null | undefined)?.message ?? '');
	if (statusCode === 200 && message === GOES_ON) return 'goesOn';
	// Running or finished; or waiting at a node that takes no such calls.
	if (statusCode === 409 && message !== '') return 'wentOn';
	if (statusCode === 404 && message.includes('waiting webhook')) return 'wentOn';
	// The node's own 503, or n8n's 500 when someone else was quicker.
	return statusCode >= 500 && message !== '' ? 'later' : 'outOfReach';
}
