import { readAccess } from '../../nodes/KlingLipSync/api/credential';

const read = async (saved: Record<string, unknown>) =>
	await readAccess({
		getCredentials: async <T extends object>(type: string) => {
			expect(type).toBe('klingLipSyncApi');
			return { apiKey: 'sk-1', baseUrl: 'https://api.example', ...saved } as T;
		},
	});

it.each([
	['sk-1', 'sk-1'],
	['  sk-1\n', 'sk-1'],
	['Bearer sk-1', 'sk-1'],
	['bearer \t sk-1', 'sk-1'],
	['Bearersk-1', 'Bearersk-1'],
	['sk Bearer 1', 'sk Bearer 1'],
])('reads the key %j as %j, however it was copied', async (apiKey, sent) => {
	expect((await read({ apiKey })).apiKey).toBe(sent);
});

it.each([
	['https://api.example', 'https://api.example'],
	[' https://api.example/// ', 'https://api.example'],
	['https://api.example/kling/', 'https://api.example/kling'],
])('reads the base URL %j as %j', async (baseUrl, used) => {
	expect((await read({ baseUrl })).baseUrl).toBe(used);
});

it('takes the confirmed revision of the API unless the other one is chosen', async () => {
	const revisions = [undefined, 'audio', 'video', 'else'];
	const asRead = revisions.map(async (apiRevision) => (await read({ apiRevision })).revision);
	expect(await Promise.all(asRead)).toEqual(['audio', 'audio', 'video', 'audio']);
});
