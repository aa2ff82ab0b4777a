import type { Engine } from './harness';
import type { INode, INodePropertyOptions, ResourceMapperFields } from 'n8n-workflow';
import type { Api, NodeParameters } from './setup';
import { kling, useWorld } from './setup';
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

const world = useWorld();
let api: Api;
let engine: Engine;
beforeAll(() => ({ api, engine } = world));

const panel = async (
	identifyTaskId: unknown,
	options: { credentials?: INode['credentials'] } = {},
) => await engine.loadFields('getFaces', { parameters: { identifyTaskId }, ...options });

type Fields = ResourceMapperFields['fields'];

/** What the panel says in place of fields; never the key, never markup of others. */
async function noticeOf(identifyTaskId: unknown, options?: { credentials?: INode['credentials'] }) {
	const { fields, emptyFieldsNotice = '' } = await panel(identifyTaskId, options);
	expect(fields).toEqual([]);
	expect(emptyFieldsNotice).not.toContain('test-key');
	expect(emptyFieldsNotice).not.toMatch(/[<>]|undefined|\[object/);
	return emptyFieldsNotice.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
}

const shown = (fields: Fields) => fields.filter(({ removed, display }) => display && !removed);
const folded = (fields: Fields) => fields.filter(({ removed, display }) => display && removed);

it('offers each face by name and time on screen, its timing folded away', async () => {
	const { taskId } = await identified(api, {
		faces: [{ start_time: 1250, end_time: 8000 }, { start_time: undefined }],
	});
	const { fields } = await panel(` ${taskId} `);
	expect(shown(fields)).toEqual([
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
	expect(folded(fields).map(({ id, type }) => [id, type])).toEqual(
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
	expect(shown(fields).map(({ id }) => id)).toEqual(['face_001', 'face_002']);
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
			fields
				.filter(({ display }) => display)
				.map(({ id, type }) => [id, type === 'number' ? 0 : AUDIO]),
		);
		for (const id of Object.keys(value)) if (id.endsWith('sound_end_time')) value[id] = 2000;
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
			expect(await noticeOf(value)).toMatch(/execute the previous nodes.*Identify Face.*'Retry'/);
			expect(api.log).toHaveLength(0);
		},
	);

	it('while no credential is chosen', async () => {
		expect(await noticeOf('cl1', { credentials: {} })).toMatch(/Choose a credential/);
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
		expect(await noticeOf(taskId)).toMatch(/No face was found/);
	});

	it('when the task is a lip sync', async () => {
		const taskId = await synced(api);
		expect(await noticeOf(taskId)).toMatch(/not an Identify Face task/);
		api.finish(taskId);
		expect(await noticeOf(taskId)).toMatch(/not an Identify Face task/);
	});

	it('when the task is unknown', async () => {
		expect(await noticeOf('cl-unknown')).toMatch(
			/does not know task cl-unknown.*Check the task ID/,
		);
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
		expect(await noticeOf('cl1')).toMatch(/does not respond \(connection refused\).*Base URL/);
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
	expect(shown(fields).map(({ id }) => id)).toEqual(ids);
	expect(({} as NodeParameters).displayName).toBeUndefined();
});

it('does not stall the editor with the faces of a crowd', async () => {
	const { taskId } = await identified(api, { faces: 500 });
	const { fields } = await panel(taskId);
	expect(shown(fields)).toHaveLength(50);
});

describe('a mapping', () => {
	const faces = async (value: object, parameters: object, schema: Fields) => {
		const mapping = { mappingMode: 'defineBelow', value, schema };
		const loaded = await engine.loadFields('getFaces', {
			parameters: { faceSource: 'identifyTask', faces: mapping, ...parameters },
		});
		return shown(loaded.fields).map(({ id, displayName }) => [id, displayName]);
	};

	it('of faces that this video does not have stays, and says so', async () => {
		const first = await identified(api, { faces: 3 });
		const { fields } = await panel(first.taskId);
		const value = {
			face_001: AUDIO,
			face_003: AUDIO,
			'face_003:sound_insert_time': 500,
			'face_002:sound_volume': null,
		};
		const { taskId: identifyTaskId } = await identified(api, { faces: 1 });
		const shownNow = await faces(value, { identifyTaskId }, fields);
		expect(shownNow).toEqual([
			['face_001', 'Face 1 · 0–8 s · ID face_001'],
			['face_003', 'Not in this video: ID face_003'],
			['face_003:sound_insert_time', 'Not in this video: ID face_003 · Start Speaking At (ms)'],
		]);
		expect(await faces(value, { identifyTaskId: first.taskId }, fields)).toEqual([
			['face_001', 'Face 1 · 0–8 s · ID face_001'],
			['face_002', 'Face 2 · 0–8 s · ID face_002'],
			['face_003', 'Face 3 · 0–8 s · ID face_003'],
		]);
	});

	it('stays as it is while the faces are not known', async () => {
		const { taskId } = await identified(api);
		const { fields } = await panel(taskId);
		const value = { face_002: AUDIO };
		expect(await faces(value, { identifyTaskId: null }, fields)).toEqual([
			['face_001', 'Face 1 · 0–8 s · ID face_001'],
			['face_002', 'Face 2 · 0–8 s · ID face_002'],
		]);
	});

	it('of which no face has a value gives way to a notice that says what to do', async () => {
		const { taskId } = await identified(api);
		const { fields } = await panel(taskId);
		const schema = fields;
		for (const value of [null, {}, { face_001: '', face_002: null }]) {
			const mapping = { mappingMode: 'defineBelow', value, schema };
			const parameters = { faceSource: 'identifyTask', identifyTaskId: null, faces: mapping };
			const loaded = await engine.loadFields('getFaces', { parameters });
			expect(loaded.fields).toEqual([]);
			expect(loaded.emptyFieldsNotice).toContain('Retry');
		}
	});

	it('that takes fields of the input needs no list', async () => {
		const faces = { mappingMode: 'autoMapInputData', value: null, schema: [] };
		const of = async (parameters: NodeParameters) =>
			await engine.loadFields('getFaces', {
				parameters: { faceSource: 'identifyTask', faces, ...parameters },
			});
		expect(await of({ identifyTaskId: '={{ $json.taskId }}' })).toEqual({ fields: [] });
		// A task that can't be used is worth a word.
		const { emptyFieldsNotice } = await of({ identifyTaskId: 'cl-unknown' });
		expect(emptyFieldsNotice).toContain('cl-unknown');
		expect(emptyFieldsNotice).not.toContain('Retry');
	});

	it.each([
		['of a task', async () => (await identified(api, { faces: 2 })).taskId, 2],
		['of a task that is not known yet', async () => null, 4],
	])('by position has the faces %s by their numbers', async (_, identify, count) => {
		const parameters = { identifyTaskId: await identify(), matchFacesBy: 'position' };
		const labels = await faces({ '#1': AUDIO, '#6': AUDIO }, parameters, [
			{ ...(await panel(null)).fields[0], id: '#6', displayName: 'Face 6', display: true },
		] as Fields);
		expect(labels.map(([id]) => id)).toEqual([
			...Array.from({ length: count }, (__, index) => `#${index + 1}`),
			'#6',
		]);
		expect(labels[0][1]).toMatch(/^Face 1( · 0–8 s)?$/);
		expect(labels[count][1]).toBe('Not in this video: Face 6');
	});

	it('of a new video is by position, whatever was set for an identify task', async () => {
		const labels = await faces({}, { faceSource: 'video', matchFacesBy: 'id' }, []);
		expect(labels).toEqual([1, 2, 3, 4].map((face) => [`#${face}`, `Face ${face}`]));
		expect(api.log).toHaveLength(0);
	});

	it.each([
		['ids that count', ['face_009', 'face_010'], 'face_011:sound_volume'],
		['plain numbers', ['0', '1'], '2:sound_volume'],
	])('knows the settings of further faces beforehand, by %s', async (_, ids, id) => {
		const { taskId } = await identified(api, { faces: ids.map((face_id) => ({ face_id })) });
		const { fields } = await panel(taskId);
		expect(fields.find((field) => field.id === id)).toMatchObject({
			removed: true,
			display: false,
		});
		expect(folded(fields)).toHaveLength(2 * 5);
	});

	it.each([
		['a new video', { faceSource: 'video', matchFacesBy: 'id' }],
		['a new video that was by position', { faceSource: 'video', matchFacesBy: 'position' }],
		['a task by position', { faceSource: 'identifyTask', matchFacesBy: 'position' }],
	])('knows the settings of further faces of %s beforehand', async (_, parameters) => {
		const identifyTaskId = null;
		const { fields } = await engine.loadFields('getFaces', {
			parameters: { identifyTaskId, ...parameters },
		});
		const hidden = fields.filter(({ display }) => !display).map(({ id }) => id);
		expect(hidden.filter((id) => id.endsWith(':sound_volume'))).toEqual([
			'#5:sound_volume',
			'#6:sound_volume',
		]);
	});

	it('guesses nothing for ids that do not count', async () => {
		const { taskId } = await identified(api, { faces: [{ face_id: 'anna' }] });
		const { fields } = await panel(taskId);
		expect(fields).toHaveLength(1 + 5);
	});
});

describe('the list of faces', () => {
	const list = async (parameters: object, options = {}) =>
		await engine.loadFields<INodePropertyOptions[]>('getFaceOptions', {
			parameters: { faceSource: 'identifyTask', ...parameters },
			...options,
		});

	it('begins with the positions of any video, then has the faces with their pictures', async () => {
		const { taskId } = await identified(api, {
			faces: [{ start_time: 1250, end_time: 8000 }, { face_reference: undefined }],
		});
		const options = await list({ identifyTaskId: taskId });
		expect(options.map(({ name, value }) => [name, value])).toEqual([
			['First Face Found', ''],
			['Second Face Found', '#2'],
			['Third Face Found', '#3'],
			['Fourth Face Found', '#4'],
			['Face 1 · 1.3–8 s', 'face_001'],
			[expect.stringMatching(/^Face 2/), 'face_002'],
		]);
		expect(options[4].description).toMatch(
			/<img src="http[^"]+\/1\.png" width="48" height="48" alt="">.*ID face_001/,
		);
		expect(options[5].description).not.toContain('<img');
		expect(options[5].description).toContain('ID face_002');
		expect(api.queries(taskId)).toHaveLength(1);
	});

	it('asks nothing for a new video', async () => {
		expect(await list({ faceSource: 'video', identifyTaskId: 'cl1' })).toHaveLength(4);
		expect(api.log).toHaveLength(0);
	});

	it.each([
		['is not known yet', async () => null, /execute the previous nodes.*Refresh List/],
		['is unknown to the API', async () => 'cl-1', /does not know task cl-1.*Check the task ID/],
		[
			'failed',
			async () => (await identified(api, { faces: 0 })).taskId,
			/no faces found.*face is large/,
		],
	])('says what to do while the task %s', async (_, identify, text) => {
		const options = await list({ identifyTaskId: await identify() });
		expect(options).toHaveLength(4);
		expect(options[0].description).toMatch(text);
	});

	it('says what to do while no credential is chosen', async () => {
		const [first] = await list({ identifyTaskId: 'cl1' }, { credentials: {} });
		expect(first.description).toMatch(/Choose a credential/);
	});

	it.each([
		'javascript:alert(1)',
		'data:image/png;base64,AAAA',
		'//files.example.com/a.png',
		'x" onerror="alert(1)',
		'https://files.example.com/" onerror="alert(1)',
		{ toString: 'x' },
	])('shows no picture that is none (%j), and no markup of others', async (face_reference) => {
		const face_id = '<img src=x onerror=alert(1)>';
		const { taskId } = await identified(api, {
			faces: [{ face_id, face_reference: face_reference as string }],
		});
		const { description = '' } = (await list({ identifyTaskId: taskId })).at(-1)!;
		expect(description.replace(/<(?:table|tr|td)>|<\/(?:table|tr|td)>/g, '')).toMatch(
			/^(<img src="https:\/\/files\.example\.com\/[^"<> ]*" width="48" height="48" alt="">)?&nbsp; ID [^<>"]*$/,
		);
	});

	it('shows beside the mapper which face is which, in either way of matching', async () => {
		const { taskId } = await identified(api, { faces: 7 });
		const options = await engine.loadFields<INodePropertyOptions[]>('getMatchOptions', {
			parameters: { faceSource: 'identifyTask', identifyTaskId: taskId },
		});
		expect(options.map(({ value }) => value)).toEqual(['id', 'position']);
		const captions = options.map(({ description = '' }) =>
			[...description.matchAll(/<br>([^<]+)</g)].map(([, caption]) => caption),
		);
		const numbers = [1, 2, 3, 4, 5, 6, 7];
		expect(captions[0]).toEqual(numbers.map((face) => `face_00${face}`));
		expect(captions[1]).toEqual(numbers.map((face) => `Face ${face}`));
		for (const { description } of options) expect(description?.match(/<img/g)).toHaveLength(7);
	});

	it('offers both ways of matching while the faces are not known', async () => {
		const options = await engine.loadFields<INodePropertyOptions[]>('getMatchOptions', {
			parameters: { faceSource: 'identifyTask', identifyTaskId: null },
		});
		expect(options).toEqual([
			{
				name: 'Face ID',
				value: 'id',
				description: 'Only this video: its faces by their IDs',
			},
			{
				name: 'Position',
				value: 'position',
				description: 'Any video: its faces in the order in which they are found',
			},
		]);
	});
});
