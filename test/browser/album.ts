/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error, no-console */
/** Takes the pictures of the documentation. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { IConnections } from 'n8n-workflow';
import type { Locator, Page } from 'playwright-core';
import type { WorkflowNode } from '../server/client';
import type { Stage } from './stage';

const ROOT = path.join(__dirname, '../..');
const IMAGES = path.join(ROOT, 'docs/images');
const BARE = `
	[data-test-id='canvas-controls'], [data-test-id='logs-panel'], [data-test-id='main-header'],
	[data-test-id='execute-workflow-button'], [class*='executionButtons'], [class*='nodeButtonsWrapper'],
	[data-test-id='canvas-handle-plus-wrapper'], [data-test-id='floating-nodes'],
	.el-notification { display: none !important; }`;

interface Size {
	width: number;
	height: number;
}

const FEWER_COLOURS =
	'split[a][b];[a]palettegen=max_colors=128:reserve_transparent=0[p];[b][p]paletteuse=dither=none';

function reduceColours(file: string) {
	const reduced = `${file}.reduced.png`;
	const ffmpeg = ['-v', 'error', '-y', '-i', file, '-vf', FEWER_COLOURS, reduced];
	try {
		execFileSync('ffmpeg', ffmpeg);
	} catch (error) {
		// The file is only larger without ffmpeg.
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		return;
	}
	fs.renameSync(reduced, file);
}

/** The rectangle around some elements, in the page. */
async function around(locators: Locator[], margin: number) {
	const found = await Promise.all(locators.map(async (locator) => await locator.boundingBox()));
	const boxes = found.filter((box) => box !== null);
	const left = Math.min(...boxes.map(({ x }) => x)) - margin;
	const top = Math.min(...boxes.map(({ y }) => y)) - margin;
	const right = Math.max(...boxes.map(({ x, width }) => x + width)) + margin;
	const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + margin;
	return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The pictures in `docs/images`, and workflows to take them of. */
export class Album {
	private readonly page: Page;

	constructor(readonly stage: Stage) {
		this.page = stage.editor.page;
	}

	/**
	 * Takes a picture of some elements.
	 * @param name of the file in `docs/images`; those in `screens/` have a pixel for each of the page
	 */
	async take(name: string, elements: Locator[], margin = 0) {
		await this.stage.editor.settle();
		const file = path.join(IMAGES, `${name}.png`);
		fs.mkdirSync(path.dirname(file), { recursive: true });
		await this.page.screenshot({
			path: file,
			clip: await around(elements, margin),
			animations: 'disabled',
			scale: name.startsWith('screens/') ? 'css' : 'device',
		});
		reduceColours(file);
		console.log(`${path.relative(ROOT, file)}: ${Math.ceil(fs.statSync(file).size / 1024)} KB`);
	}

	/** Opens a workflow on a canvas without the editor's buttons. */
	async open(size: Size, nodes: WorkflowNode[], connections: IConnections = {}) {
		await this.page.setViewportSize(size);
		const id = await this.stage.server.createWorkflow({
			name: 'Interview',
			nodes,
			connections,
		});
		await this.stage.editor.openWorkflow(id);
		await this.bare();
	}

	/** Hides the editor's buttons and messages. */
	async bare() {
		await this.page.addStyleTag({ content: BARE });
	}

	/** Takes the pointer away, so that nothing is shown for being under it. */
	async pointAtNothing() {
		await this.page.mouse.move(0, 0);
	}
}
