import { nodeOutput } from '../server/client';
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
	await panel.root.getByText('In another workflow, paste the Production URL').waitFor();
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
	await panel.root.getByText('The workflow is published. The executions').waitFor();
	await editor.shot('trigger-panel-published');
});

test('before publishing, the node says what to do and spends nothing', async () => {
	const { api, editor } = stage;
	api.reset();
	await openWorkflow();
	await editor.executeFrom('Start');
	await editor.waitForToast('This workflow is not published');
	await editor.shot('trigger-not-published');
	expect(api.creates()).toEqual([]);
});

test('without a trigger in the workflow, the node says so and spends nothing', async () => {
	const { server, api, editor, clip, kling } = stage;
	api.reset();
	const id = await server.createWorkflow({
		name: 'Without a trigger',
		nodes: [manualStart, kling('Lip Sync', { ...clip, waitMode: 'trigger' })],
		connections: chain('Start', 'Lip Sync'),
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Lip Sync');
	await panel.executeStep();
	expect(await panel.error()).toMatch(
		/There is no Kling Lip Sync Trigger in this workflow[^]*Add one and publish the workflow/,
	);
	await editor.shot('trigger-none');
	expect(api.creates()).toEqual([]);
});

test('an order of one workflow arrives in another one, with the reference that it was given', async () => {
	const { server, api, editor, clip, kling, trigger } = stage;
	api.reset();
	const receiver = await server.createWorkflow({
		name: 'Receives',
		nodes: [trigger('Kling Trigger', {}, { webhookId: 'there' }), next('Publish it')],
		connections: chain('Kling Trigger', 'Publish it'),
	});
	const id = await server.createWorkflow({
		name: 'Orders',
		nodes: [manualStart, kling('Lip Sync', { ...clip, faceSource: 'video' })],
		connections: chain('Start', 'Lip Sync'),
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Lip Sync');
	await panel.choose('waitMode', 'Continue in a Trigger');
	await panel.fill('callbackUrl', `${server.url}/webhook/${receiver}/kling-lip-sync`);
	await panel.addOption('Reference');
	await panel.fill('reference', 'row 12');
	await panel.executeStep();
	expect(await panel.error()).toMatch(/No trigger receives results at the callback URL/);
	await editor.shot('trigger-elsewhere-not-published');
	expect(api.creates()).toEqual([]);

	await panel.fill('callbackUrl', `${server.url}/webhook-test/${receiver}/kling-lip-sync`);
	await panel.executeStep();
	expect(await panel.error()).toMatch(
		/the Test URL of a trigger that is not listening[^]*Paste the trigger's Production URL/,
	);
	await editor.shot('trigger-test-url');
	expect(api.creates()).toEqual([]);

	await panel.fill('callbackUrl', `${server.url}/webhook/${receiver}/kling-lip-sync`);
	await server.activate(receiver);
	await panel.executeStep();
	await panel.output.getByText('row 12').first().waitFor();
	const [execution] = await server.waitForExecutions({ workflowId: receiver, status: 'success' });
	const [item] = nodeOutput(await server.execution(execution.id), 'Kling Trigger');
	expect(item.json).toMatchObject({ state: 'completed', reference: 'row 12' });
	await editor.shot('trigger-elsewhere');
});

test('a download that the node can not make says which node makes it', async () => {
	const { server, editor, clip, kling } = stage;
	const id = await server.createWorkflow({
		name: 'Download',
		nodes: [manualStart, kling('Lip Sync', { ...clip })],
		connections: chain('Start', 'Lip Sync'),
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Lip Sync');
	await panel.addOption('Download Video');
	const notice = panel.parameters.getByText("Turn on 'Download Video'");
	for (const [mode, node] of [
		['Pause Execution', 'Get Task node after this one'],
		['Continue in a Trigger', 'Get Task node after the Kling Lip Sync Trigger'],
		['Do Not Wait', 'Get Task node that retrieves the result'],
	]) {
		await panel.choose('waitMode', mode);
		await notice.filter({ hasText: node }).waitFor();
		await editor.shot(`download-notice-${mode.replaceAll(' ', '-').toLowerCase()}`);
	}
	await panel.choose('waitMode', 'Wait in This Node');
	await notice.waitFor({ state: 'hidden' });
});
