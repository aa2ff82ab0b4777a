import type { IConnections } from 'n8n-workflow';
import { IDENTIFY, LIP_SYNC } from '../engine/helpers';
import type { WorkflowNode } from '../server/client';
import { chain, manualStart, NEVER_MS } from '../server/workflows';
import { openStage } from './stage';
import type { Stage } from './stage';

const NODE = 'Kling Lip Sync';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());
beforeEach(async () => {
	stage.api.reset();
	stage.api.settings.lipSyncMs = 500;
	await stage.editor.newWorkflow();
});

/** Files that are told apart by their addresses. */
const voice = (name: string) => `${stage.clip.audioUrl}?${name}`;

/** Adds an Identify Face and runs it, then a Lip Sync that takes its faces. */
async function addIdentifyAndLipSync(videoUrl: string, add: 'addNode' | 'addNext' = 'addNode') {
	const { editor, credential } = stage;
	const identify = await editor[add](NODE, 'Identify faces in a video');
	await identify.chooseCredential(credential);
	await identify.fill('videoUrl', videoUrl);
	await identify.executeStep();
	await identify.close();
	const lipSync = await editor.addNext(NODE, 'Lip sync a video');
	await lipSync.chooseCredential(credential);
	await lipSync.choose('faceSource', 'Previous Identify Face');
	return lipSync;
}

const sentFaces = () => stage.api.creates(LIP_SYNC)[0]?.body?.face_choose;

test('three people, two voices by link, the second one starting at 3 s', async () => {
	const { editor, clip } = stage;
	const panel = await addIdentifyAndLipSync(clip.videoUrl);
	await panel.choose('faceSelection', 'Different Audio per Face');
	await panel.mapper.fill('face_001', voice('one'));
	await panel.mapper.fill('face_003', voice('three'));
	await panel.mapper.add('Face 3 · Start Speaking At (ms)');
	await panel.mapper.fill('face_003:sound_insert_time', '3000');
	await panel.executeStep();
	await panel.output.getByText('1 completed').waitFor();
	await editor.shot('empty-canvas-two-voices');
	expect(sentFaces()).toMatchObject([
		{ face_id: 'face_001', sound_file: voice('one'), sound_insert_time: 0 },
		{ face_id: 'face_003', sound_file: voice('three'), sound_insert_time: 3000 },
	]);
});

test('the same with the voices in two files of earlier nodes', async () => {
	const { editor, clip } = stage;
	await editor.paste(...twoFiles());
	const panel = await addIdentifyAndLipSync(clip.videoUrl, 'addNext');
	await panel.choose('faceSelection', 'Different Audio per Face');
	await panel.choose('audioSource', 'Binary File');
	await panel.mapper.fill('face_001', 'first');
	await panel.mapper.fill('face_003', 'third');
	await panel.mapper.add('Face 3 · Start Speaking At (ms)');
	await panel.mapper.fill('face_003:sound_insert_time', '3000');
	await panel.executeStep();
	await panel.output.getByText('1 completed').waitFor();
	await editor.shot('empty-canvas-two-files');
	const [first, third] = sentFaces() ?? [];
	expect(first).toMatchObject({ face_id: 'face_001', sound_insert_time: 0 });
	expect(third).toMatchObject({ face_id: 'face_003', sound_insert_time: 3000 });
	expect(first?.sound_file).not.toBe(third?.sound_file);
});

test('the one person who is to speak is picked from the list by the picture', async () => {
	const { editor, clip } = stage;
	const panel = await addIdentifyAndLipSync(clip.videoUrl);
	await panel.fill('audioUrl', clip.audioUrl);
	await panel.choose('faceId', 'face_002');
	await panel.executeStep();
	await panel.output.getByText('1 completed').waitFor();
	await editor.shot('empty-canvas-one-of-three');
	expect(sentFaces()).toMatchObject([{ face_id: 'face_002' }]);
});

test('the execution pauses, and the next node downloads the video when it goes on', async () => {
	const { api, editor, clip, credential } = stage;
	api.settings.lipSyncMs = NEVER_MS;
	const lipSync = await editor.addNode(NODE, 'Lip sync a video');
	await lipSync.chooseCredential(credential);
	await lipSync.fill('videoUrl', clip.videoUrl);
	await lipSync.fill('audioUrl', clip.audioUrl);
	await lipSync.choose('waitMode', 'Pause Execution');
	await lipSync.close();
	const getTask = await editor.addNext(NODE, 'Get a task');
	await getTask.chooseCredential(credential);
	await getTask.addOption('Download Video');
	await getTask.close();
	await editor.executeWorkflow();
	await editor.waitForWaiting('Lip sync a video');
	const [task] = [...api.tasks.values()].filter(({ request }) => request.face_choose);
	api.finish(task.taskId);
	await editor.waitForGreen('Get a task');
	const panel = await editor.openNode('Get a task');
	await panel.showOutput('binary');
	await panel.output.getByText('video/mp4').waitFor();
	await panel.output.getByText(`${task.taskId}.mp4`).waitFor();
	await editor.shot('empty-canvas-paused-then-downloaded');
	expect(api.creates().map(({ body }) => body?.model)).toEqual([IDENTIFY, LIP_SYNC]);
});

test('a voice that is longer than the video is told to be cut, over a sound that is kept', async () => {
	const { editor, clip, credential } = stage;
	const panel = await editor.addNode(NODE, 'Lip sync a video');
	await panel.chooseCredential(credential);
	await panel.fill('videoUrl', clip.videoUrl);
	await panel.fill('audioUrl', clip.audioUrl);
	await panel.choose('originalSound', 'Keep Underneath');
	await panel.addOption('Start Speaking At (Milliseconds)');
	await panel.fill('soundInsertTime', '7000');
	await panel.executeStep();
	await panel.output.getByText('did not fit and was cut').waitFor();
	await editor.shot('empty-canvas-cut');
	const [{ sound_end_time: end }] = sentFaces() as unknown as Array<{ sound_end_time: number }>;
	expect(end).toBeLessThanOrEqual(3000);
	expect(sentFaces()).toMatchObject([{ sound_insert_time: 7000, original_audio_volume: 1 }]);
});

/** What someone has who gets two files from elsewhere: one item with both. */
function twoFiles(): [WorkflowNode[], IConnections] {
	const download = (name: string, field: string): WorkflowNode => ({
		name,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			url: voice(field),
			options: { response: { response: { responseFormat: 'file', outputPropertyName: field } } },
		},
	});
	const nodes: WorkflowNode[] = [
		manualStart,
		download('First Voice', 'first'),
		{ ...download('Third Voice', 'third'), position: [200, 200] },
		{
			name: 'Both Voices',
			type: 'n8n-nodes-base.merge',
			typeVersion: 3.2,
			parameters: { mode: 'combine', combineBy: 'combineByPosition' },
		},
	];
	const to = (node: string, index = 0) => ({ node, type: 'main' as const, index });
	return [
		nodes,
		{
			...chain('Start', 'First Voice', 'Both Voices'),
			Start: { main: [[to('First Voice'), to('Third Voice')]] },
			'Third Voice': { main: [[to('Both Voices', 1)]] },
		},
	];
}
