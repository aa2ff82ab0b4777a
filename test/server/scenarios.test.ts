import { scenarios, tell } from '../scenarios/scenarios';
import { openServerStage } from '../scenarios/serverStage';
import { startServer } from './server';
import type { Server } from './server';

describe('a real n8n server', () => {
	let server: Server;

	beforeAll(async () => {
		// A busy machine would make n8n turn callbacks away on its own account.
		server = await startServer({ env: { DB_PING_TIMEOUT_MS: '60000' } });
	});

	afterAll(async () => await server?.stop());

	test.each(scenarios)('$name', async (scenario) => {
		const open = async (options: Parameters<typeof openServerStage>[1]) =>
			await openServerStage(server, options);
		expect(await tell(scenario, open)).toEqual(scenario.story);
	});
});
