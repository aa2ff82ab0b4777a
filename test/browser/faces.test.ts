import type { INodeParameters, ResourceMapperValue } from 'n8n-workflow';
import type { Emulator } from '../emulator';
import type { Outcome } from '../emulator/tasks';
import { createTask, IDENTIFY, LIP_SYNC } from '../engine/helpers';
import type { TestWorkflow, WorkflowNode } from '../server/client';
import { chain, manualStart } from '../server/workflows';
import { eventually, loadedPictures } from './editor';
import type { Editor, Panel } from './editor';
import type { EmulatorSettings } from '../emulator/settings';
import { openStage } from './stage';
import type { Stage } from './stage';

const labelOf = (face: number) => `Face ${face} · 0–10 s · ID face_00${face}`;
const FACES = [1, 2, 3].map(labelOf);

let stage: Stage;
let api: Emulator;
let editor: Editor;

beforeAll(async () => {
	stage = await openStage();
	({ api, editor } = stage);
});
afterAll(async () => await stage?.close());
beforeEach(() => {
	api.reset();
	Object.assign(api.settings, { faces: 3, failWith: null });
});

const ofTask = (more?: INodeParameters) => ({ faceSource: 'identifyTask', ...more });
const map = (more?: INodeParameters) => ofTask({ faceSelection: 'map', ...more });

/** Files that are told apart by their addresses. */
const voice = (name: string) => `${stage.clip.audioUrl}?${name}`;

/** A clip, Identify Face and Lip Sync in a row. */
async function openChain(lipSync: INodeParameters, ...between: WorkflowNode[]) {
	const { server, clip, kling, set } = stage;
	const nodes = [
		manualStart,
		set('Clip', clip),
		kling('Identify Face', { operation: 'identifyFace', videoUrl: '={{ $json.videoUrl }}' }),
		...between,
		kling('Lip Sync', lipSync),
	];
	const connections = chain(...nodes.map(({ name }) => name));
	const id = await server.createWorkflow({ name: 'Faces', nodes, connections });
	await editor.openWorkflow(id);
	return id;
}

/** Lip Sync alone, with the id of a task. */
async function openAlone(identifyTaskId: string) {
	const { server, kling } = stage;
	const id = await server.createWorkflow({
		name: 'Lip Sync alone',
		nodes: [manualStart, kling('Lip Sync', map({ identifyTaskId }))],
		connections: chain('Start', 'Lip Sync'),
	});
	await editor.openWorkflow(id);
	return await editor.openNode('Lip Sync');
}

/** Identifies at the emulator, past n8n. */
async function identified(outcome?: Outcome) {
	const taskId = await createTask(api, { model: IDENTIFY, video_url: stage.clip.videoUrl });
	if (outcome) api.finish(taskId, outcome);
	return taskId;
}

const showsFields = async ({ mapper }: Panel, labels: string[]) =>
	await eventually(async () => expect(await mapper.labels()).toEqual(labels));

async function savedFaces(workflowId: string) {
	const { nodes } = await stage.server.rest<TestWorkflow>('GET', `/workflows/${workflowId}`);
	const lipSync = nodes.find(({ name }) => name === 'Lip Sync');
	return (lipSync?.parameters?.faces as ResourceMapperValue | undefined)?.value;
}

/** The faces of the last lip sync, without what holds for all of them. */
const sentFaces = () =>
	(api.creates(LIP_SYNC).at(-1)?.body?.face_choose ?? []).map(
		({ sound_start_time, sound_end_time, original_audio_volume, ...face }) => {
			expect(sound_start_time).toBe(0);
			expect(sound_end_time).toBeGreaterThan(2000);
			expect(original_audio_volume).toBe(0);
			return face;
		},
	);
const spoken = (face_id: string, name: string, more = {}) => ({
	face_id,
	sound_file: voice(name),
	sound_insert_time: 0,
	...more,
});

/** Finds the faces of another video with the Identify Face of the workflow. */
async function identifyAgain(faces: EmulatorSettings['faces']) {
	api.settings.faces = faces;
	const panel = await editor.openNode('Identify Face');
	await panel.executeStep();
	await panel.close();
}

test('the faces can be looked at in the list, and the one that is chosen speaks', async () => {
	await openChain(ofTask({ audioUrl: voice('one') }));
	const panel = await editor.openNode('Lip Sync');
	const before = await panel.list('faceId');
	expect(await before.allInnerTexts()).toEqual([
		expect.stringMatching(/^First Face Found\n.*execute the previous nodes.*Refresh List/),
		'Second Face Found',
		'Third Face Found',
		'Fourth Face Found',
	]);
	await editor.shot('list-before-identify');
	await editor.page.keyboard.press('Escape');

	await panel.executePreviousNodes();
	await panel.refreshList('faceId');
	const entries = await panel.list('faceId');
	const faces = entries.filter({ hasText: 'ID face_' });
	expect((await faces.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim())).toEqual(
		[1, 2, 3].map((face) => `Face ${face} · 0–10 s ID face_00${face}`),
	);
	for (const entry of await faces.all()) expect(await loadedPictures(entry)).toBe(1);
	await editor.shot('list');
	await faces.nth(1).click();
	await panel.executeStep();
	expect(sentFaces()).toEqual([spoken('face_002', 'one')]);
});

