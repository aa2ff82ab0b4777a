import { chain, manualStart, next } from '../server/workflows';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());

async function openWorkflow() {
	const { server, editor, clip, kling, trigger } = stage;
	const id = await server.createWorkflow({
		name: 'With a trigger',
		nodes: [
			manualStart,
			kling('Lip Sync', { ...clip, faceSource: 'video', waitMode: 'trigger' }),
			trigger('Kling Trigger', {}, { position: [0, 200], webhookId: 'kling' }),
			{ ...next('Publish it'), position: [200, 200] },
		],
		connections: { ...chain('Start', 'Lip Sync'), ...chain('Kling Trigger', 'Publish it') },
	});
	await editor.openWorkflow(id);
	return id;
}

test('the panel of the trigger says how to use it and shows its Production URL', async () => {
	const { server, editor } = stage;
	const id = await openWorkflow();
	const panel = await editor.openNode('Kling Trigger');
	for (const text of [
		'Start with each finished task',
		'To try it, publish the workflow',
		'they know this trigger',
	])
		await panel.root.getByText(text).waitFor();
	await panel.root.getByText('When will this node trigger my flow?').click();
	await panel.root.getByText('In another workflow paste the Production URL').waitFor();
	await panel.parameters.getByText('Webhook URLs', { exact: true }).first().click();
	await panel.parameters.getByTestId('radio-button-production').click();
	await panel.parameters.getByText(`${server.url}/webhook/${id}/kling-lip-sync`).waitFor();
	await editor.shot('trigger-panel');
});

test('after publishing, a Lip Sync that was started by hand goes on in the trigger', async () => {
	const { server, editor } = stage;
	const id = await openWorkflow();
	expect(await editor.publish()).toContain("set to 'Continue in a Trigger' now start it");
	await editor.executeFrom('Start');
	await editor.waitForToast('Workflow executed successfully');
	await editor.shot('trigger-published');
	const [execution] = await server.waitForExecutions({ workflowId: id, status: 'success' }, 2);
	expect(execution.mode).toBe('webhook');

	const panel = await editor.openNode('Kling Trigger');
	await panel.root.getByText('The workflow is published and listens').waitFor();
	await editor.shot('trigger-panel-published');
});

test('before publishing, the node says what to do and spends nothing', async () => {
	const { api, editor } = stage;
	api.reset();
	await openWorkflow();
	await editor.executeFrom('Start');
	await editor.waitForToast('is not published');
	await editor.shot('trigger-not-published');
	expect(api.creates()).toEqual([]);
});
