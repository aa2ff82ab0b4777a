import { nodeOutput } from './client';
import type { WorkflowNode } from './client';
import { startServer } from './server';
import type { Server } from './server';
import { chain, manualStart } from './workflows';

const set = (expression: string): WorkflowNode => ({
	name: 'Set',
	type: 'n8n-nodes-base.set',
	typeVersion: 3.4,
	parameters: { mode: 'raw', jsonOutput: `={{ ${expression} }}` },
});

describe.each(['regular', 'queue'] as const)('an n8n server in %s mode', (mode) => {
	let server: Server;

	beforeAll(async () => {
		server = await startServer({ mode });
	});

	afterAll(async () => await server.stop());

	test('has the package loaded', async () => {
		for (const name of ['klingLipSync', 'klingLipSyncTrigger']) {
			const description = await server.nodeType(`n8n-nodes-kling-lip-sync.${name}`);
			expect(description).toMatchObject({ name });
		}
	});

	test('runs a workflow by hand', async () => {
		const id = await server.createWorkflow({
			nodes: [manualStart, set('{ sum: 1 + 2 }')],
			connections: chain('Start', 'Set'),
		});
		const execution = await server.waitFor(
			await server.run(id, { triggerName: 'Start' }),
			'success',
		);
		expect(nodeOutput(execution, 'Set')).toMatchObject([{ json: { sum: 3 } }]);
	});

	test('serves the webhook of an active workflow, also after a crash', async () => {
		const id = await server.createWorkflow({
			nodes: [
				{
					name: 'Hook',
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2,
					webhookId: 'e5b1b1f0-0000-4000-8000-000000000001',
					parameters: { path: 'hello', httpMethod: 'POST', responseMode: 'lastNode' },
				},
				set('{ got: $json.body.value }'),
			],
			connections: chain('Hook', 'Set'),
		});
		await server.activate(id);
		expect(await server.triggerWebhook('hello', { value: 5 })).toMatchObject({
			status: 200,
			body: { got: 5 },
		});

		await server.kill();
		await server.restart();
		expect(await server.triggerWebhook('hello', { value: 6 })).toMatchObject({
			status: 200,
			body: { got: 6 },
		});
		const [newest] = await server.waitForExecutions({ workflowId: id, status: 'success' }, 2);
		expect(nodeOutput(await server.execution(newest.id), 'Set')).toMatchObject([
			{ json: { got: 6 } },
		]);

		await server.deactivate(id);
		expect(await server.triggerWebhook('hello', { value: 7 })).toMatchObject({ status: 404 });
	});
});
