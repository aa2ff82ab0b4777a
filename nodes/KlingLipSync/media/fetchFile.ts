import type { IDataObject } from 'n8n-workflow';

import { networkReason } from '../api/networkErrors';
import type { Response, Sender } from '../api/httpRequest';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';

/**
 * Asks for a file, whose body comes as a stream. The key is not sent: files may lie on any host.
 *
 * @param timeout in ms
 * @returns whatever is answered, also an error; a Problem of kind `unavailable` where nothing is
 */
export async function fetchFile(
	sender: Sender,
	url: string,
	timeout: number,
	signal?: AbortSignal,
	headers: IDataObject = {},
): Promise<Outcome<Response>> {
	try {
		return (await sender.helpers.httpRequest({
			url,
			method: 'GET',
			headers,
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout,
			abortSignal: signal,
		})) as Response;
	} catch (error) {
		return new Problem('unavailable', networkReason(error));
	}
}
