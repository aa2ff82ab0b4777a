import { manualStart } from '../server/workflows';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());

test('as a tool of an agent the node offers no way to wait: it waits itself', async () => {
	const { server, editor, kling } = stage;
	const tool = kling('Lip Sync', { operation: 'lipSync' });
	const main = [[{ node: 'Agent', type: 'main' as const, index: 0 }]];
	const id = await server.createWorkflow({
		name: 'Agent',
		nodes: [
			manualStart,
			{ name: 'Agent', type: '@n8n/n8n-nodes-langchain.agent', typeVersion: 2, parameters: {} },
			{ ...tool, type: `${tool.type}Tool`, position: [300, 250] },
		],
		connections: {
			Start: { main },
			'Lip Sync': { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Lip Sync');
	await panel.field('videoUrl').waitFor();
	expect(await panel.parameters.getByText('Wait for Result').count()).toBe(0);
	await editor.shot('agent-tool');
	await panel.addOption('Timeout (Minutes)');
	expect(await panel.field('timeoutMinutes').locator('input').inputValue()).toBe('30');
});
