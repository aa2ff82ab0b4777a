import { chain, manualStart, next, NEVER_MS } from '../server/workflows';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage({ api: { lipSyncMs: NEVER_MS } });
});
afterAll(async () => await stage?.close());

test('a paused run is shown as waiting and goes on before the eyes of its user', async () => {
	const { server, api, editor, clip, kling } = stage;
	const id = await server.createWorkflow({
		name: 'Paused',
		nodes: [
			manualStart,
			kling('Lip Sync', { ...clip, faceSource: 'video', waitMode: 'callback' }),
			next('Publish it'),
		],
		connections: chain('Start', 'Lip Sync', 'Publish it'),
	});
	await editor.openWorkflow(id);
	await editor.executeWorkflow();
	await server.waitForExecutions({ workflowId: id, status: 'waiting' });
	await editor.waitForWaiting('Lip Sync');
	await editor.shot('pause-canvas');
	const panel = await editor.openNode('Lip Sync');
	await panel.output.getByText('Paused until Kling has finished all tasks').waitFor();
	await editor.shot('pause-panel');
	await panel.close();

	const [task] = [...api.tasks.values()].filter(({ request }) => request.face_choose);
	api.finish(task.taskId);
	await editor.waitForToast('Workflow executed successfully');
	await editor.waitForGreen('Publish it');
	await editor.shot('pause-done');
	const done = await editor.openNode('Lip Sync');
	await done.showOutput('json');
	await done.output.getByText('completed').first().waitFor();
});
