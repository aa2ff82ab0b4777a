import type { IDataObject } from 'n8n-workflow';

import { isTimeout } from './networkErrors';
import type { Response, Sender } from './httpRequest';
import { TIMEOUTS } from './timeouts';

/** What became of a request to this n8n to go on with an execution. */
export type SelfCallOutcome = 'goesOn' | 'wentOn' | 'tooOld' | 'later' | 'noAnswer' | 'outOfReach';

/** What the node that takes the request says when it lets the execution go on. */
export const RESUMED = 'The workflow goes on';
/** What it says when the request was made too long ago, by its clock. */
export const TOO_OLD = 'The call took too long';
const BAD_GATEWAYS = [502, 503, 504];

/**
 * Calls the resume URL of a paused execution, so that n8n reads the execution anew and asks the node
 * again.
 *
 * @param url on this n8n
 * @returns `goesOn`: it does; `wentOn`: it had gone on before; `tooOld`: the node takes the call for
 *   an old one; `later`: not at this moment; `noAnswer`: n8n gave none in time; `outOfReach`: n8n
 *   can't call itself there
 */
export async function postSelfCall(
	sender: Sender,
	url: string,
	body: IDataObject,
): Promise<SelfCallOutcome> {
	let response: Response;
	try {
		response = (await sender.helpers.httpRequest({
			url,
			method: 'POST',
			body,
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: TIMEOUTS.resume,
		})) as Response;
	} catch (error) {
		return isTimeout(error) ? 'noAnswer' : 'outOfReach';
	}
	const { statusCode } = response;
	const message = String((response.body as IDataObject | null | undefined)?.message ?? '');
	// A proxy that has lost n8n for a moment.
	if (message === '') return BAD_GATEWAYS.includes(statusCode) ? 'noAnswer' : 'outOfReach';
	if (statusCode === 200 && message === RESUMED) return 'goesOn';
	if (statusCode === 503 && message === TOO_OLD) return 'tooOld';
	// Running or finished; or waiting at a node that takes no such calls.
	if (statusCode === 409) return 'wentOn';
	if (statusCode === 404 && message.includes('waiting webhook')) return 'wentOn';
	// The node's own 503, or n8n's 500 when someone else was quicker.
	return statusCode >= 500 ? 'later' : 'outOfReach';
}
