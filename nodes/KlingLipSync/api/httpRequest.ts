import type { IDataObject, IHttpRequestMethods, IHttpRequestOptions } from 'n8n-workflow';

import { REVISIONS } from '../task/modelsAndPaths';
import type { Access } from './credential';

/** Any n8n context that can send requests. */
export interface Sender {
	helpers: { httpRequest(options: IHttpRequestOptions): Promise<unknown> };
}

/** What n8n's helper gives back with `returnFullResponse`. */
export interface Response {
	statusCode: number;
	headers: IDataObject;
	body: unknown;
}

/**
 * Sends with the key to the base URL's host only: redirects are not followed. n8n's own
 * authenticated request would send everything that is answered 401 a second time, creates too.
 */
export async function send(
	sender: Sender,
	access: Access,
	method: IHttpRequestMethods,
	options: Partial<IHttpRequestOptions>,
): Promise<Response> {
	const response = (await sender.helpers.httpRequest({
		...options,
		method,
		url: `${access.baseUrl}${REVISIONS[access.revision].path}`,
		headers: { Authorization: `Bearer ${access.apiKey}`, Accept: 'application/json' },
		json: true,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
	})) as Response;
	const { statusCode, headers, body } = response;
	return { statusCode, ...withoutSecret({ headers: { ...headers }, body }, access.apiKey) };
}

/** Anything shorter may as well be a part of an ID. */
const SHORTEST_SECRET = 6;

/** A vendor that quotes the key in a message must not bring it into an item or a log. */
function withoutSecret<T>(value: T, secret: string): T {
	if (secret.length < SHORTEST_SECRET) return value;
	if (typeof value === 'string') return value.split(secret).join('***') as T;
	if (Array.isArray(value)) return value.map((entry) => withoutSecret(entry, secret)) as T;
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map((field) => withoutSecret(field, secret)),
	) as T;
}
