import { type Server, startServer } from '../server/server';
import { type Api, klingNodes, type KlingNodes, startApi } from '../server/workflows';

/**
 * Starts a server with the package and a task API for it, and stops both afterwards.
 *
 * @param env variables for n8n
 */
export async function withServer<T>(
	env: Record<string, string>,
	use: (server: Server, api: Api, kling: KlingNodes) => Promise<T>,
): Promise<T> {
	// A bench measures n8n and the nodes, not how long a stand-in takes to judge.
	const api = await startApi({ strict: false });
	try {
		const server = await startServer({ env });
		try {
			return await use(server, api, await klingNodes(server, api));
		} finally {
			await server.stop();
		}
	} finally {
		await api.close();
	}
}
