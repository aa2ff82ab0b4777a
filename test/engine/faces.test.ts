import type { Engine } from './harness';
import type { INode, ResourceMapperFields } from 'n8n-workflow';
import type { Api, NodeParameters, World } from './setup';
import { createWorld, kling } from './setup';
import {
	AUDIO,
	bodies,
	createTask,
	identified,
	IDENTIFY,
	LIP_SYNC,
	synced,
	taskOf,
	VIDEO,
} from './helpers';

const DAY = 86_400_000;

let api: Api;
let engine: Engine;
let world: World;

beforeAll(async () => {
	world = await createWorld();
	({ api, engine } = world);
});
afterAll(async () => await world.close());
beforeEach(() => {
	api.reset();
	Object.assign(api.settings, { faces: 2, identifyMs: 30, resultInQuery: 'plain' });
	Object.assign(api.settings, { queryExtras: {} });
	engine.credentials = { apiKey: 'test-key', baseUrl: api.url };
});

const panel = async (
	identifyTaskId: unknown,
	options: { credentials?: INode['credentials'] } = {},
) => await engine.loadFields('getFaces', { parameters: { identifyTaskId }, ...options });

/** What the panel says in place of fields; never the key, never markup of others. */
async function noticeOf(identifyTaskId: unknown, options?: { credentials?: INode['credentials'] }) {
	const { fields, emptyFieldsNotice = '' } = await panel(identifyTaskId, options);
	expect(fields).toEqual([]);
	expect(emptyFieldsNotice).not.toContain('test-key');
	expect(emptyFieldsNotice).not.toMatch(/[<>]|undefined|\[object/);
	return emptyFieldsNotice.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
}

it('offers each face by name and time on screen, its timing folded away', async () => {
	const { taskId } = await identified(api, {
		faces: [{ start_time: 1250, end_time: 8000 }, { start_time: undefined }],
	});
	const { fields } = await panel(` ${taskId} `);
	const shown = fields.filter(({ removed }) => !removed);
	expect(shown).toEqual([
		expect.objectContaining({
			id: 'face_001',
			displayName: expect.stringMatching(/^Face 1\b.*1\.3–8 s.*face_001/),
			type: 'string',
			display: true,
		}),
		expect.objectContaining({
			id: 'face_002',
			displayName: expect.stringMatching(/^Face 2\b.*face_002/),
		}),
	]);
	expect(fields.filter(({ removed }) => removed).map(({ id, type }) => [id, type])).toEqual(
		['face_001', 'face_002'].flatMap((faceId) =>
			[
				'sound_insert_time',
				'sound_start_time',
				'sound_end_time',
				'sound_volume',
				'original_audio_volume',
			].map((field) => [`${faceId}:${field}`, 'number']),
		),
	);
	expect(api.queries(taskId)).toHaveLength(1);
	expect(api.creates()).toHaveLength(0);
});

it('offers the faces of the newer revision of the API', async () => {
	api.settings.resultInQuery = 'resultJson';
	const { taskId } = await identified(api);
	const { fields } = await panel(taskId);
	expect(fields.filter(({ removed }) => !removed).map(({ id }) => id)).toEqual([
		'face_001',
		'face_002',
	]);
});

describe('what the panel offers', () => {
	const mapped = async (
		taskId: string,
		fields: ResourceMapperFields['fields'],
		value: NodeParameters,
	) =>
		await engine.run({
			nodes: [
				kling({
					operation: 'lipSync',
					faceSource: 'identifyTask',
					identifyTaskId: taskId,
					faceSelection: 'map',
					faces: { mappingMode: 'defineBelow', value, schema: fields },
					waitMode: 'none',
				}),
			],
		});

	it('is what a run then takes', async () => {
		const { taskId } = await identified(api);
		const { fields } = await panel(taskId);
		const value = Object.fromEntries(
			fields.map(({ id, type }) => [id, type === 'number' ? 0 : AUDIO]),
		);
		for (const { id } of fields) if (id.endsWith('sound_end_time')) value[id] = 2000;
		const run = await mapped(taskId, fields, value);
		expect(run.error).toBeUndefined();
		const timing = {
			sound_insert_time: 0,
			sound_start_time: 0,
			sound_end_time: 2000,
			sound_volume: 0,
			original_audio_volume: 0,
		};
		expect(bodies(api, LIP_SYNC)[0].face_choose).toEqual(
			['face_001', 'face_002'].map((face_id) => ({ face_id, sound_file: AUDIO, ...timing })),
		);
	});

	it.each([
		['absent', { face_002: AUDIO }],
		['null', { face_001: null, face_002: AUDIO }],
		['empty', { face_001: '', face_002: AUDIO }],
	])('may be left empty (%s)', async (_, value) => {
		const { taskId } = await identified(api);
		const { fields } = await panel(taskId);
		const run = await mapped(taskId, fields, value);
		expect(run.error).toBeUndefined();
		expect(bodies(api, LIP_SYNC)[0].face_choose).toMatchObject([
			{ face_id: 'face_002', sound_file: AUDIO },
		]);
	});
});

describe('in place of fields the panel says what to do', () => {
	it.each([undefined, null, '', '  ', 7, {}, '={{ $json.taskId }}'])(
		'while the task is not known (%p)',
		async (value) => {
			expect(await noticeOf(value)).toMatch(/Run Identify Face first/);
			expect(api.log).toHaveLength(0);
		},
	);

	it('while no credential is chosen', async () => {
		expect(await noticeOf('cl1', { credentials: {} })).toMatch(/credential.*choose one/i);
		expect(api.log).toHaveLength(0);
	});

	it.each(['pending', 'processing'])('while the task is %s', async (state) => {
		api.settings.identifyMs = state === 'pending' ? 1e9 : 1e6;
		const taskId = await createTask(api, { model: IDENTIFY, video_url: VIDEO });
		taskOf(api, taskId).pendingUntil = state === 'pending' ? Infinity : 0;
		const text = await noticeOf(taskId);
		expect(text).toContain(taskId);
		expect(text).toMatch(/not finished yet.*wait/i);
	});

	it('when the task failed', async () => {
		const { taskId } = await identified(api, { faces: 0 });
		const text = await noticeOf(taskId);
		expect(text).toContain('no faces found');
		expect(text).toMatch(/face is large/);
	});

	it('when no face was found in a task that completed', async () => {
		const { taskId } = await identified(api);
		api.settings.queryExtras = { faceData: { session_id: 's', face_list: [] } };
		expect(await noticeOf(taskId)).toMatch(/found no face/);
	});

	it('when the task is a lip sync', async () => {
		const taskId = await synced(api);
		expect(await noticeOf(taskId)).toMatch(/not an Identify Face task/);
		api.finish(taskId);
		expect(await noticeOf(taskId)).toMatch(/not an Identify Face task/);
	});

	it('when the task is unknown', async () => {
		expect(await noticeOf('cl-unknown')).toMatch(/cl-unknown is unknown.*Check the task ID/);
	});

	it('when the faces have expired', async () => {
		const { taskId } = await identified(api);
		api.settings.queryExtras = { completeTime: Date.now() - DAY - 60_000 };
		expect(await noticeOf(taskId)).toMatch(/24 hours.*Run Identify Face again/);
	});

	it('when the key is not accepted', async () => {
		engine.credentials = { apiKey: 'wrong-key', baseUrl: api.url };
		const text = await noticeOf('cl1');
		expect(text).toMatch(/does not accept the API key/);
		expect(text).not.toContain('wrong-key');
	});

	it.each([
		['has an error', { kind: 'status', status: 500 }],
		['is busy', { kind: 'status', status: 429, retryAfter: 3600 }],
		['hangs up', { kind: 'reset' }],
		['sends a page', { kind: 'garbage' }],
		['sends no task', { kind: 'body', body: { code: 200, msg: 'success', data: null } }],
		['hides an error in its answer', { kind: 'envelope', code: 500, msg: 'oops <b>' }],
	])('when the API %s', async (_, fault) => {
		const { taskId } = await identified(api);
		api.fail(fault);
		const text = await noticeOf(taskId);
		expect(text).toContain(taskId);
		expect(api.queries()).toHaveLength(1);
	});

	it('when nobody answers', async () => {
		engine.credentials = { apiKey: 'test-key', baseUrl: 'http://127.0.0.1:1' };
		expect(await noticeOf('cl1')).toMatch(/does not answer \(connection refused\).*Base URL/);
	});

	it('when the vendor quotes the key or sends markup', async () => {
		const { taskId } = await identified(api);
		api.fail({ kind: 'envelope', code: 418, msg: 'Bearer test-key <script>alert(1)</script>' });
		expect(await noticeOf(taskId)).toContain('***');
	});
});

it('has no markup of a hostile task id or face id in a place where HTML is shown', async () => {
	const hostile = '<img src=x onerror=alert(1)>';
	const { emptyFieldsNotice } = await panel(hostile);
	expect(emptyFieldsNotice).not.toContain('<');
	expect(emptyFieldsNotice).toContain('onerror');
	const ids = [hostile, '__proto__', 'constructor', 'face_001:sound_volume', '{{ 1 + 1 }}'];
	const { taskId } = await identified(api, { faces: ids.map((face_id) => ({ face_id })) });
	const { fields } = await panel(taskId);
	expect(fields.filter(({ removed }) => !removed).map(({ id }) => id)).toEqual(ids);
	expect(({} as NodeParameters).displayName).toBeUndefined();
});

it('does not stall the editor with the faces of a crowd', async () => {
	const { taskId } = await identified(api, { faces: 500 });
	const { fields } = await panel(taskId);
	expect(fields.filter(({ removed }) => !removed)).toHaveLength(50);
});
