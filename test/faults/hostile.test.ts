import {
	AUDIO,
	chosenFaces,
	createdIds,
	getTask,
	IDENTIFY,
	identified,
	identifyFace,
	items,
	KEY,
	LIP_SYNC,
	lipSync,
	until,
	useWorld,
	VIDEO,
	visible,
	WITHOUT_END,
	type Fault,
	type NodeData,
	type Run,
} from './support';

const world = useWorld();

const MEGABYTE = 'long '.repeat(200_000);
const READABLE = 5_000;

/** Answers the next queries with a task as the vendor would tell it. */
const answerWith = (data: object) =>
	world.api.fail({
		method: 'GET',
		kind: 'body',
		times: WITHOUT_END,
		body: { code: 200, msg: 'success', data },
	});

const ask = async () => await world.engine.run({ nodes: [getTask({ taskId: 'task-1' })] });

describe('10,000 faces', () => {
	const COUNT = 10_000;
	const ids = Array.from({ length: COUNT }, (_, n) => `face_${String(n + 1).padStart(3, '0')}`);
	beforeEach(() => {
		// The service would open the audio of each.
		Object.assign(world.api.settings, { faces: COUNT, strict: false });
	});

	test('are identified', async () => {
		const run = await world.engine.run({ nodes: [identifyFace()] });
		const [{ json }] = run.items('Kling');
		expect(json.faceCount).toBe(COUNT);
		expect(json.faces.map(({ faceId }) => faceId)).toEqual(ids);
	});

	test('are all driven in one task', async () => {
		const { taskId } = await identified(world.api);
		const node = lipSync({ identifyTaskId: taskId, faceSelection: 'all', waitMode: 'none' });
		await world.engine.run({ nodes: [node] });
		expect(chosenFaces(world).map(({ length }) => length)).toEqual([COUNT]);
	});

	test('can be mapped', async () => {
		const { taskId } = await identified(world.api);
		const value = Object.fromEntries(ids.map((id) => [id, AUDIO]));
		const node = lipSync({
			identifyTaskId: taskId,
			faceSelection: 'map',
			faces: { mappingMode: 'defineBelow', value },
			waitMode: 'none',
		});
		await world.engine.run({ nodes: [node] });
		expect(chosenFaces(world).map(({ length }) => length)).toEqual([COUNT]);
	});

	test('do not make an error unreadable', async () => {
		const { taskId } = await identified(world.api);
		const node = lipSync({ identifyTaskId: taskId, faceId: 'nobody' });
		const run = await world.engine.run({ nodes: [node] });
		expect(run.error?.message).toBe('Face "nobody" is not in this video');
		expect(run.error?.description.length).toBeLessThan(READABLE);
		expect(world.api.creates()).toHaveLength(0);
	});

	test('do not stall the mapper', async () => {
		const { taskId } = await identified(world.api);
		const parameters = {
			operation: 'lipSync',
			faceSource: 'identifyTask',
			identifyTaskId: taskId,
			faceSelection: 'map',
		};
		const credentials = { klingLipSyncApi: { id: '1', name: 'Test' } };
		const { fields } = await world.engine.loadFields('getFaces', { parameters, credentials });
		expect(fields.length).toBeGreaterThan(0);
		expect(fields.length).toBeLessThan(1000);
	});
});

