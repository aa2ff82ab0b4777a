import type { Revision } from '../task/modelsAndPaths';
import { revisionOf } from '../task/modelsAndPaths';

/** The credential type of every node of this package. */
export const CREDENTIAL = 'klingLipSyncApi';

/** The key, and where it goes. */
export interface Access {
	apiKey: string;
	baseUrl: string;
	revision: Revision;
}

/** Any n8n context that can read the credential. */
interface CredentialReader {
	getCredentials<T extends object>(type: string): Promise<T>;
}

/** Reads the credential once; outside an execution every read costs n8n an expression engine. */
export async function readAccess(context: CredentialReader): Promise<Access> {
	const { apiKey, baseUrl, apiRevision } =
		await context.getCredentials<Record<string, unknown>>(CREDENTIAL);
	return {
		apiKey: String(apiKey)
			.trim()
			.replace(/^Bearer\s+/i, ''),
		baseUrl: String(baseUrl).trim().replace(/\/+$/, ''),
		revision: revisionOf(apiRevision),
	};
}
