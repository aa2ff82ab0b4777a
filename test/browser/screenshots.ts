/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error, no-console */
/** Makes the pictures of the documentation, in the real editor: `npm run docs:screenshots` */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { IConnections } from 'n8n-workflow';
import type { Locator, Page } from 'playwright-core';
import type { StoredCredential, TestWorkflow, WorkflowNode } from '../server/client';
import { chain, manualStart } from '../server/workflows';
import { onOwnStage } from './stage';
import type { Stage } from './stage';

const ROOT = path.join(__dirname, '../..');
const IMAGES = path.join(ROOT, 'docs/images');
const EXAMPLES = path.join(ROOT, 'examples');
/** Of the canvas and of a panel's three columns; the README shows some 830 pixels. */
const CANVAS = { width: 1100, height: 560 };
const PANEL = { width: 1280, height: 700 };
const WIDE_PANEL = { width: 1500, height: 560 };
/** So high that a list opens downwards. */
const HIGH_PANEL = { width: 1280, height: 1200 };
const BARE = `
	[data-test-id='canvas-controls'], [data-test-id='logs-panel'], [data-test-id='main-header'],
	[data-test-id='execute-workflow-button'], [class*='executionButtons'], [class*='nodeButtonsWrapper'],
	[data-test-id='canvas-handle-plus-wrapper'], [data-test-id='floating-nodes'],
	.el-notification { display: none !important; }`;

/** What the clip of the examples is made of, with two people in it. */
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

function reduceColours(file: string) {
	try {
		execFileSync('convert', [file, '-strip', '+dither', '-colors', '128', `PNG8:${file}`]);
	} catch (error) {
		// The file is only larger without ImageMagick.
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
	}
}

/** The rectangle around some elements, in the page. */
async function around(locators: Locator[], { x: marginX = 0, y: marginY = 0 } = {}) {
	const found = await Promise.all(locators.map(async (locator) => await locator.boundingBox()));
	const boxes = found.filter((box) => box !== null);
	const left = Math.min(...boxes.map(({ x }) => x)) - marginX;
	const top = Math.min(...boxes.map(({ y }) => y)) - marginY;
	const right = Math.max(...boxes.map(({ x, width }) => x + width)) + marginX;
	const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + marginY;
	return { x: left, y: top, width: right - left, height: bottom - top };
}

type Rectangle = Awaited<ReturnType<typeof around>>;

class Album {
	private readonly page: Page;

	constructor(
		private readonly stage: Stage,
		private readonly openAi: StoredCredential,
	) {
		this.page = stage.editor.page;
	}

	private async take(name: string, clip: Rectangle) {
		await this.stage.editor.settle();
		const file = path.join(IMAGES, `${name}.png`);
		await this.page.screenshot({ path: file, clip, animations: 'disabled' });
		reduceColours(file);
		console.log(`${path.relative(ROOT, file)}: ${Math.ceil(fs.statSync(file).size / 1024)} KB`);
	}

	private async open(
		size: { width: number; height: number },
		nodes: WorkflowNode[],
		connections: IConnections = {},
	) {
		await this.page.setViewportSize(size);
		const id = await this.stage.server.createWorkflow({ name: 'Interview', nodes, connections });
		await this.stage.editor.openWorkflow(id);
		await this.page.addStyleTag({ content: BARE });
	}

	private withCredential(node: WorkflowNode): WorkflowNode {
		if (node.type.startsWith('n8n-nodes-kling-lip-sync.'))
			return { ...node, credentials: { klingLipSyncApi: this.stage.credential } };
		if (/\.(lmChatOpenAi|openAi)$/.test(node.type))
			return { ...node, credentials: { openAiApi: this.openAi } };
		return node;
	}

	async example(file: string) {
		const { nodes, connections } = JSON.parse(
			fs.readFileSync(path.join(EXAMPLES, file), 'utf8'),
		) as TestWorkflow;
		await this.open(
			CANVAS,
			nodes.map((node) => this.withCredential(node)),
			connections,
		);
		await this.page.keyboard.press('1');
		const canvas = this.page.getByTestId('canvas');
		// The names hang below the boxes of their nodes.
		const things = await canvas
			.locator('.vue-flow__node, .vue-flow__node [class*="description"]')
			.all();
		await this.stage.editor.settle();
		await this.take(
			`example-${path.basename(file, '.json')}`,
			await around(things, { x: 24, y: 24 }),
		);
	}