describe.each([
	['quotes', `a"b'c\``],
	['angle brackets', '<img src=x onerror=alert(1)>'],
	['braces', '{{ $json }}'],
	['__proto__', '__proto__'],
	['constructor', 'constructor'],
	['toString', 'toString'],
	['a colon', 'face:sound_volume'],
	['a line break', 'a\nb'],
	['signs of many bytes', '顔👩‍👩‍👧'],
])('a face ID with %s', (_, faceId) => {
	beforeEach(() => {
		world.api.settings.faces = [{ face_id: 'face_001' }, { face_id: faceId }];
	});

	test('is found, kept and can be driven', async () => {
		const found = await world.engine.run({
			nodes: [identifyFace({ options: { splitFaces: true } })],
		});
		expect(found.items('Kling').map(({ json }) => json.face.faceId)).toEqual(['face_001', faceId]);
		const [{ taskId }] = world.api.creates();
		const node = lipSync({ identifyTaskId: taskId, faceId: '={{ $json.id }}' });
		const run = await world.engine.run({ nodes: [node], input: [{ json: { id: faceId } }] });
		expect(run.items('Kling')[0].json.state).toBe('completed');
		const chosen = expect.objectContaining({ face_id: faceId, sound_file: AUDIO });
		expect(chosenFaces(world)).toEqual([[chosen]]);
	});

	test('can be mapped, and its timing', async () => {
		const { taskId } = await identified(world.api);
		const value = JSON.parse(
			`{${JSON.stringify(faceId)}:"${AUDIO}",${JSON.stringify(`${faceId}:sound_volume`)}:2}`,
		);
		const faces = { mappingMode: 'autoMapInputData', value: null };
		const node = lipSync({ identifyTaskId: taskId, faceSelection: 'map', faces });
		const run = await world.engine.run({ nodes: [node], input: [{ json: value }] });
		expect(run.error).toBeUndefined();
		const chosen = { face_id: faceId, sound_file: AUDIO, sound_volume: 2 };
		expect(chosenFaces(world)).toEqual([[expect.objectContaining(chosen)]]);
	});

	test('is shown as text in the mapper’s notice and fields', async () => {
		const { taskId } = await identified(world.api);
		const parameters = { operation: 'lipSync', faceSource: 'identifyTask', identifyTaskId: taskId };
		const credentials = { klingLipSyncApi: { id: '1', name: 'Test' } };
		const { fields } = await world.engine.loadFields('getFaces', { parameters, credentials });
		expect(fields.map(({ id }) => id)).toContain(faceId);
	});
});

test('A notice of the mapper quotes the vendor without its markup', async () => {
	answerWith({ taskId: 'task-1', state: 'failed', model: IDENTIFY, failMsg: '<script>x</script>' });
	const parameters = { operation: 'lipSync', faceSource: 'identifyTask', identifyTaskId: 'task-1' };
	const credentials = { klingLipSyncApi: { id: '1', name: 'Test' } };
	const { emptyFieldsNotice } = await world.engine.loadFields('getFaces', {
		parameters,
		credentials,
	});
	expect(emptyFieldsNotice).toContain('script');
	expect(emptyFieldsNotice).not.toContain('<');
});

describe('texts of a megabyte', () => {
	const readable = (run: Run) => {
		expect(run.status).toBe('error');
		expect(run.error?.message.length).toBeLessThan(READABLE);
		expect(run.error?.description?.length ?? 0).toBeLessThan(READABLE);
	};

	test.each([400, 500])('in the refusal of a create (HTTP %i) are cut', async (status) => {
		const body = JSON.stringify({ code: status, msg: MEGABYTE });
		world.api.fail({
			method: 'POST',
			kind: 'status',
			status,
			body,
			contentType: 'application/json',
		});
		const run = await world.engine.run({ nodes: [identifyFace()] });
		readable(run);
		expect(run.error?.message).toContain('long long');
	});

	test('in a page in place of an answer are cut', async () => {
		world.api.fail({ method: 'POST', kind: 'garbage', body: MEGABYTE });
		const run = await world.engine.run({
			nodes: [identifyFace({}, { onError: 'continueRegularOutput' })],
		});
		expect(JSON.stringify(run.items('Kling')[0].json).length).toBeLessThan(READABLE);
	});

	test('in a query’s refusal are cut', async () => {
		world.api.fail({ method: 'GET', kind: 'envelope', code: 400, msg: MEGABYTE });
		const run = await ask();
		readable(run);
		expect(run.error?.message).toContain('task-1');
	});

	test('in the reason of a failed task are cut in the message', async () => {
		world.api.settings.failWith = MEGABYTE;
		const run = await world.engine.run({ nodes: [identifyFace()] });
		readable(run);
		expect(run.error?.message).toContain(world.api.creates()[0].taskId);
	});

	test('in the reason of a failed identification are cut where its faces are used', async () => {
		answerWith({ taskId: 'task-1', state: 'failed', model: IDENTIFY, failMsg: MEGABYTE });
		const run = await world.engine.run({ nodes: [lipSync({ identifyTaskId: 'task-1' })] });
		readable(run);
		expect(run.error?.message).toContain('task-1');
	});

	test('in the place of a redirect are cut', async () => {
		const location = `https://other.example.com/${'a'.repeat(8000)}`;
		world.api.fail({ method: 'POST', kind: 'redirect', location });
		readable(await world.engine.run({ nodes: [identifyFace()] }));
	});

	test('in the URL of a video that can not be loaded are cut in the message', async () => {
		const videoUrl = `${world.api.url}/files/${'a'.repeat(15_000)}.mp4`;
		answerWith({ taskId: 'task-1', state: 'completed', model: LIP_SYNC, resultUrls: [videoUrl] });
		const node = getTask({ taskId: 'task-1', options: { downloadVideo: true } });
		const run = await world.engine.run({ nodes: [node] });
		readable(run);
		expect(run.error?.message).toContain('task-1');
	});

	test.each([
		['a video URL', identifyFace({ videoUrl: MEGABYTE })],
		['an audio URL', lipSync({ faceSource: 'video', videoUrl: VIDEO, audioUrl: MEGABYTE })],
		['a face ID', () => lipSync({ identifyTaskId: 'task-1', faceId: MEGABYTE })],
		[
			'a face that is chosen twice',
			lipSync({
				faceSource: 'session',
				sessionId: 's',
				faceSelection: 'json',
				faceChoose: JSON.stringify([
					{ face_id: MEGABYTE, sound_file: AUDIO },
					{ face_id: MEGABYTE, sound_file: AUDIO },
				]),
			}),
		],
		[
			'broken JSON',
			lipSync({
				faceSource: 'session',
				sessionId: 's',
				faceSelection: 'json',
				faceChoose: `[${MEGABYTE}`,
			}),
		],
	])('as %s are cut in the message, and nothing is sent', async (_, node) => {
		answerWith({
			taskId: 'task-1',
			state: 'completed',
			model: IDENTIFY,
			faceData: { session_id: 's', face_list: [{ face_id: 'face_001' }] },
		});
		readable(await world.engine.run({ nodes: [typeof node === 'function' ? node() : node] }));
		expect(world.api.creates()).toHaveLength(0);
	});
});

