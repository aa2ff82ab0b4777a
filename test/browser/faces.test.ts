import type { INodeParameters, ResourceMapperValue } from 'n8n-workflow';
import type { Emulator } from '../emulator';
import type { Outcome } from '../emulator/tasks';
import { createTask, IDENTIFY, LIP_SYNC } from '../engine/helpers';
import type { TestWorkflow, WorkflowNode } from '../server/client';
import { chain, manualStart } from '../server/workflows';
import { eventually } from './editor';
import type { Editor, Panel } from './editor';
import { openStage } from './stage';
import type { Stage } from './stage';

const FACES = [
	'Face 1 · 0–8 s · face_001',
	'Face 2 · 0–8 s · face_002',
	'Face 3 · 0–8 s · face_003',
];

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

const map = (more?: INodeParameters) => ({ faceSelection: 'map', ...more });

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

const sentFaces = () => api.creates(LIP_SYNC).map(({ body }) => body?.face_choose);

test('each face that was found is a field, timing is folded away, and what is filled in is sent', async () => {
	await openChain({});
	const panel = await editor.openNode('Lip Sync');
	await panel.choose('faceSelection', 'Map Faces');
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
			`Face ${face} speaks from (ms)`,
			`Face ${face} audio used from (ms)`,
			`Face ${face} audio used until (ms)`,
			`Face ${face} audio volume (0–2)`,
			`Face ${face} original volume (0–2)`,
		]),
	);
	await editor.shot('faces-folded');
	await folded.filter({ hasText: 'Face 1 speaks from (ms)' }).click();
	await showsFields(panel, [FACES[0], 'Face 1 speaks from (ms)', FACES[1], FACES[2]]);

	await panel.mapper.fill('face_001', 'https://example.com/one.mp3');
	await panel.mapper.fill('face_001:sound_insert_time', '2500');
	await panel.mapper.fillExpression('face_003', "{{ $('Clip').item.json.audioUrl }}");
	await panel.parameters.getByText(stage.clip.audioUrl).waitFor();
	await editor.shot('faces-filled');
	await panel.executeStep();
	await editor.shot('faces-synced');
	expect(sentFaces()).toEqual([
		[
			{
				face_id: 'face_001',
				sound_file: 'https://example.com/one.mp3',
				sound_insert_time: 2500,
			},
			{ face_id: 'face_003', sound_file: stage.clip.audioUrl },
		],
	]);
});

test('automatic mapping takes the fields of the input that have the names of faces', async () => {
	const values = {
		taskId: '={{ $json.taskId }}',
		face_002: 'https://example.com/two.mp3',
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
		[{ face_id: 'face_002', sound_file: 'https://example.com/two.mp3', sound_volume: 1.5 }],
	]);
});

test('a video that is identified again keeps what is mapped for the faces it still has', async () => {
	const id = await openChain(map());
	let panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await panel.mapper.fill('face_001', 'https://example.com/one.mp3');
	await panel.mapper.add('Face 2 audio volume (0–2)');
	await panel.mapper.fill('face_002', 'https://example.com/two.mp3');
	await panel.mapper.fill('face_002:sound_volume', '0.5');
	await panel.mapper.fill('face_003', 'https://example.com/three.mp3');
	await panel.close();

	api.settings.faces = 2;
	const identify = await editor.openNode('Identify Face');
	await identify.executeStep();
	await identify.close();
	panel = await editor.openNode('Lip Sync');
	await showsFields(panel, [FACES[0], FACES[1], 'Face 2 audio volume (0–2)']);
	expect(await panel.mapper.value('face_001')).toBe('https://example.com/one.mp3');
	expect(await panel.mapper.value('face_002')).toBe('https://example.com/two.mp3');
	expect(await panel.mapper.value('face_002:sound_volume')).toBe('0.5');
	await editor.shot('faces-fewer');
	await panel.close();

	api.settings.faces = 4;
	const again = await editor.openNode('Identify Face');
	await again.executeStep();
	await again.close();
	panel = await editor.openNode('Lip Sync');
	await eventually(async () =>
		expect(await panel.mapper.labels()).toEqual(
			// n8n unfolds the timing of faces that come in later.
			expect.arrayContaining([FACES[0], FACES[1], FACES[2], 'Face 4 · 0–8 s · face_004']),
		),
	);
	await editor.shot('faces-more');
	await panel.executeStep();
	expect(sentFaces()).toEqual([
		[
			{ face_id: 'face_001', sound_file: 'https://example.com/one.mp3' },
			{ face_id: 'face_002', sound_file: 'https://example.com/two.mp3', sound_volume: 0.5 },
		],
	]);
	await eventually(async () =>
		expect(await savedFaces(id)).toMatchObject({ face_001: 'https://example.com/one.mp3' }),
	);
});

test('the mapping is still there when the workflow is opened another day, without any data', async () => {
	const id = await openChain(map());
	let panel = await editor.openNode('Lip Sync');
	await panel.executePreviousNodes();
	await panel.mapper.retry();
	await showsFields(panel, FACES);
	await panel.mapper.fill('face_002', 'https://example.com/two.mp3');
	await panel.mapper.add('Face 2 speaks from (ms)');
	await panel.mapper.fill('face_002:sound_insert_time', '1000');
	await panel.close();
	const mapped = {
		face_002: 'https://example.com/two.mp3',
		'face_002:sound_insert_time': 1000,
	};
	await eventually(async () => expect(await savedFaces(id)).toMatchObject(mapped));

	await editor.openWorkflow(id);
	const asked = editor.page.waitForResponse((response) =>
		response.url().includes('resource-mapper-fields'),
	);
	panel = await editor.openNode('Lip Sync');
	await asked;
	await showsFields(panel, [FACES[0], FACES[1], 'Face 2 speaks from (ms)', FACES[2]]);
	expect(await panel.mapper.value('face_002')).toBe('https://example.com/two.mp3');
	expect(await panel.mapper.value('face_002:sound_insert_time')).toBe('1000');
	await editor.shot('faces-without-data');
	await panel.close();
	expect(await savedFaces(id)).toMatchObject(mapped);
});

test.each([
	[
		'a failed task',
		async () => await identified({ state: 'failed', failMsg: 'no faces found' }),
		'found no faces to use: no faces found. Use a video in which the face is large',
	],
	[
		'an unfinished task',
		async () => {
			api.settings.identifyMs = 3_600_000;
			const taskId = await identified();
			api.settings.identifyMs = 500;
			return taskId;
		},
		'is not finished yet. Let Identify Face wait for its result',
	],
	['a task that does not exist', async () => 'cl00000000', 'cl00000000'],
	['an ID that is not known yet', async () => '={{ $json.taskId }}', 'Run Identify Face first'],
])('of %s the panel says what is wrong and what to do', async (what, identify, text) => {
	const panel = await openAlone(await identify());
	await panel.mapper.notice.waitFor();
	expect(await panel.mapper.notice.innerText()).toContain(text);
	await editor.shot(`faces-of-${what.replaceAll(' ', '-')}`);
});
