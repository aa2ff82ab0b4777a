/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import type http from 'node:http';
import { TIMEOUTS } from '../../nodes/KlingLipSync/api/timeouts';
import {
	createdIds,
	getTask,
	identified,
	identifyFace,
	items,
	KEY,
	letFail,
	LIP_SYNC,
	lipSync,
	serve,
	useWorld,
	visible,
	WITHOUT_END,
	type Fault,
	type NodeData,
} from './support';

const world = useWorld({ factor: 1500 });

const faults: Record<string, Fault> = {
	'HTTP 500': { kind: 'status', status: 500 },
	'HTTP 503 with a page': { kind: 'status', status: 503, body: '<html>busy</html>' },
	'HTTP 429': { kind: 'status', status: 429 },
	'a closed connection': { kind: 'reset' },
	'no answer': { kind: 'hang' },
	'half of the file': { kind: 'truncate' },
	'nothing of the file': { kind: 'truncate', bytes: 0 },
	'a page': { kind: 'html' },
};
const lasting: Record<string, Fault> = {
	'HTTP 404': { kind: 'status', status: 404 },
	'HTTP 403': { kind: 'status', status: 403 },
	'HTTP 410': { kind: 'status', status: 410 },
};

/** The openings of result files. */
const results = () => world.api.files.filter(({ path }) => path.includes('/result/'));

const LONG = { timeoutMinutes: 600 };

/** A lip sync that waits, and Get Task for one that is done. */
const paths: Record<string, (options?: object) => Promise<NodeData>> = {
	'Lip Sync': async (options) => {
		const { sessionId } = await identified(world.api);
		return lipSync({
			faceSource: 'session',
			sessionId,
			faceId: 'face_001',
			options: { ...LONG, ...options },
		});
	},
	'Get Task': async (options) => {
		const node = await paths['Lip Sync']();
		await world.engine.run({ nodes: [{ ...node, name: 'Before' }] });
		const [{ taskId }] = world.api.creates();
		return getTask({ taskId, options });
	},
};

async function runWith(path: string, fault?: Fault, settings: Partial<NodeData> = {}) {
	const node = { ...(await paths[path]({ downloadVideo: true })), ...settings };
	if (fault) letFail(world, { ...fault, method: 'FILE', path: '/result/' });
	const run = await world.engine.run({ nodes: [node] });
	const [{ taskId }] = world.api.creates(LIP_SYNC);
	return { run, taskId, url: `${world.api.url}/files/result/${taskId}.mp4` };
}

describe.each(Object.keys(paths))('the video of %s', (path) => {
	test.each([undefined, ...Object.values(faults).map((fault) => ({ ...fault, times: 2 }))])(
		'arrives whole after %j',
		async (fault) => {
			const { run, taskId } = await runWith(path, fault);
			const [item] = run.items('Kling');
			expect(item.json).toMatchObject({ taskId, state: 'completed' });
			expect(item.binary.data).toMatchObject({ fileName: `${taskId}.mp4`, mimeType: 'video/mp4' });
			const headers = { connection: 'close' };
			const sent = await (await fetch(item.json.videoUrl, { headers })).arrayBuffer();
			const content = await world.engine.binary(item);
			expect(content.equals(Buffer.from(sent))).toBe(true);
			expect(results()).toHaveLength(2 + (fault?.times ?? 0));
			expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
		},
	);

	test.each(Object.entries({ ...faults, ...lasting }))(
		'that is always %s is an error which says that it is paid for, and where it is',
		async (name, fault) => {
			const { run, taskId, url } = await runWith(path, { ...fault, times: WITHOUT_END });
			expect(run.status).toBe('error');
			expect(run.error?.message).toContain(taskId);
			expect(run.error?.message).toMatch(/paid for/);
			expect(run.error?.description).toContain(url);
			expect(results()).toHaveLength(name in lasting ? 1 : 3);
			expect(world.api.creates(LIP_SYNC)).toHaveLength(1);
		},
	);

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'that is gone is kept in the details (%s)',
		async (onError) => {
			const fault = { kind: 'status', status: 404, times: WITHOUT_END };
			const { run, taskId, url } = await runWith(path, fault, { onError });
			const [{ json }] = run.items('Kling', onError === 'continueErrorOutput' ? 1 : 0);
			expect(json.error).toContain(taskId);
			expect(json.details).toMatchObject({
				taskId,
				state: 'completed',
				videoUrl: url,
				httpCode: 404,
				hint: expect.stringContaining(url),
			});
		},
	);

	test.each([301, 302, 303, 307, 308])(
		'is followed to another host without the key (HTTP %i)',
		async (status) => {
			const other = await serve((req, res) =>
				res.writeHead(200, { 'content-type': 'video/mp4' }).end('film'),
			);
			const location = `${other.url}/video.mp4`;
			const { run } = await runWith(path, { kind: 'redirect', status, location });
			expect((await world.engine.binary(run.items('Kling')[0])).toString()).toBe('film');
			expect(other.requests).toHaveLength(1);
			const received = [...other.requests, ...results()].map(({ headers }) => headers);
			expect(JSON.stringify(received)).not.toContain(KEY);
			for (const headers of received) expect(headers).not.toHaveProperty('authorization');
		},
	);

	test('that is redirected for ever is an error', async () => {
		const location = '/files/result/again.mp4';
		const fault = { kind: 'redirect', location, times: WITHOUT_END };
		const { run, taskId } = await runWith(path, fault);
		expect(run.error?.message).toContain(taskId);
		expect(run.error?.message).toMatch(/paid for/);
	});
});