describe('a reason that n8n has an own text for', () => {
	test.each([
		'connect ECONNREFUSED 10.0.0.1:443',
		'read ECONNRESET',
		'getaddrinfo ENOTFOUND example.com',
		'ENOENT: no such file',
		'a preexisting task',
		'the task was canceled by an operator',
	])('is told as the vendor wrote it: %s', async (failMsg) => {
		world.api.settings.failWith = failMsg;
		const run = await world.engine.run({ nodes: [identifyFace()] });
		expect(run.status).toBe('error');
		expect(run.error?.message).toContain(world.api.creates()[0].taskId);
		expect(run.error?.message.replace('cancelled', 'canceled')).toContain(failMsg);
	});

	test.each(['read ECONNRESET', 'a preexisting task'])(
		'is told as the vendor wrote it when a request is refused: %s',
		async (msg) => {
			world.api.fail({ method: 'POST', kind: 'envelope', code: 400, msg });
			const run = await world.engine.run({ nodes: [identifyFace()] });
			expect(run.error?.message).toContain(msg);
		},
	);
});

describe('numbers that are none', () => {
	const strange: unknown[] = [
		'soon',
		'',
		' ',
		'NaN',
		'Infinity',
		'-Infinity',
		-1,
		'-5',
		null,
		true,
		false,
		[],
		[5],
		{},
		'1e999',
		{ valueOf: 5 },
	];

	test.each(strange.map((value) => [JSON.stringify(value), value]))(
		'%s as durations, times and prices',
		async (_, value) => {
			answerWith({
				taskId: 'task-1',
				state: 'completed',
				model: LIP_SYNC,
				resultJson: JSON.stringify({ resultUrls: [VIDEO], videoDuration: value }),
				createTime: value,
				completeTime: value,
				costTime: value,
				price: value,
			});
			const run = await ask();
			expect(run.items('Kling')[0].json).toEqual({
				taskId: 'task-1',
				state: 'completed',
				model: LIP_SYNC,
				videoUrl: VIDEO,
				resultUrls: [VIDEO],
			});
		},
	);

	test.each([1e308, Number.MAX_VALUE, 5e-324, 0])('%d as duration', async (videoDuration) => {
		answerWith({
			taskId: 'task-1',
			state: 'completed',
			model: LIP_SYNC,
			resultJson: JSON.stringify({ resultUrls: [VIDEO], videoDuration }),
		});
		const { json } = (await ask()).items('Kling')[0];
		for (const field of ['videoDuration', 'estimatedCostUsd']) {
			if (field in json) expect(Number.isFinite(json[field])).toBe(true);
		}
		expect(json.videoUrl).toBe(VIDEO);
	});
});

