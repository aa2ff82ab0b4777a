/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import path from 'node:path';
import example from '../../examples/quick-start.json';
import { openStage } from './stage';
import type { Stage } from './stage';

const FILE = path.join(__dirname, '../../examples/quick-start.json');

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());

test('the quick start ends green with the video, from the import to the last click', async () => {
	const { editor, clip, credential } = stage;
	await editor.importWorkflow(FILE);
	await editor.shot('quick-start-imported');

	const input = await editor.openNode('Lip Sync');
	await input.chooseCredential(credential);
	await input.fill('videoUrl', clip.videoUrl);
	await input.fill('audioUrl', clip.audioUrl);
	await input.close();

	await editor.executeWorkflow();
	await editor.waitForToast('Workflow executed successfully');
	for (const { name, type } of example.nodes)
		if (!type.endsWith('.stickyNote')) await editor.waitForGreen(name);
	await editor.shot('quick-start-done');

	const panel = await editor.openNode('Lip Sync');
	await panel.showOutput('binary');
	await panel.output.getByText('video/mp4').waitFor();
	await editor.shot('quick-start-video');
	await panel.showOutput('json');
	await panel.output.getByText('completed').first().waitFor();
});
