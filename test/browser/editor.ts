/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error */
/** n8n's editor as its user sees it: what there is to press, to fill in and to read. */

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IConnections } from 'n8n-workflow';
import { chromium, selectors } from 'playwright-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { filledIn } from '../server/client';
import type { RestClient, WorkflowNode } from '../server/client';

export const ARTIFACTS = path.join(__dirname, '../../artifacts/browser');
const ACTION_TIMEOUT_MS = 20_000;
const PAGE_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

selectors.setTestIdAttribute('data-test-id');

/** Chromium of the system, or of CHROMIUM_PATH. */
export async function launchBrowser() {
	return await chromium.launch({
		executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--no-first-run',
		],
	});
}

/** Tries again and again until nothing is thrown. */
export async function eventually<T>(attempt: () => Promise<T>, timeoutMs = 30_000) {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			if (Date.now() > deadline) throw error;
		}
		await sleep(POLL_MS);
	}
}

/** What turns for as long as n8n is at work is left to turn. */
async function settle(page: Page) {
	await page.evaluate(async () => {
		await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
		// Without `?.`, for which the transpiler would call a helper that the page does not have.
		const ending = document
			.getAnimations()
			.filter(({ effect }) => effect && effect.getComputedTiming().endTime !== Infinity);
		await Promise.all(ending.map((animation) => animation.finished.catch(() => {})));
	});
}

/** Waits until every picture is there, and says how many there are. */
export async function loadedPictures(place: Locator) {
	const pictures = await place.locator('img').all();
	for (const picture of pictures)
		await eventually(async () => {
			const width = await picture.evaluate((image: HTMLImageElement) => image.naturalWidth);
			if (width === 0) throw new Error('A picture is not shown');
		});
	return pictures.length;
}

/** A tab with n8n in it. */
export class Editor {
	/**
	 * @param server whose owner is logged in
	 * @param view options of the browser context: viewport, colorScheme …
	 */
	static async open(browser: Browser, server: RestClient, view: BrowserContextOptions = {}) {
		const context = await browser.newContext({
			viewport: { width: 1500, height: 950 },
			reducedMotion: 'reduce',
			...view,
		});
		const [name, ...value] = server.cookie!.split('=');
		await context.addCookies([{ name, value: value.join('='), url: server.url }]);
		context.setDefaultTimeout(ACTION_TIMEOUT_MS);
		context.setDefaultNavigationTimeout(PAGE_TIMEOUT_MS);
		const page = await context.newPage();
		// Leaving a workflow that is being saved asks first.
		page.on('dialog', (dialog) => dialog.accept());
		return new Editor(page, server.url);
	}

	private constructor(
		readonly page: Page,
		private readonly url: string,
	) {}

	/** Keeps what is to be seen now for a person to look at. */
	async shot(name: string) {
		fs.mkdirSync(ARTIFACTS, { recursive: true });
		await this.page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
	}

	/** Waits until nothing moves any more, for pictures. */
	async settle() {
		await settle(this.page);
	}

