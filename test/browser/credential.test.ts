import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage();
});
afterAll(async () => await stage?.close());

async function saved(values: Record<string, string>) {
	const dialog = await stage.editor.newCredential();
	await dialog.fill({ baseUrl: stage.api.url, apiKey: 'test-key', ...values });
	return await dialog.save();
}

test('a new credential asks for the key only and says that it works', async () => {
	const dialog = await stage.editor.newCredential();
	expect(
		await dialog.root.getByTestId('parameter-input-baseUrl').locator('input').inputValue(),
	).toBe('https://apimodels.app');
	await dialog.fill({ baseUrl: stage.api.url, apiKey: 'test-key' });
	expect(await dialog.save()).toContain('Connection tested successfully');
	await stage.editor.shot('credential-good');
});

test('a wrong key is named as the cause', async () => {
	expect(await saved({ apiKey: 'wrong-key' })).toContain(
		'The API does not accept this API key. Copy it again from your account.',
	);
	await stage.editor.shot('credential-wrong-key');
});

test('an address at which nothing answers is named as the cause', async () => {
	expect(await saved({ baseUrl: 'http://127.0.0.1:9' })).toContain('ECONNREFUSED');
	await stage.editor.shot('credential-nothing-answers');
});
