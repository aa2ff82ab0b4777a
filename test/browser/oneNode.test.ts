import { IDENTIFY, LIP_SYNC } from '../engine/helpers';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());
beforeEach(() => stage.api.reset());

test('one node makes a video speak, from an empty canvas to the finished video', async () => {
	const { api, editor, clip, credential } = stage;
	await editor.newWorkflow();
	const panel = await editor.addNode('Kling Lip Sync', 'Lip sync a video');
	await editor.shot('one-node-first-screen');
	const labels = await panel.parameters.getByTestId('input-label').allInnerTexts();
	expect(labels.slice(0, 6).map((label) => label.split('\n')[0])).toEqual([
		'Operation',
		'Faces From',
		'Video Source',
		'Video URL',
		'Who Speaks',
		'Face Name or ID',
	]);
	await panel.chooseCredential(credential);
	await panel.fill('videoUrl', clip.videoUrl);
	await panel.fill('audioUrl', clip.audioUrl);
	await panel.executeStep();
	await panel.output.getByText('completed').first().waitFor();
	await editor.shot('one-node-done');
	expect(api.creates().map(({ body }) => body?.model)).toEqual([IDENTIFY, LIP_SYNC]);
	await panel.close();
	await editor.node('Lip sync a video').waitFor();
	await editor.shot('one-node-canvas');
});

test.each([
	['Identify faces in a video', 'Identify Face'],
	['Get a task', 'Get Task'],
])('a node that is added for "%s" is named so, with its operation below', async (action, name) => {
	const { editor } = stage;
	await editor.newWorkflow();
	const panel = await editor.addNode('Kling Lip Sync', action);
	await editor.shot(`first-screen-${name.replaceAll(' ', '-').toLowerCase()}`);
	await panel.close();
	expect(await editor.node(action).innerText()).toContain(name);
});

test('a missing identify task leads to both ways out', async () => {
	const { api, editor, clip, credential } = stage;
	await editor.newWorkflow();
	const panel = await editor.addNode('Kling Lip Sync', 'Lip sync a video');
	await panel.chooseCredential(credential);
	await panel.choose('faceSource', 'Previous Identify Face');
	await panel.fill('audioUrl', clip.audioUrl);
	await panel.executeStep();
	expect(await panel.error()).toMatch(
		/No identify task is given[^]*Identify Face node returned[^]*'Faces From' to 'New Video'/,
	);
	await editor.shot('no-identify-task');
	expect(api.log).toEqual([]);
});
