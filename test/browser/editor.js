'use strict';

/** n8n's editor as its user sees it: what there is to press, to fill in and to read. */

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { chromium, selectors } = require('playwright-core');

const ARTIFACTS = path.join(__dirname, '../../artifacts/browser');
const ACTION_TIMEOUT_MS = 20_000;
const PAGE_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

selectors.setTestIdAttribute('data-test-id');

/** @returns {Promise<import('playwright-core').Browser>} Chromium of the system, or of CHROMIUM_PATH */
async function launchBrowser() {
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

/**
 * Tries again and again until nothing is thrown.
 * @param {() => unknown} attempt
 * @param {number} [timeoutMs]
 */
async function eventually(attempt, timeoutMs = 30_000) {
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
async function settle(page) {
	await page.evaluate(async () => {
		await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
		const ending = document
			.getAnimations()
			.filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
		await Promise.all(ending.map((animation) => animation.finished.catch(() => {})));
	});
}

/** A tab with n8n in it. */
class Editor {
	/**
	 * @param {import('playwright-core').Browser} browser
	 * @param {import('../server/client').RestClient} server whose owner is logged in
	 * @param {object} [view] options of the browser context: viewport, colorScheme …
	 */
	static async open(browser, server, view = {}) {
		const context = await browser.newContext({
			viewport: { width: 1500, height: 950 },
			reducedMotion: 'reduce',
			...view,
		});
		const [name, ...value] = server.cookie.split('=');
		await context.addCookies([{ name, value: value.join('='), url: server.url }]);
		context.setDefaultTimeout(ACTION_TIMEOUT_MS);
		context.setDefaultNavigationTimeout(PAGE_TIMEOUT_MS);
		const page = await context.newPage();
		// Leaving a workflow that is being saved asks first.
		page.on('dialog', (dialog) => dialog.accept());
		return new Editor(page, server.url);
	}

	constructor(page, url) {
		this.page = page;
		this.url = url;
	}

	/**
	 * Keeps what is to be seen now for a person to look at.
	 * @param {string} name
	 */
	async shot(name) {
		fs.mkdirSync(ARTIFACTS, { recursive: true });
		await this.page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
	}

	/** Waits until nothing moves any more, for pictures. */
	async settle() {
		await settle(this.page);
	}

	/** @param {string} id */
	async openWorkflow(id) {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.page.getByTestId('canvas-node').first().waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/**
	 * Imports a workflow from a file into a new one.
	 * @param {string} file
	 */
	async importWorkflow(file) {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.page.getByTestId('workflow-import-input').setInputFiles(file);
		await this.page.getByTestId('canvas-node').first().waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** @param {string} name */
	node(name) {
		const title = this.page.getByText(name, { exact: true });
		return this.page.getByTestId('canvas-node').filter({ has: title });
	}

	/**
	 * @param {string} name
	 * @returns {Promise<Panel>} the open panel of the node
	 */
	async openNode(name) {
		await this.node(name).dblclick();
		const panel = new Panel(this.page);
		await panel.root.getByTestId('node-parameters').waitFor();
		return panel;
	}

	/** @param {string} name of a node that gets its green tick */
	async waitForGreen(name) {
		await this.node(name)
			.getByTestId('canvas-node-status-success')
			.waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** @param {string} name of a node that is shown as waiting */
	async waitForWaiting(name) {
		await this.node(name).and(this.page.locator('.waiting')).waitFor({ timeout: PAGE_TIMEOUT_MS });
	}

	/** Starts a manual run from the workflow's only trigger. */
	async executeWorkflow() {
		await this.page.getByTestId('execute-workflow-button').click();
	}

	/** @param {string} trigger name of the trigger to start from, where there are several */
	async executeFrom(trigger) {
		await this.node(trigger).hover();
		await this.page.getByTestId(`execute-workflow-button-${trigger}`).click();
	}

	/** @param {string} text of the message in the corner */
	async waitForToast(text) {
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

	/** @returns {Promise<CredentialDialog>} the dialog for a new credential of this package */
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
	constructor(page) {
		this.page = page;
		this.root = page.getByTestId('credential-edit-dialog');
	}

	/** @param {Record<string, string>} values by parameter name */
	async fill(values) {
		for (const [name, value] of Object.entries(values))
			await this.root.getByTestId(`parameter-input-${name}`).locator('input').fill(value);
	}

	/**
	 * Saves, upon which n8n tests the credential.
	 * @returns {Promise<string>} the reason of a failure, or what n8n says of success
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
class Panel {
	constructor(page) {
		this.page = page;
		this.root = page.getByTestId('ndv');
		this.parameters = this.root.getByTestId('node-parameters');
		this.input = this.root.getByTestId('ndv-input-panel');
		this.output = this.root.getByTestId('output-panel');
		this.mapper = new Mapper(page, this.root.getByTestId('resource-mapper-container'));
	}

	/** @param {string} name of the parameter */
	field(name) {
		return this.parameters.getByTestId(`parameter-input-${name}`);
	}

	/**
	 * Opens a parameter's drop-down list.
	 * @param {string} name
	 * @returns {Promise<import('playwright-core').Locator>} its entries
	 */
	async list(name) {
		await this.field(name).locator('input').click();
		const entries = this.page.locator('.el-select-dropdown__item').filter({ visible: true });
		await entries.first().waitFor();
		await settle(this.page);
		return entries;
	}

	/**
	 * @param {string} name of the parameter
	 * @param {string} option
	 */
	async choose(name, option) {
		const entries = await this.list(name);
		await entries.filter({ hasText: option }).first().click();
		await entries.first().waitFor({ state: 'hidden' });
	}

	/** @param {{ id: string }} credential */
	async chooseCredential({ id }) {
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

	/** Runs the node to its end, good or bad. */
	async executeStep() {
		const button = this.root.getByTestId('node-execute-button');
		const started = this.page.waitForResponse((response) => response.url().endsWith('/run'));
		await button.click();
		await started;
		await button.and(this.page.locator(':enabled')).getByText('Execute step').waitFor();
	}

	/** @param {'schema' | 'table' | 'json' | 'binary'} view */
	async showOutput(view) {
		await this.output.getByTestId(`radio-button-${view}`).click();
	}

	async close() {
		await this.root.getByTestId('ndv-close-button').click();
		await this.root.waitFor({ state: 'hidden' });
	}
}

/** The faces in the panel of Lip Sync. */
class Mapper {
	constructor(page, root) {
		this.page = page;
		this.root = root;
		this.notice = root.getByTestId('empty-fields-notice');
		this.fields = root.getByTestId('mapping-fields-container');
	}

	/** @returns {Promise<string[]>} the labels of the fields that are shown */
	async labels() {
		const [, ...labels] = await this.fields.getByTestId('input-label').allInnerTexts();
		return labels.map((label) => label.split('\n')[0]);
	}

	/** @param {string} id of the field */
	field(id) {
		return this.root.getByTestId(`parameter-input-${id}`);
	}

	/**
	 * @param {string} id
	 * @param {string} value as one types it
	 */
	async fill(id, value) {
		await this.field(id).locator('input').fill(value);
	}

	/**
	 * @param {string} id
	 * @param {string} expression with its braces
	 */
	async fillExpression(id, expression) {
		const row = this.fields
			.getByTestId('input-label')
			.filter({ has: this.page.getByTestId(`parameter-input-${id}`) });
		await row.hover();
		await row.getByTestId('radio-button-expression').click();
		await this.field(id).locator('.cm-content').click();
		// Typed key by key, the editor would add closing braces of its own.
		await this.page.keyboard.insertText(expression);
	}

	/** @param {string} id */
	async value(id) {
		const input = this.field(id).locator('input, .cm-content').first();
		return await input.evaluate((element) => element.value ?? element.textContent);
	}

	/** @returns {Promise<import('playwright-core').Locator>} what can be added to the fields shown */
	async openFolded() {
		await this.root.getByTestId('add-fields-select').getByRole('button').click();
		const entries = this.page.getByRole('menuitem').filter({ hasText: /^Face \d/ });
		await entries.first().waitFor();
		return entries;
	}

	/** @param {string} label of a field that is folded away */
	async add(label) {
		const entries = await this.openFolded();
		await entries.filter({ hasText: label }).click();
	}

	/** Asks for the faces again. */
	async retry() {
		await this.root.getByText('Retry', { exact: true }).click();
	}
}

module.exports = { Editor, eventually, launchBrowser, ARTIFACTS };