test.each([
	['no state', { taskId: 'task-1' }, /state/],
	['a state that is an object', { taskId: 'task-1', state: { is: 'completed' } }, /state/],
	['another task', { taskId: 'task-2', state: 'failed' }, /task-2/],
	['no video', { taskId: 'task-1', state: 'completed', model: LIP_SYNC }, /no video/],
	[
		'a video that is no web address',
		{
			taskId: 'task-1',
			state: 'completed',
			model: LIP_SYNC,
			resultUrls: ['file:///etc/passwd', 'javascript:alert(1)', 5, null],
		},
		/no video/,
	],
	['no session', { taskId: 'task-1', state: 'completed', model: IDENTIFY }, /no session/],
])('An answer with %s is an error that names the task', async (_, data, message) => {
	answerWith(data);
	const run = await ask();
	expect(run.error?.message).toMatch(message);
	expect(run.error?.message).toContain('task-1');
	expect(run.error?.description).toMatch(/not lost/);
});

test.each([
	['a number', 5],
	['an object', { url: 'x' }],
	['a file of this machine', 'file:///etc/passwd'],
	['no address', 'picture.png'],
	['a protocol that is not the web’s', 'gopher://127.0.0.1/'],
])('A face picture that is %s names the task that it belongs to', async (_, reference) => {
	world.api.settings.faces = [{ face_reference: reference as string }];
	const node = identifyFace(
		{ options: { downloadFaceImages: true } },
		{ onError: 'continueRegularOutput' },
	);
	const run = await world.engine.run({ nodes: [node] });
	const [{ taskId }] = world.api.creates();
	const [{ json, binary }] = run.items('Kling');
	expect(binary).toBeUndefined();
	expect(json.error ?? json.taskId).toContain(taskId);
	expect(json.details?.taskId ?? json.taskId).toBe(taskId);
});

describe('a vendor that quotes the key', () => {
	const SECRETS = {
		plain: KEY,
		'with signs of JSON': 'sk-"live"\\n/é',
		'of digits': '17' + '0'.repeat(10),
	};

	describe.each(Object.entries(SECRETS))('%s', (_, apiKey) => {
		beforeEach(() => {
			world.engine.credentials = { apiKey, baseUrl: world.api.url };
			world.api.settings.apiKey = [KEY, apiKey, Buffer.from(apiKey).toString('latin1')];
		});
		const hidden = (run: Run) => {
			// As it is, and as it looks in JSON, once and twice encoded.
			const seen = visible(world, run);
			expect(seen).not.toContain(apiKey);
			expect(seen).not.toContain(JSON.stringify(apiKey).slice(1, -1));
			return seen;
		};

		test.each(['stopWorkflow', 'continueRegularOutput'] as const)(
			'shows it nowhere when a create is refused (%s)',
			async (onError) => {
				const faults: Fault[] = [
					{ kind: 'envelope', code: 400, msg: `bad key ${apiKey}!` },
					{ kind: 'envelope', code: 500, msg: `bad key ${apiKey}!` },
					{ kind: 'garbage', body: `<html>${apiKey}</html>` },
					{ kind: 'body', body: { code: 200, data: { [apiKey]: [apiKey, { a: apiKey }] } } },
					{ kind: 'redirect', location: `https://example.com/?key=${encodeURI(apiKey)}` },
				];
				for (const fault of faults) {
					world.api.fail({ method: 'POST', ...fault });
					const run = await world.engine.run({ nodes: [identifyFace({}, { onError })] });
					expect(hidden(run)).toMatch(/\*\*\*|may have been created|redirects/);
				}
			},
		);

		test('shows it nowhere when a task has it in its reason, its result and its raw answer', async () => {
			answerWith({
				taskId: 'task-1',
				state: 'failed',
				model: IDENTIFY,
				failMsg: `key ${apiKey} is bad`,
				[apiKey]: { deep: [apiKey] },
			});
			const parameters = { taskId: 'task-1', options: { includeRaw: true } };
			const run = await world.engine.run({ nodes: [getTask(parameters)] });
			expect(run.items('Kling')[0].json.failMsg).toBe('key *** is bad');
			expect(hidden(run)).toContain('***');
			const failing = { ...parameters, options: { failOnFailedTask: true, includeRaw: true } };
			hidden(await world.engine.run({ nodes: [getTask(failing)] }));
		});
	});

	test('shows it nowhere when no connection comes about', async () => {
		world.api.fail({ method: 'POST', kind: 'reset' });
		world.api.fail({ method: 'GET', kind: 'reset', times: WITHOUT_END });
		const created = await world.engine.run({ nodes: [identifyFace()] });
		const asked = await ask();
		for (const run of [created, asked]) {
			expect(run.status).toBe('error');
			expect(visible(world, run)).not.toContain(KEY);
		}
	});
});