test('in dark mode the list still shows the faces, and the node has an icon of its own', async () => {
	await editor.page.emulateMedia({ colorScheme: 'dark' });
	await openChain(ofTask({ audioUrl: voice('one') }));
	const icon = editor.node('Lip Sync').locator('img');
	expect(await icon.getAttribute('src')).toContain('klingLipSync.dark.svg');
	await editor.shot('dark-canvas');
	const panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.refreshList('faceId');
	const faces = (await panel.list('faceId')).filter({ hasText: 'ID face_' });
	for (const face of await faces.all()) expect(await loadedPictures(face)).toBe(1);
	await editor.shot('dark-list');
	await editor.page.emulateMedia({ colorScheme: 'light' });
});

test('a face that the next video does not have is marked in the list, and named by the error', async () => {
	await openChain(ofTask({ audioUrl: voice('one'), faceId: 'face_003' }));
	const first = await editor.openNode('Lip Sync');
	await first.executePreviousNodes();
	await first.close();
	await identifyAgain(2);
	const panel = await editor.openNode('Lip Sync');
	await panel.parameters.getByTestId('parameter-issues').first().waitFor();
	await panel.executeStep();
	await editor.shot('list-face-gone');
	expect(await panel.error()).toMatch(/"face_003" is not in this video[^]*1 \("face_001"\)/);
	expect(api.creates(LIP_SYNC)).toEqual([]);
});

test('each face that was found is a field, timing is folded away, and what is filled in is sent', async () => {
	await openChain(ofTask());
	const panel = await editor.openNode('Lip Sync');
	await panel.choose('faceSelection', 'Different Audio per Face');
	await panel.mapper.notice.waitFor();
	expect(await panel.mapper.notice.innerText()).toContain("press 'Retry' above");
	await editor.shot('faces-before-identify');

	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await editor.shot('faces-found');

	const folded = await panel.mapper.openFolded();
	expect(await folded.allInnerTexts()).toEqual(
		[1, 2, 3].flatMap((face) => [
			`Face ${face} · Start Speaking At (ms)`,
			`Face ${face} · Trim Audio From (ms)`,
			`Face ${face} · Trim Audio To (ms)`,
			`Face ${face} · Voice Volume`,
			`Face ${face} · Original Audio Volume`,
		]),
	);
	await editor.shot('faces-folded');
	await folded.filter({ hasText: 'Face 1 · Start Speaking At (ms)' }).click();
	await showsFields(panel, [FACES[0], 'Face 1 · Start Speaking At (ms)', FACES[1], FACES[2]]);

	await panel.mapper.fill('face_001', voice('one'));
	await panel.mapper.fill('face_001:sound_insert_time', '2500');
	await panel.mapper.fillExpression('face_003', "{{ $('Clip').item.json.audioUrl }}?three");
	await panel.parameters.getByText(voice('three')).waitFor();
	await editor.shot('faces-filled');
	await panel.executeStep();
	await editor.shot('faces-synced');
	expect(sentFaces()).toEqual([
		spoken('face_001', 'one', { sound_insert_time: 2500 }),
		spoken('face_003', 'three'),
	]);
});

test('a voice whose expression comes to nothing is an error that names the face', async () => {
	await openChain(map());
	const panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await panel.mapper.fillExpression('face_002', '{{ $json.noSuchField }}');
	await panel.mapper.fill('face_001', voice('one'));
	await panel.executeStep();
	expect(await panel.error()).toMatch(/The expression for the audio of Face 2 .*returned nothing/);
	await editor.shot('faces-empty-expression');
	expect(api.creates(LIP_SYNC)).toEqual([]);
});

test('automatic mapping takes the fields of the input that have the names of faces', async () => {
	const values = {
		taskId: '={{ $json.taskId }}',
		face_002: voice('two'),
		'#3': voice('three'),
		'face_002:sound_volume': '1.5',
		note: 'nothing to do with faces',
	};
	await openChain(map(), stage.set('Voices', values));
	const panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.root.getByTestId('mapping-mode-select').locator('input').click();
	await editor.page.getByText('Map Automatically').click();
	await panel.parameters.getByText('named after its faces').waitFor();
	await editor.shot('faces-automatic');
	await panel.executeStep();
	expect(sentFaces()).toEqual([
		spoken('face_002', 'two', { sound_volume: 1.5 }),
		spoken('face_003', 'three'),
	]);
});