	/** Lip Sync after an Identify Face that has run. */
	async mapper() {
		const { api, set, kling } = this.stage;
		api.settings.faces = FACES;
		// The addresses of the pictures are to be seen in the input.
		api.settings.resultsHost = 'https://files.example.com';
		const nodes = [
			manualStart,
			set('Clip', CLIP),
			kling('Identify Face', {
				operation: 'identifyFace',
				videoUrl: '={{ $json.videoUrl }}',
				options: { checkMedia: false },
			}),
			kling('Lip Sync', { faceSource: 'identifyTask', faceSelection: 'map' }),
		];
		await this.open(PANEL, nodes, chain(...nodes.map(({ name }) => name)));
		const panel = await this.stage.editor.openNode('Lip Sync');
		await panel.executePreviousNodes();
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
		await this.page.mouse.move(0, 0);
		await this.take('map-faces', await around([panel.input, panel.parameters]));
		api.settings.resultsHost = null;
	}

	async faces() {
		const { kling, api } = this.stage;
		api.settings.faces = FACES;
		const identify = {
			operation: 'identifyFace',
			videoUrl: CLIP.videoUrl,
			options: { checkMedia: false, downloadFaceImages: true },
		};
		await this.open(
			WIDE_PANEL,
			[manualStart, kling('Identify Face', identify)],
			chain('Start', 'Identify Face'),
		);
		const panel = await this.stage.editor.openNode('Identify Face');
		await panel.executeStep();
		await panel.showOutput('binary');
		await panel.output.getByTestId('ndv-view-binary-data').first().click();
		await panel.output.locator('img').waitFor();
		await this.page.mouse.move(0, 0);
		await this.take('faces', await around([panel.parameters, panel.output]));
	}

	async waitModes() {
		const lipSync = { faceSource: 'video', ...CLIP, audioUrl: CLIP.firstVoice };
		await this.open(
			HIGH_PANEL,
			[manualStart, this.stage.kling('Lip Sync', lipSync)],
			chain('Start', 'Lip Sync'),
		);
		const panel = await this.stage.editor.openNode('Lip Sync');
		const entries = await panel.list('waitMode');
		const label = panel.parameters.getByText('Wait for Result');
		await this.take(
			'wait-modes',
			await around([label, ...(await entries.all())], { x: 16, y: 16 }),
		);
	}

	async triggerPanel() {
		const { trigger } = this.stage;
		await this.open(PANEL, [trigger('When a Lip Sync Is Finished', {}, { webhookId: 'kling' })]);
		const panel = await this.stage.editor.openNode('When a Lip Sync Is Finished');
		await panel.parameters.getByText('Webhook URLs', { exact: true }).first().click();
		await panel.parameters.getByTestId('radio-button-production').click();
		await panel.root.getByText('When will this node trigger my flow?').click();
		await this.page.mouse.move(0, 0);
		const left = panel.root.getByTestId('trigger-header');
		const help = panel.root.getByText('In another workflow, paste the Production URL');
		await help.waitFor();
		await this.take('trigger', await around([left, help, panel.parameters], { x: 16 }));
	}

	async credentialDialog() {
		await this.page.setViewportSize(PANEL);
		const dialog = await this.stage.editor.newCredential();
		await dialog.fill({ apiKey: 'an API key of this length' });
		const modal = this.page
			.locator('.el-dialog')
			.filter({ has: this.page.locator('form') })
			.last();
		await this.take('credential', await around([modal]));
	}
}

async function takeAll(stage: Stage) {
	fs.mkdirSync(IMAGES, { recursive: true });
	const openAi = await stage.server.createCredential({
		name: 'OpenAI account',
		type: 'openAiApi',
		data: { apiKey: 'none' },
	});
	const album = new Album(stage, openAi);
	for (const file of fs.readdirSync(EXAMPLES)) await album.example(file);
	await album.mapper();
	await album.faces();
	await album.waitModes();
	await album.triggerPanel();
	await album.credentialDialog();
}

// The addresses that are to be seen are those of an n8n on the internet.
const env = { WEBHOOK_URL: 'https://n8n.example.com/' };
// The addresses that are to be seen are nobody's: nothing could open them.
void onOwnStage({ env, api: { strict: false }, view: { deviceScaleFactor: 1.5 } }, takeAll);
