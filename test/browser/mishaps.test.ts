import { chain, manualStart } from '../server/workflows';
import { MISHAPS, mishapNode } from './mishaps';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());

test.each(Object.values(MISHAPS))(
	'when $what, the panel says so and what to do, and nothing is paid for in vain',
	async (mishap) => {
		const { server, api, editor } = stage;
		api.reset();
		const id = await server.createWorkflow({
			name: 'Mishap',
			nodes: [manualStart, await mishapNode(stage, mishap)],
			connections: chain('Start', 'Lip Sync'),
		});
		await editor.openWorkflow(id);
		const panel = await editor.openNode('Lip Sync');
		await panel.executeStep();
		expect(await panel.error()).toMatch(mishap.message);
		expect(api.creates().filter(({ taskId }) => taskId)).toHaveLength(mishap.paid ?? 0);
	},
);
