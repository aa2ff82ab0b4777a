import type { Engine } from './harness';
import { startServer } from './localServer';
import type { Api } from './setup';
import { useWorld } from './setup';
import { KlingLipSyncApi } from '../../credentials/KlingLipSyncApi.credentials';

const world = useWorld({ api: { noCreditsKey: 'poor-key' } });
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));

const test = async (changes = {}) =>
	await engine.testCredential('klingLipSyncApi', {
		apiKey: 'test-key',
		baseUrl: api.url,
		...changes,
	});

const OK = { status: 'OK', message: 'Connection successful!' };
const failed = (message: RegExp) => ({ status: 'Error', message: expect.stringMatching(message) });

it('proves a good key by the answer that the task is unknown', async () => {
	expect(await test()).toEqual(OK);
	expect(api.log).toHaveLength(1);
	expect(api.log[0]).toMatchObject({
		method: 'GET',
		path: '/api/v1/audio/generations',
		headers: { authorization: 'Bearer test-key' },
		status: 404,
	});
});

it('takes blanks around key and address, and slashes after the address', async () => {
	expect(await test({ apiKey: ' test-key\n', baseUrl: ` ${api.url}// ` })).toEqual(OK);
	expect(api.log.at(-1)?.path).toBe('/api/v1/audio/generations');
});

it('says that a key is not accepted', async () => {
	expect(await test({ apiKey: 'wrong' })).toEqual(failed(/does not accept this API key/));
	api.fail({ kind: 'status', status: 403 });
	expect(await test()).toEqual(failed(/does not accept this API key/));
});

it('says that the credits are used up', async () => {
	api.fail({ kind: 'status', status: 402 });
	expect(await test()).toEqual(failed(/no credits/));
});

it('says that the API takes no more requests', async () => {
	api.fail({ kind: 'status', status: 429, retryAfter: 1 });
	expect(await test()).toEqual(failed(/too many requests/));
});

it.each([500, 502, 503, 504])('says that the API has a problem (%i)', async (status) => {
	api.fail({ kind: 'status', status });
	expect(await test()).toEqual(failed(new RegExp(`problem.*HTTP ${status}`)));
});

it.each([301, 302, 307, 308])(
	'says that the address redirects (%i), and takes the key nowhere else',
	async (status) => {
		const elsewhere: unknown[] = [];
		const server = await startServer((req, res) => {
			elsewhere.push(req.headers.authorization);
			res.writeHead(404).end();
		});
		const location = `http://localhost:${server.port}/x`;
		api.fail({ kind: 'redirect', status, location });
		const result = await test();
		await server.close();
		expect(result).toEqual(failed(/redirects/));
		expect(elsewhere).toEqual([]);
	},
);

it('says that nobody answers', async () => {
	expect(await test({ baseUrl: 'http://127.0.0.1:1' })).toEqual(failed(/ECONNREFUSED/));
	api.fail({ kind: 'reset' });
	expect((await test()).status).toBe('Error');
});

it('says that the address is another service, which knows no such path', async () => {
	expect((await test({ baseUrl: `${api.url}/elsewhere` })).status).toBe('OK');
	api.fail({ kind: 'status', status: 405 });
	expect((await test()).status).toBe('Error');
});

it.each(['Bearer test-key', ' bearer  test-key\n'])(
	'takes a key that was copied with its scheme (%j), once',
	async (apiKey) => {
		expect(await test({ apiKey })).toEqual(OK);
		expect(api.log.at(-1)?.headers.authorization).toBe('Bearer test-key');
	},
);

it('asks the revision of the API that is chosen', async () => {
	api.fail({ kind: 'status', status: 404 });
	expect(await test({ apiRevision: 'video' })).toEqual(OK);
	expect(api.log.at(-1)?.path).toBe('/api/v1/video/generations');
});

it('hides the key, and knows where the API is', () => {
	const { properties } = new KlingLipSyncApi();
	const byName = Object.fromEntries(properties.map((property) => [property.name, property]));
	expect(byName.apiKey).toMatchObject({ required: true, typeOptions: { password: true } });
	expect(byName.baseUrl.default).toBe('https://apimodels.app');
	expect(byName.apiRevision.default).toBe('audio');
});
