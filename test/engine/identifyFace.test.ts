import type { Engine } from './harness';
import type { Api, NodeParameters, RunSettings } from './setup';
import { useWorld } from './setup';
import { bodies, deepText, fetched, IDENTIFY, numberIn, taskOf, VIDEO } from './helpers';

const world = useWorld({ factor: 50 });
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));

const identify = async (parameters: NodeParameters, settings?: RunSettings) =>
	await world.run({ operation: 'identifyFace', videoUrl: VIDEO, ...parameters }, settings);

const facesOf = ({ taskId }: { taskId: string }) =>
	[1, 2].map((number) => ({
		faceId: `face_00${number}`,
		faceReference: `${api.url}/files/face/${taskId}/${number}.png`,
		startTime: 0,
		endTime: 10_000,
	}));

it('finds the faces of a video and waits for them', async () => {
	const run = await identify({});
	expect(run.status).toBe('success');
	expect(bodies(api)).toEqual([{ model: IDENTIFY, video_url: VIDEO }]);
	const [item] = run.items('Kling');
	expect(run.items('Kling')).toHaveLength(1);
	const { sessionId } = taskOf(api, item.json.taskId);
	expect(item).toEqual({
		json: {
			taskId: expect.stringMatching(/^cl/),
			state: 'completed',
			model: IDENTIFY,
			sessionId,
			faces: facesOf(item.json),
			faceCount: 2,
			createTime: expect.any(Number),
			completeTime: expect.any(Number),
			costTime: expect.any(Number),
			estimatedCostUsd: 0.0007,
			videoDuration: 10,
		},
		pairedItem: { item: 0 },
	});
});

it('does not wait when told so', async () => {
	api.settings.identifyMs = 1e9;
	const run = await identify({ waitMode: 'none' });
	expect(run.items('Kling')[0].json).toEqual({
		taskId: [...api.tasks.keys()][0],
		state: 'pending',
		model: IDENTIFY,
		estimatedCostUsd: 0.0007,
		videoDuration: 10,
	});
	expect(api.queries()).toHaveLength(0);
	expect(bodies(api)[0]).not.toHaveProperty('callback_url');
});

it('tells a receiver of the user', async () => {
	api.settings.callbacks = 'dropped';
	await identify({ waitMode: 'none', options: { callbackUrl: ' https://example.com/done?x=1 ' } });
	api.settings.callbacks = 'normal';
	expect(bodies(api)).toEqual([
		{ model: IDENTIFY, video_url: VIDEO, callback_url: 'https://example.com/done?x=1' },
	]);
});

it('takes blanks around the URL and a URL from an expression of each item', async () => {
	const input = [1, 2].map((n) => ({ json: { url: `${VIDEO}?n=${n}` } }));
	const run = await identify({ videoUrl: '= {{ $json.url }} ' }, { input });
	expect(run.items('Kling').map(({ pairedItem }) => pairedItem)).toEqual([
		{ item: 0 },
		{ item: 1 },
	]);
	expect(
		bodies(api)
			.map(({ video_url }) => video_url)
			.sort(),
	).toEqual([`${VIDEO}?n=1`, `${VIDEO}?n=2`]);
	for (const [index, { json }] of run.items('Kling').entries())
		expect(taskOf(api, json.taskId).request.video_url).toBe(`${VIDEO}?n=${index + 1}`);
});

it('gives one item per face, all paired to the input item they come from', async () => {
	api.settings.faces = ({ video_url: url }) => numberIn(url);
	const input = [2, 1].map((n) => ({ json: { n } }));
	const run = await identify(
		{ videoUrl: `=${VIDEO}?n={{ $json.n }}`, options: { splitFaces: true } },
		{ input },
	);
	const items = run.items('Kling');
	expect(
		items.map(({ json, pairedItem }) => [json.face.faceId, json.faceCount, pairedItem]),
	).toEqual([
		['face_001', 2, { item: 0 }],
		['face_002', 2, { item: 0 }],
		['face_001', 1, { item: 1 }],
	]);
	expect(items[1].json.face).toEqual(items[0].json.faces[1]);
	expect(items[0].json.taskId).toBe(items[1].json.taskId);
	expect(items[0].json.taskId).not.toBe(items[2].json.taskId);
});

describe('pictures of the faces', () => {
	it('are added as files, fetched without the key', async () => {
		const run = await identify({ options: { downloadFaceImages: true } });
		const [item] = run.items('Kling');
		expect(Object.keys(item.binary)).toEqual(['face_1', 'face_2']);
		const { taskId } = item.json;
		expect(item.binary.face_1).toMatchObject({
			fileName: `${taskId}-face_1.png`,
			mimeType: 'image/png',
		});
		const [first, second] = await Promise.all(
			['face_1', 'face_2'].map(async (name) => await engine.binary(item, name)),
		);
		expect(first.subarray(1, 4).toString()).toBe('PNG');
		expect(second.equals(first)).toBe(false);
		expect(fetched(api).map(({ path }) => path)).toEqual([
			`/files/face/${taskId}/1.png`,
			`/files/face/${taskId}/2.png`,
		]);
		expect(deepText(api.files)).not.toContain('test-key');
	});

	it('are called data when every face has its own item', async () => {
		const run = await identify({ options: { downloadFaceImages: true, splitFaces: true } });
		const items = run.items('Kling');
		expect(items.map(({ binary }) => Object.keys(binary))).toEqual([['data'], ['data']]);
		expect(items[1].binary.data.fileName).toBe(`${items[1].json.taskId}-face_2.png`);
	});

	it('that can not be fetched do not lose the task', async () => {
		api.fail({ kind: 'status', method: 'FILE', status: 404, after: 1 });
		const run = await identify(
			{ options: { downloadFaceImages: true } },
			{ nodeSettings: { onError: 'continueRegularOutput' } },
		);
		const [{ json }] = run.items('Kling');
		const [taskId] = api.tasks.keys();
		expect(json.error).toContain(taskId);
		expect(json.error).toContain('Face 1');
		expect(json.details).toMatchObject({ taskId, state: 'completed', httpCode: 404 });
		expect(json.details.sessionId).toBe(taskOf(api, taskId).sessionId);
	});
});

it('adds the answer of the API as it came', async () => {
	const run = await identify({ options: { includeRaw: true } });
	const { raw, taskId } = run.items('Kling')[0].json;
	expect(raw).toMatchObject({ code: 200, data: { taskId, faceData: { face_list: [{}, {}] } } });
});

it('keeps the task id and the reason of a failed identification', async () => {
	api.settings.faces = 0;
	const run = await identify({});
	const [taskId] = api.tasks.keys();
	expect(run.status).toBe('error');
	expect(run.error?.message).toContain(taskId);
	expect(run.error?.message).toContain('Face detection failed: no faces found');
	expect(run.error?.description).toMatch(/face is large/);
	expect(run.error?.context.itemIndex).toBe(0);
});
