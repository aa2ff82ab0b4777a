/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/**
 * Makes the pictures of the documentation, in the real editor:
 * `npm run docs:screenshots [-- part of a name …]`
 */

import type { INodeParameters } from 'n8n-workflow';
import type { WorkflowNode } from '../server/client';
import { exampleWorkflow, examples } from '../server/exampleWorkflows';
import { chain, manualStart, NEVER_MS } from '../server/workflows';
import { Album } from './album';
import { loadedPictures } from './editor';
import type { Panel } from './editor';
import { MISHAPS, mishapNode } from './mishaps';
import { onOwnStage } from './stage';
import type { Stage } from './stage';

/** Of the canvas and of a panel's three columns; the README shows some 830 pixels. */
const CANVAS = { width: 1100, height: 560 };
const PANEL = { width: 1280, height: 700 };
/** So high that a list opens downwards. */
const HIGH_PANEL = { width: 1280, height: 1200 };
const LOW_PANEL = { width: 1280, height: 520 };

/** What the clip of the pictures is made of. The addresses that are to be seen are nobody's. */
const CLIP = {
	videoUrl: 'https://example.com/interview.mp4',
	firstVoice: 'https://example.com/first.mp3',
	secondVoice: 'https://example.com/second.mp3',
};
const FACES = [
	{ start_time: 0, end_time: 8000 },
	{ start_time: 1500, end_time: 8000 },
	{ start_time: 6200, end_time: 8000 },
];
/** Nothing could open the addresses. */
const UNOPENED = { checkMedia: false, soundEndTime: 5000 };

const lipSync = (more?: INodeParameters) => ({
	operation: 'lipSync',
	videoUrl: CLIP.videoUrl,
	audioUrl: CLIP.firstVoice,
	...more,
});
const identifyFace = (options: INodeParameters = {}) => ({
	operation: 'identifyFace',
	videoUrl: CLIP.videoUrl,
	options: { checkMedia: false, ...options },
});

class Pictures extends Album {
	private get editor() {
		return this.stage.editor;
	}

	/** Nodes in a row; the panel of the last one. */
	private async openPanel(size: { width: number; height: number }, ...nodes: WorkflowNode[]) {
		const row = [manualStart, ...nodes];
		await this.open(size, row, chain(...row.map(({ name }) => name)));
		return await this.editor.openNode(row[row.length - 1].name);
	}

	/** Lip Sync after an Identify Face that has run. */
	private async afterIdentify(size: { width: number; height: number }, more: INodeParameters) {
		const { api, set, kling } = this.stage;
		api.settings.faces = FACES;
		const panel = await this.openPanel(
			size,
			set('Clip', CLIP),
			kling('Identify Face', { ...identifyFace(), videoUrl: '={{ $json.videoUrl }}' }),
			kling('Lip Sync', lipSync({ faceSource: 'identifyTask', ...more })),
		);
		await panel.executePreviousNodes();
		return panel;
	}

	async example(name: string) {
		const { server, credential: kling } = this.stage;
		const model = await server.createCredential({
			name: 'OpenAI account',
			type: 'openAiApi',
			data: { apiKey: 'none' },
		});
		const { nodes, connections } = exampleWorkflow(name, { kling, model });
		await this.open(CANVAS, nodes, connections);
		await this.editor.page.keyboard.press('1');
		// The names hang below the boxes of their nodes.
		const things = this.editor.page
			.getByTestId('canvas')
			.locator('.vue-flow__node, .vue-flow__node [class*="description"]');
		await this.editor.settle();
		await this.take(`example-${name}`, await things.all(), 24);
	}

	/** The mapper by id, filled in. */
	async mapper() {
		const { api } = this.stage;
		// The addresses of the pictures are to be seen in the input.
		api.settings.resultsHost = 'https://files.example.com';
		const panel = await this.afterIdentify(PANEL, { faceSelection: 'map' });
		await panel.mapper.retry();
		await panel.mapper.fields.waitFor();
		await panel.mapper.fillExpression('face_001', "{{ $('Clip').item.json.firstVoice }}");
		await panel.parameters.getByText(CLIP.firstVoice).waitFor();
		await panel.mapper.fillExpression('face_002', "{{ $('Clip').item.json.secondVoice }}");
		await panel.parameters.getByText(CLIP.secondVoice).waitFor();
		await panel.mapper.add('Face 2 · Start Speaking At (ms)');
		await panel.mapper.fill('face_002:sound_insert_time', '3000');
		// Without the focus, and so without n8n's tip for it.
		await panel.mapper.field('face_002:sound_insert_time').locator('input').blur();
		await panel.parameters.getByText('Who Speaks').evaluate((element) => element.scrollIntoView());
		await this.pointAtNothing();
		await this.take('map-faces', [panel.input, panel.parameters]);
		api.settings.resultsHost = null;
	}