describe('a video that lies on another host', () => {
	const runFrom = async (
		listener: http.RequestListener,
		binaryMode: 'filesystem' | 'default' = 'filesystem',
	) => {
		world.engine.binaryMode = binaryMode;
		TIMEOUTS.download = 500;
		const other = await serve(listener);
		world.api.settings.resultsHost = other.url;
		const { run, taskId } = await runWith('Lip Sync');
		return { run, taskId, other };
	};

	test('is fetched without the key', async () => {
		const { run, other } = await runFrom((req, res) =>
			res.writeHead(200, { 'content-type': 'video/mp4' }).end('film'),
		);
		expect((await world.engine.binary(run.items('Kling')[0])).toString()).toBe('film');
		expect(JSON.stringify(other.requests.map(({ headers }) => headers))).not.toContain(KEY);
	});

	test.each(['filesystem', 'default'] as const)(
		'that falls silent in the middle is an error (%s)',
		async (mode) => {
			const { run, taskId, other } = await runFrom((req, res) => {
				res.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 1000 });
				res.write('the first part');
			}, mode);
			expect(run.error?.message).toContain(taskId);
			expect(run.error?.message).toMatch(/paid for/);
			expect(other.requests).toHaveLength(3);
		},
	);

	test.each(['filesystem', 'default'] as const)(
		'that comes slowly but steadily arrives whole (%s)',
		async (mode) => {
			const { run } = await runFrom((req, res) => {
				res.writeHead(200, { 'content-type': 'video/mp4' });
				let parts = 0;
				const timer = setInterval(() => {
					res.write('part ');
					if (++parts < 15) return;
					clearInterval(timer);
					res.end();
				}, 50);
			}, mode);
			expect(run.error).toBeUndefined();
			expect((await world.engine.binary(run.items('Kling')[0])).toString()).toBe(
				'part '.repeat(15),
			);
		},
	);

	test.each([
		['application/json', '{"error":"expired"}'],
		['text/plain; charset=utf-8', 'expired'],
		['application/xml', '<Error>expired</Error>'],
	])('is no video if it is %s', async (contentType, body) => {
		const { run } = await runFrom((req, res) =>
			res.writeHead(200, { 'content-type': contentType }).end(body),
		);
		expect(run.error?.message).toContain(`a page (${contentType.split(';')[0]}) instead`);
		expect(run.error?.message).toMatch(/paid for/);
	});

	test.each([
		['video/mp4', 'is not told', undefined],
		['video/mp4', 'says nothing', 'application/octet-stream'],
		['video/quicktime', 'has parameters', 'video/quicktime ; codecs=avc1'],
	])('is %s if its type %s', async (mimeType, _, told) => {
		const { run } = await runFrom((req, res) =>
			res.writeHead(200, told ? { 'content-type': told } : {}).end('film'),
		);
		expect(run.items('Kling')[0].binary.data.mimeType).toBe(mimeType);
	});

	test('is an error if there is nothing in it', async () => {
		const { run, taskId } = await runFrom((req, res) =>
			res.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 0 }).end(),
		);
		expect(run.error?.message).toContain(taskId);
	});

	test('is an error if its host does not exist', async () => {
		world.api.settings.resultsHost = 'http://nowhere.invalid';
		const { run, taskId } = await runWith('Lip Sync');
		expect(run.error?.message).toContain(taskId);
		expect(run.error?.description).toContain('http://nowhere.invalid');
	});
});

test('One lost video among ten leaves the other nine with Continue', async () => {
	const { sessionId } = await identified(world.api);
	const node = lipSync(
		{
			faceSource: 'session',
			sessionId,
			faceId: 'face_001',
			options: { ...LONG, downloadVideo: true },
		},
		{ onError: 'continueErrorOutput' },
	);
	world.api.fail({ method: 'FILE', path: '/result/', kind: 'status', status: 404, after: 4 });
	const run = await world.engine.run({ nodes: [node], input: items(10) });
	expect(run.items('Kling', 0).filter(({ binary }) => binary?.data)).toHaveLength(9);
	expect(run.items('Kling', 1)).toHaveLength(1);
	expect(world.api.creates(LIP_SYNC)).toHaveLength(10);
});

test('A lost picture of a face names the task and its session', async () => {
	const node = identifyFace(
		{ options: { ...LONG, downloadFaceImages: true } },
		{ onError: 'continueRegularOutput' },
	);
	world.api.fail({ method: 'FILE', path: '/face/', kind: 'status', status: 404, after: 1 });
	const run = await world.engine.run({ nodes: [node] });
	const [taskId] = createdIds(world);
	const sessionId = world.api.tasks.get(taskId)?.sessionId;
	expect(run.items('Kling')[0].json.error).toContain(taskId);
	expect(run.items('Kling')[0].json.details).toMatchObject({ taskId, sessionId, httpCode: 404 });
	expect(visible(world, run)).not.toContain(KEY);
});