	async openWorkflow(id: string) {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.page.getByTestId('canvas-node').first().waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** Imports a workflow from a file into a new one. */
	async importWorkflow(file: string) {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.page.getByTestId('workflow-import-input').setInputFiles(file);
		await this.page.getByTestId('canvas-node').first().waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** Opens an empty canvas. */
	async newWorkflow() {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.page.getByTestId('canvas-plus-button').waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/**
	 * Adds the first node, in whose panel one is then.
	 * @param node its name in the list of nodes
	 * @param action what it is to do, as the list has it
	 */
	async addNode(node: string, action: string) {
		await this.page.getByTestId('canvas-plus-button').click();
		return await this.pickNode(node, action);
	}

	/** Adds a node at the end of the row, by the plus there; see {@link addNode}. */
	async addNext(node: string, action: string) {
		await this.fit();
		await this.page.getByTestId('canvas-handle-plus').last().click();
		return await this.pickNode(node, action);
	}

	private async pickNode(node: string, action: string) {
		await this.page.getByTestId('node-creator-search-bar').fill(node);
		await this.page
			.getByTestId('item-iterator-item')
			.filter({ hasText: node, visible: true })
			.first()
			.click();
		const actions = this.page.getByText(/^Actions \(\d+\)/);
		await actions.waitFor();
		await settle(this.page);
		const item = this.page
			.getByTestId('item-iterator-item')
			.filter({ hasText: action, visible: true });
		// Folded up behind the triggers where a workflow has none yet.
		if (!(await item.isVisible())) await actions.click();
		await item.click();
		const panel = this.openPanel();
		await panel.parameters.waitFor();
		return panel;
	}

	/** Pastes nodes that were copied elsewhere onto the canvas. */
	async paste(nodes: WorkflowNode[], connections: IConnections) {
		await this.page.evaluate(
			(text) => {
				const clipboardData = new DataTransfer();
				clipboardData.setData('text/plain', text);
				document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
			},
			JSON.stringify({ nodes: nodes.map(filledIn), connections }),
		);
		await this.node(nodes[nodes.length - 1].name).waitFor();
	}

	/** Shows the whole workflow. */
	async fit() {
		await this.page.getByTestId('zoom-to-fit').click();
		await settle(this.page);
	}

	/** The panel that is open. */
	openPanel() {
		return new Panel(this.page);
	}

	/** A node on the canvas. */
	node(name: string) {
		const title = this.page.getByText(name, { exact: true });
		return this.page.getByTestId('canvas-node').filter({ has: title });
	}

	/** @returns the open panel of the node */
	async openNode(name: string) {
		await this.node(name).dblclick();
		const panel = new Panel(this.page);
		await panel.root.getByTestId('node-parameters').waitFor();
		return panel;
	}

	/** @param name of a node that gets its green tick */
	async waitForGreen(name: string) {
		await this.node(name)
			.getByTestId('canvas-node-status-success')
			.waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** @param name of a node that is shown as waiting */
	async waitForWaiting(name: string) {
		await this.node(name).and(this.page.locator('.waiting')).waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** Opens the chat below the canvas. */
	async openChat() {
		await this.page.getByTestId('workflow-chat-button').click();
		const root = this.page.getByTestId('canvas-chat');
		await root.waitFor();
		return {
			root,
			/** Types a message and sends it. */
			say: async (text: string) => {
				await root.getByRole('textbox').fill(text);
				await this.page.keyboard.press('Enter');
			},
		};
	}

	/** Starts a manual run from the workflow's only trigger. */
	async executeWorkflow() {
		await this.page.getByTestId('execute-workflow-button').click();
	}

	/** @param trigger name of the trigger to start from, where there are several */
	async executeFrom(trigger: string) {
		await this.node(trigger).hover();
		await this.page.getByTestId(`execute-workflow-button-${trigger}`).click();
	}

	/** @param text of the message in the corner */
	async waitForToast(text: string) {
		await this.page.locator('.el-notification', { hasText: text }).first().waitFor();
	}

	/** Publishes the workflow through its dialog; what n8n says then is returned. */
	async publish() {
		await this.page.getByTestId('workflow-open-publish-modal-button').click();
		await this.page.getByTestId('workflow-publish-button').click();
		const message = this.page.getByRole('dialog').filter({ hasText: 'Workflow published' });
		await message.waitFor();
		const text = await message.innerText();
		await message.getByRole('button', { name: 'Got it' }).click();
		return text;
	}

	/** @returns the dialog for a new credential of this package */
	async newCredential() {
		await this.page.goto(`${this.url}/home/credentials`);
		await this.page.getByTestId('add-resource-credential').click({ timeout: PAGE_TIMEOUT_MS });
		await this.page.getByTestId('new-credential-type-select-option').first().waitFor();
		await this.page.keyboard.type('Kling Lip Sync');
		await this.page
			.getByTestId('new-credential-type-select-option')
			.filter({ hasText: 'Kling Lip Sync API', visible: true })
			.click();
		await this.page.getByTestId('new-credential-type-button').click();
		const dialog = new CredentialDialog(this.page);
		await dialog.root.waitFor();
		return dialog;
	}
}

/** The dialog in which a credential is filled in. */
class CredentialDialog {
	readonly root: Locator;

	constructor(private readonly page: Page) {
		this.root = page.getByTestId('credential-edit-dialog');
	}

	/** @param values by parameter name */
	async fill(values: Record<string, string>) {
		for (const [name, value] of Object.entries(values))
			await this.root.getByTestId(`parameter-input-${name}`).locator('input').fill(value);
	}

	/**
	 * Saves, upon which n8n tests the credential.
	 * @returns the reason of a failure, or what n8n says of success
	 */
	async save() {
		const tested = this.page.waitForResponse((response) =>
			response.url().endsWith('/credentials/test'),
		);
		await this.page.getByTestId('credential-save-button').click();
		await tested;
		const success = this.root.getByTestId('credentials-config-container-test-success');
		const failure = this.root.getByText('Couldn’t connect with these settings');
		await success.or(failure).filter({ visible: true }).waitFor();
		if (await success.isVisible()) return await success.innerText();
		const details = this.root.getByText('More details');
		if (await details.isVisible()) await details.click();
		return await this.root.innerText();
	}
}

/** The open panel of a node: its input, its parameters, its output. */
export class Panel {
	readonly root: Locator;
	readonly parameters: Locator;
	readonly input: Locator;
	readonly output: Locator;
	readonly mapper: Mapper;

	constructor(private readonly page: Page) {
		this.root = page.getByTestId('ndv');
		this.parameters = this.root.getByTestId('node-parameters');
		this.input = this.root.getByTestId('ndv-input-panel');
		this.output = this.root.getByTestId('output-panel');
		this.mapper = new Mapper(page, this.root.getByTestId('resource-mapper-container'));
	}

	/** @param name of the parameter */
	field(name: string) {
		return this.parameters.getByTestId(`parameter-input-${name}`);
	}

	/**
	 * Opens a parameter's drop-down list.
	 * @param name of the parameter
	 * @returns its entries
	 */
	async list(name: string) {
		await this.field(name).locator('input').click();
		const entries = this.page.locator('.el-select-dropdown__item').filter({ visible: true });
		await entries.first().waitFor();
		await settle(this.page);
		return entries;
	}

	/**
	 * Loads the entries of a parameter's list anew.
	 * @param name of the parameter
	 */
	async refreshList(name: string) {
		const field = this.page.getByTestId(`parameter-input-${name}`);
		const row = this.parameters.getByTestId('input-label').filter({ has: field });
		await row.hover();
		await row.getByTestId('action-toggle').click();
		const loaded = this.page.waitForResponse((response) =>
			response.url().endsWith('/dynamic-node-parameters/options'),
		);
		await this.page.getByText('Refresh List').filter({ visible: true }).click();
		await loaded;
	}

	/** @param name of the parameter, a text that is typed in */
	async fill(name: string, value: string) {
		await this.field(name).locator('input').fill(value);
	}

	/** @param name of an option in the collection Options, as it is offered there */
	async addOption(name: string) {
		await this.parameters.getByTestId('collection-parameter-add').locator('input').click();
		const entries = this.page.locator('.el-select-dropdown__item').filter({ visible: true });
		await entries.getByText(name, { exact: true }).click();
	}

	/** The message of a run that failed, with what it says to do. */
	async error() {
		const message = this.output.getByTestId('node-error-message');
		await message.waitFor();
		return await this.output.innerText();
	}

	/** @param name of the parameter */
	async choose(name: string, option: string) {
		const entries = await this.list(name);
		await entries.filter({ hasText: option }).first().click();
		await entries.first().waitFor({ state: 'hidden' });
	}

	async chooseCredential({ id }: { id: string }) {
		await this.root.getByTestId('node-credentials-select').click();
		await this.page.getByTestId(`node-credentials-select-item-${id}`).click();
	}

	/** Runs what comes before the node, so that it has input. */
	async executePreviousNodes() {
		await this.root.getByTestId('execute-previous-node').click();
		await this.input
			.getByText(/^1 item$/)
			.first()
			.waitFor();
	}

	/** Starts the node. */
	async startStep() {
		const button = this.root.getByTestId('node-execute-button');
		const started = this.page.waitForResponse((response) => response.url().endsWith('/run'));
		await button.click();
		await started;
		return button;
	}

	/** Runs the node to its end, good or bad. */
	async executeStep() {
		const button = await this.startStep();
		await button.and(this.page.locator(':enabled')).getByText('Execute step').waitFor();
	}

	async showOutput(view: 'schema' | 'table' | 'json' | 'binary') {
		await this.output.getByTestId(`radio-button-${view}`).click();
	}

	async close() {
		await this.root.getByTestId('ndv-close-button').click();
		await this.root.waitFor({ state: 'hidden' });
	}
}

/** The faces in the panel of Lip Sync. */
class Mapper {
	readonly notice: Locator;
	readonly fields: Locator;

	constructor(
		private readonly page: Page,
		readonly root: Locator,
	) {
		this.notice = root.getByTestId('empty-fields-notice');
		this.fields = root.getByTestId('mapping-fields-container');
	}

	/** @returns the labels of the fields that are shown */
	async labels() {
		const [, ...labels] = await this.fields.getByTestId('input-label').allInnerTexts();
		return labels.map((label) => label.split('\n')[0]);
	}

	field(id: string) {
		return this.root.getByTestId(`parameter-input-${id}`);
	}

	/** @param value as one types it */
	async fill(id: string, value: string) {
		await this.field(id).locator('input').fill(value);
	}

	/** @param expression with its braces */
	async fillExpression(id: string, expression: string) {
		const row = this.fields
			.getByTestId('input-label')
			.filter({ has: this.page.getByTestId(`parameter-input-${id}`) });
		await row.hover();
		await row.getByTestId('radio-button-expression').click();
		await this.field(id).locator('.cm-content').click();
		// Typed key by key, the editor would add closing braces of its own.
		await this.page.keyboard.insertText(expression);
	}

	async value(id: string) {
		const input = this.field(id).locator('input, .cm-content').first();
		return await input.evaluate((element) =>
			element instanceof HTMLInputElement ? element.value : element.textContent,
		);
	}

	/** @returns what can be added to the fields shown */
	async openFolded() {
		await this.root.getByTestId('add-fields-select').getByRole('button').click();
		const entries = this.page.getByRole('menuitem').filter({ hasText: /^Face \d/ });
		await entries.first().waitFor();
		return entries;
	}

	/** @param label of a field that is folded away */
	async add(label: string) {
		const entries = await this.openFolded();
		await entries.filter({ hasText: label }).click();
	}

	/** Asks for the faces again. */
	async retry() {
		await this.root.getByText('Retry', { exact: true }).click();
	}
}