	/** The mapper by position, mapped for three faces on a video with two. */
	async mapperByPosition() {
		const panel = await this.afterIdentify(HIGH_PANEL, { faceSelection: 'map' });
		await panel.mapper.retry();
		await panel.mapper.fields.waitFor();
		await panel.refreshList('matchFacesBy');
		const ways = await panel.list('matchFacesBy');
		for (const way of await ways.all()) await loadedPictures(way);
		const label = panel.parameters.getByText('Match Faces By');
		await this.take('screens/match-faces-by', [label, ...(await ways.all())], 12);
		await ways.last().click();
		await panel.mapper.field('#3').waitFor();
		await panel.mapper.fill('#1', CLIP.firstVoice);
		await panel.mapper.fill('#3', CLIP.secondVoice);
		await panel.close();

		this.stage.api.settings.faces = FACES.slice(0, 2);
		const identify = await this.editor.openNode('Identify Face');
		await identify.executeStep();
		await identify.close();
		const again = await this.editor.openNode('Lip Sync');
		await again.parameters.getByText('Not in this video: Face 3').waitFor();
		await this.pointAtNothing();
		const from = again.parameters.getByText('Who Speaks');
		await this.take('screens/mapper-by-position', [from, again.mapper.root], 12);
	}

	/** The mapper before there is anything to map. */
	async mapperNotice() {
		const { kling } = this.stage;
		const panel = await this.openPanel(
			HIGH_PANEL,
			kling('Identify Face', identifyFace()),
			kling('Lip Sync', lipSync({ faceSource: 'identifyTask', faceSelection: 'map' })),
		);
		await panel.mapper.notice.waitFor();
		await this.pointAtNothing();
		const from = panel.parameters.getByText('Who Speaks');
		await this.take('screens/mapper-before-identify', [from, panel.mapper.root], 12);
	}

	/** The list with the faces' pictures, by day and by night. */
	async listOfFaces() {
		for (const colorScheme of ['light', 'dark'] as const) {
			await this.editor.page.emulateMedia({ colorScheme });
			const panel = await this.afterIdentify(HIGH_PANEL, {});
			await panel.refreshList('faceId');
			const entries = await panel.list('faceId');
			const faces = entries.filter({ hasText: 'ID face_' });
			for (const face of await faces.all()) await loadedPictures(face);
			await faces.last().scrollIntoViewIfNeeded();
			await faces.nth(1).hover();
			const label = panel.parameters.getByText('Face Name or ID');
			await this.take(`faces-list-${colorScheme}`, [label, ...(await entries.all())], 12);
		}
		await this.editor.page.emulateMedia({ colorScheme: 'light' });
	}

	async waitModes() {
		const panel = await this.openPanel(HIGH_PANEL, this.stage.kling('Lip Sync', lipSync()));
		const entries = await panel.list('waitMode');
		const label = panel.parameters.getByText('Wait for Result');
		await this.take('wait-modes', [label, ...(await entries.all())], 16);
	}

	async triggerPanel() {
		const { trigger } = this.stage;
		const name = 'When a Lip Sync Is Finished';
		await this.open(PANEL, [trigger(name, {}, { webhookId: 'kling' })]);
		const panel = await this.editor.openNode(name);
		await panel.parameters.getByText('Webhook URLs', { exact: true }).first().click();
		await panel.parameters.getByTestId('radio-button-production').click();
		await panel.root.getByText('When will this node trigger my flow?').click();
		await this.pointAtNothing();
		await panel.root.getByText('In another workflow, paste the Production URL').waitFor();
		await this.take('trigger', [panel.root]);
	}

	async credentialDialog() {
		await this.editor.page.setViewportSize(PANEL);
		const dialog = await this.editor.newCredential();
		await this.bare();
		await dialog.fill({ apiKey: 'an API key of this length' });
		const modal = this.editor.page
			.locator('.el-dialog')
			.filter({ has: this.editor.page.locator('form') })
			.last();
		await this.take('credential', [modal]);
		await dialog.fill({ baseUrl: this.stage.api.url, apiKey: 'not-the-key' });
		await dialog.save();
		await this.take('screens/credential-wrong-key', [modal]);
	}

	/** What one sees first of each operation. */
	async firstScreens() {
		for (const action of ['Identify faces in a video', 'Lip sync a video', 'Get a task']) {
			await this.editor.page.setViewportSize(HIGH_PANEL);
			await this.editor.newWorkflow();
			const panel = await this.editor.addNode('Kling Lip Sync', action);
			await panel.chooseCredential(this.stage.credential);
			await this.pointAtNothing();
			const name = `screens/first-${action.toLowerCase().replaceAll(' ', '-')}`;
			await this.take(name, await shownParameters(panel), 12);
		}
	}

