import type { IWebhookFunctions } from 'n8n-workflow';

import { clock } from '../../nodes/KlingLipSync/clock';
import { accessAnew, accessOf } from '../../nodes/KlingLipSync/trigger/triggerCredential';

let keys: Array<string | Error>;
let reads: number;
let now: number;
const { now: realNow } = clock;
beforeEach(() => {
	keys = ['sk-1', 'sk-2', 'sk-3'];
	reads = 0;
	now = 0;
	clock.now = () => now;
});
afterEach(() => {
	clock.now = realNow;
});

const context = {
	getCredentials: async () => {
		const key = keys[reads++];
		if (key instanceof Error) throw key;
		return { apiKey: key, baseUrl: 'https://api.example' };
	},
} as unknown as IWebhookFunctions;

const keyOf = async (access: ReturnType<typeof accessOf>) => (await access).apiKey;

it('serves for a minute, and each trigger for itself', async () => {
	expect(await keyOf(accessOf(context, 'minute'))).toBe('sk-1');
	now = 59_999;
	expect(await keyOf(accessOf(context, 'minute'))).toBe('sk-1');
	expect(await keyOf(accessOf(context, 'other'))).toBe('sk-2');
	now = 60_000;
	expect(await keyOf(accessOf(context, 'minute'))).toBe('sk-3');
});

it('is read once for all callbacks that come together', async () => {
	const together = [accessOf(context, 'burst'), accessOf(context, 'burst')].map(keyOf);
	expect(await Promise.all(together)).toEqual(['sk-1', 'sk-1']);
});

it('is read again by the next callback when it could not be read', async () => {
	keys = [new Error('The database is away'), 'sk-2'];
	await expect(accessOf(context, 'away')).rejects.toThrow('The database is away');
	expect(await keyOf(accessOf(context, 'away'))).toBe('sk-2');
});

it('is read anew when it does not work, but not for each of many forged callbacks', async () => {
	expect(await keyOf(accessOf(context, 'anew'))).toBe('sk-1');
	expect(await keyOf(accessAnew(context, 'anew'))).toBe('sk-2');
	now = 4_999;
	expect(await keyOf(accessAnew(context, 'anew'))).toBe('sk-2');
	now = 5_000;
	expect(await keyOf(accessAnew(context, 'anew'))).toBe('sk-3');
	expect(await keyOf(accessOf(context, 'anew'))).toBe('sk-3');
});