test('what is mapped for a face stays while another video does not have it', async () => {
	const id = await openChain(map());
	let panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await panel.mapper.fill('face_001', voice('one'));
	await panel.mapper.fill('face_003', voice('three'));
	await panel.mapper.add('Face 3 · Voice Volume');
	await panel.mapper.fill('face_003:sound_volume', '0.5');
	await panel.close();

	await identifyAgain(2);
	panel = await editor.openNode('Lip Sync');
	await showsFields(panel, [
		FACES[0],
		FACES[1],
		'Not in this video: ID face_003',
		'Not in this video: ID face_003 · Voice Volume',
	]);
	await editor.shot('faces-not-in-this-video');
	await panel.executeStep();
	expect(await panel.error()).toMatch(
		/"face_003" is not in this video[^]*set 'Match Faces By' to 'Position'/,
	);
	await editor.shot('faces-not-in-this-video-error');
	expect(api.creates(LIP_SYNC)).toEqual([]);
	await panel.close();

	await identifyAgain(5);
	panel = await editor.openNode('Lip Sync');
	// Nothing is unfolded but what the user has unfolded.
	const extra = [labelOf(4), labelOf(5)];
	await showsFields(panel, [...FACES, 'Face 3 · Voice Volume', ...extra]);
	expect(await panel.mapper.value('face_001')).toBe(voice('one'));
	expect(await panel.mapper.value('face_003')).toBe(voice('three'));
	expect(await panel.mapper.value('face_003:sound_volume')).toBe('0.5');
	await editor.shot('faces-more');
	await panel.executeStep();
	expect(sentFaces()).toEqual([
		spoken('face_001', 'one'),
		spoken('face_003', 'three', { sound_volume: 0.5 }),
	]);
	await eventually(async () =>
		expect(await savedFaces(id)).toMatchObject({ face_001: voice('one') }),
	);
});

test('a mapping by position serves videos whose faces have other ids', async () => {
	await openChain(map());
	let panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await panel.refreshList('matchFacesBy');
	const ways = await panel.list('matchFacesBy');
	for (const way of await ways.all()) expect(await loadedPictures(way)).toBe(3);
	expect(await ways.first().innerText()).toMatch(/face_001\s+face_002\s+face_003/);
	expect(await ways.last().innerText()).toMatch(/Face 1\s+Face 2\s+Face 3/);
	await editor.shot('faces-ways-to-match');
	await ways.last().click();
	await showsFields(
		panel,
		[1, 2, 3].map((face) => `Face ${face} · 0–10 s`),
	);
	await panel.mapper.fill('#1', voice('one'));
	await panel.mapper.fill('#2', voice('two'));
	await editor.shot('faces-by-position');
	await panel.close();

	await identifyAgain([{ face_id: '0' }, { face_id: '1' }]);
	panel = await editor.openNode('Lip Sync');
	await showsFields(
		panel,
		[1, 2].map((face) => `Face ${face} · 0–10 s`),
	);
	await panel.executeStep();
	expect(sentFaces()).toEqual([spoken('0', 'one'), spoken('1', 'two')]);
	await panel.close();

	await identifyAgain(1);
	panel = await editor.openNode('Lip Sync');
	await showsFields(panel, ['Face 1 · 0–10 s', 'Not in this video: Face 2']);
	await editor.shot('faces-by-position-not-in-this-video');
	await panel.executeStep();
	expect(await panel.error()).toMatch(/There is no Face 2 in this video/);
});

test('the mapping is still there when the workflow is opened another day, without any data', async () => {
	const id = await openChain(map());
	let panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await panel.mapper.fill('face_002', voice('two'));
	await panel.mapper.add('Face 2 · Start Speaking At (ms)');
	await panel.mapper.fill('face_002:sound_insert_time', '1000');
	await panel.close();
	const mapped = {
		face_002: voice('two'),
		'face_002:sound_insert_time': 1000,
	};
	await eventually(async () => expect(await savedFaces(id)).toMatchObject(mapped));

	await editor.openWorkflow(id);
	const asked = editor.page.waitForResponse((response) =>
		response.url().includes('resource-mapper-fields'),
	);
	panel = await editor.openNode('Lip Sync');
	await asked;
	await showsFields(panel, [FACES[0], FACES[1], 'Face 2 · Start Speaking At (ms)', FACES[2]]);
	expect(await panel.mapper.value('face_002')).toBe(voice('two'));
	expect(await panel.mapper.value('face_002:sound_insert_time')).toBe('1000');
	await editor.shot('faces-without-data');
	await panel.close();
	expect(await savedFaces(id)).toMatchObject(mapped);
});

test.each([
	[
		'a failed task',
		async () => await identified({ state: 'failed', failMsg: 'no faces found' }),
		'Identify Face failed: no faces found',
	],
	[
		'an unfinished task',
		async () => {
			api.settings.identifyMs = 3_600_000;
			const taskId = await identified();
			api.settings.identifyMs = 500;
			return taskId;
		},
		'Identify Face is not finished yet',
	],
	['a task that does not exist', async () => 'cl00000000', 'The API does not know task cl00000000'],
	['an ID that is not known yet', async () => '={{ $json.taskId }}', 'execute the previous nodes'],
])('of %s the panel says what is wrong and what to do', async (what, identify, text) => {
	const panel = await openAlone(await identify());
	await panel.mapper.notice.waitFor();
	expect(await panel.mapper.notice.innerText()).toContain(text);
	await editor.shot(`faces-of-${what.replaceAll(' ', '-')}`);
});