	/** What the fields say of a choice that needs more than itself. */
	async notices() {
		const { kling } = this.stage;
		const ofWait = 'Wait for Result';
		const notices: Record<string, { from: string; is: INodeParameters }> = {
			pause: { from: ofWait, is: { waitMode: 'callback', options: { downloadVideo: true } } },
			trigger: { from: ofWait, is: { waitMode: 'trigger', options: { downloadVideo: true } } },
			automatic: {
				from: 'Match Faces By',
				is: {
					faceSource: 'identifyTask',
					faceSelection: 'map',
					faces: { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] },
				},
			},
		};
		for (const [name, { from, is }] of Object.entries(notices)) {
			const panel = await this.openPanel(HIGH_PANEL, kling('Lip Sync', lipSync(is)));
			const shown = panel.parameters.getByRole('alert');
			await shown.first().waitFor();
			await this.pointAtNothing();
			const label = panel.parameters.getByText(from, { exact: true });
			await this.take(`screens/notice-${name}`, [label, ...(await shown.all())], 12);
		}
	}

	/** What a run says when it is over, and while the execution sleeps. */
	async runs() {
		const { kling, api, clip } = this.stage;
		api.settings.faces = FACES;
		const done = await this.openPanel(
			LOW_PANEL,
			kling('Lip Sync', { ...clip, faceId: '#2', options: { soundInsertTime: 4000 } }),
		);
		await done.executeStep();
		await done.output.getByText('Estimated cost').waitFor();
		await done.showOutput('json');
		await this.pointAtNothing();
		await this.take('screens/done', [done.parameters, done.output]);

		api.settings.lipSyncMs = NEVER_MS;
		const paused = await this.openPanel(
			LOW_PANEL,
			kling('Lip Sync', lipSync({ waitMode: 'callback', options: UNOPENED })),
		);
		await paused.startStep();
		await paused.output.getByText('Paused until Kling has finished').waitFor();
		await this.pointAtNothing();
		await this.take('screens/paused', [paused.parameters, paused.output]);
		api.settings.lipSyncMs = 500;
	}

	/** The panel with an error in it. */
	async mishap(name: string) {
		const panel = await this.openPanel(LOW_PANEL, await mishapNode(this.stage, MISHAPS[name]));
		await panel.executeStep();
		await panel.error();
		await this.pointAtNothing();
		const parts = ['node-error-message', 'node-error-description'];
		const shown = parts.map((part) => panel.output.getByTestId(part));
		await this.take(`screens/error-${name}`, shown, 8);
	}
}

/** The parameters of a panel, from the first to the last; the column itself is longer. */
async function shownParameters({ parameters }: Panel) {
	return await parameters.getByTestId('parameter-item').all();
}

const PUBLIC = ['triggerPanel'] as const;
const LOCAL = [
	'mapper',
	'mapperByPosition',
	'mapperNotice',
	'listOfFaces',
	'waitModes',
	'credentialDialog',
	'firstScreens',
	'notices',
	'runs',
] as const;

const wanted = process.argv.slice(2);
const isWanted = (name: string) =>
	wanted.length === 0 || wanted.some((part) => name.toLowerCase().includes(part.toLowerCase()));

async function takeWanted(
	stage: Stage,
	names: ReadonlyArray<(typeof PUBLIC | typeof LOCAL)[number]>,
) {
	const pictures = new Pictures(stage);
	for (const name of names.filter(isWanted)) await pictures[name]();
	return pictures;
}

async function takeAll() {
	// A lenient API takes addresses that are nobody's: nothing could open them.
	const options = { api: { strict: false }, view: { deviceScaleFactor: 1.5 } };
	if (PUBLIC.some(isWanted)) {
		// The addresses that are to be seen are those of an n8n on the internet.
		const env = { WEBHOOK_URL: 'https://n8n.example.com/' };
		await onOwnStage({ ...options, env }, async (stage) => {
			await takeWanted(stage, PUBLIC);
		});
	}
	const canvases = examples().filter((name) => isWanted(`example-${name}`));
	const errors = Object.keys(MISHAPS).filter(
		(name) => isWanted(`error-${name}`) && !MISHAPS[name].needsInternet,
	);
	if (!LOCAL.some(isWanted) && canvases.length + errors.length === 0) return;
	await onOwnStage(options, async (stage) => {
		const pictures = await takeWanted(stage, LOCAL);
		for (const name of canvases) await pictures.example(name);
		for (const name of errors) await pictures.mishap(name);
	});
}

void takeAll();
