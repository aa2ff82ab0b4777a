import type { IHttpRequestMethods } from 'n8n-workflow';

import { attemptAsync, Problem } from '../task/problem';
import type { Response, Sender } from './httpRequest';
import { TIMEOUTS } from './timeouts';

/**
 * Whether something of this n8n listens for POSTs at a URL. Asked as a browser would before it sends,
 * because that is answered without running anything and leaves nothing in n8n's log.
 *
 * @returns undefined when the answer says nothing about it, or none came
 */
export async function takesPosts(sender: Sender, url: string): Promise<boolean | undefined> {
	const response = await attemptAsync(
		async () =>
			(await sender.helpers.httpRequest({
				url,
				method: 'OPTIONS' as IHttpRequestMethods,
				headers: { Origin: new URL(url).origin },
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout: TIMEOUTS.probe,
			})) as Response,
	);
	if (response instanceof Problem) return undefined;
	if (isNotRegistered(response)) return false;
	const methods = response.headers['access-control-allow-methods'];
	return typeof methods === 'string' ? methods.toUpperCase().includes('POST') : undefined;
}

/** What n8n says of a Test URL at which nothing listens; a proxy's own 404 says nothing about it. */
function isNotRegistered({ statusCode, body }: Response): boolean {
	const { message } = (body ?? {}) as { message?: unknown };
	return statusCode === 404 && /is not registered/.test(String(message));
}