describe('an item whose options can not be worked out', () => {
	const input = [{ json: { isBroken: true } }, { json: { isBroken: false } }];
	const options = { includeRaw: '={{ $json.isBroken ? $("Nobody").item.json.x : false }}' };

	test.each<[string, (sessionId: string, taskId: string) => NodeData]>([
		['Identify Face', () => identifyFace({ options })],
		[
			'Lip Sync',
			(sessionId) => lipSync({ faceSource: 'session', sessionId, faceId: 'face_001', options }),
		],
		['Get Task', (_, taskId) => getTask({ taskId, options })],
	])('is that item’s own failure with Continue (%s)', async (_, nodeOf) => {
		for (const order of [input, [...input].reverse()]) {
			world.api.log.length = 0;
			const { taskId, sessionId } = await identified(world.api);
			const onError = 'continueRegularOutput';
			const node: NodeData = { ...nodeOf(sessionId, taskId), onError };
			const run = await world.engine.run({ nodes: [node], input: order });
			const broken = order.indexOf(input[0]);
			expect(run.items('Kling')).toHaveLength(2);
			expect(run.items('Kling')[broken].json.error).toEqual(expect.any(String));
			expect(run.items('Kling')[1 - broken].json.state).toBe('completed');
			expect(world.api.creates().length).toBeLessThanOrEqual(1);
		}
	});
});

test('An item whose options can not be worked out does not lose the tasks of a paused execution', async () => {
	await world.engine.serveBinary();
	const node = identifyFace(
		{
			waitMode: 'callback',
			options: { includeRaw: '={{ $json.n === 1 ? $("Nobody").item.json.x : false }}' },
		},
		{ onError: 'continueRegularOutput' },
	);
	// The time that the node takes for an answer runs fast, too: it may well ask to be told again.
	Object.assign(world.api.settings, { identifyMs: 600_000, backgroundRetryMs: 20 });
	world.api.settings.callbackRetriesMs = [];
	const run = await world.engine.run({ nodes: [node], input: items(3) });
	expect(run.status).toBe('waiting');
	expect(world.api.creates()).toHaveLength(2);
	for (const taskId of createdIds(world)) world.api.finish(taskId);
	const outcome = async () => await world.engine.finished(run.executionId);
	await until(async () => (await outcome()).status !== 'waiting');
	const results = (await outcome()).items('Kling').map(({ json }) => json);
	expect(results.map(({ state }) => state)).toEqual(['completed', undefined, 'completed']);
	expect(results[1].error).toEqual(expect.any(String));
});

test('A hundred items of which every third is hostile lose nothing', async () => {
	world.api.settings.failWith = (_, index) => (index % 3 === 0 ? '<b>"no"</b>\u0000' : null);
	const node = identifyFace(
		{ options: { timeoutMinutes: 60 } },
		{ onError: 'continueErrorOutput' },
	);
	const run = await world.engine.run({ nodes: [node], input: items(100) });
	const [good, bad] = [run.items('Kling', 0), run.items('Kling', 1)];
	expect(good).toHaveLength(66);
	expect(bad).toHaveLength(34);
	const ids = [
		...good.map(({ json }) => json.taskId),
		...bad.map(({ json }) => json.details.taskId),
	];
	expect(new Set(ids)).toEqual(new Set(createdIds(world)));
	expect(world.api.creates()).toHaveLength(100);
});
