import {
	createdIds,
	IDENTIFY,
	identified,
	identifyFace,
	items,
	LIP_SYNC,
	lipSync,
	useWorld,
	VIDEO,
	type Fault,
	type NodeData,
} from './support';

const world = useWorld();

const lines = (...levels: string[]) =>
	world.engine.logs
		.filter(({ level }) => levels.includes(level))
		.map(({ message }) => message)
		.filter((message) => message.startsWith('Kling Lip Sync'));

/** What a log that takes more than text keeps beside it. */
const metaOf = (text: string) =>
	world.engine.logs.filter(({ message }) => message.includes(text)).map(({ meta }) => meta);

const byDefault = () => lines('info', 'warn', 'error');

const created = (model: string, node: string, executionId: string) =>
	createdIds(world, model).map(
		(taskId, item) =>
			`Kling Lip Sync: created task ${taskId} (${model}) [node "${node}", item ${item}, execution ${executionId}]`,
	);

test('Each create is in n8n’s log at its default level once, and nothing else is', async () => {
	const node = lipSync(
		{ faceSource: 'video', videoUrl: VIDEO, options: { maxConcurrency: 1 } },
		{ name: 'Dub the film' },
	);
	const { executionId } = await world.engine.run({ nodes: [node], input: items(3) });
	expect(createdIds(world)).toHaveLength(6);
	expect(byDefault()).toEqual([
		...created(IDENTIFY, 'Dub the film', executionId),
		...created(LIP_SYNC, 'Dub the film', executionId),
	]);
	expect(metaOf('created task').slice(3)).toEqual(
		createdIds(world, LIP_SYNC).map((taskId, itemIndex) => ({ taskId, itemIndex })),
	);
});

test('A create is in the log before the next one is sent', async () => {
	const loggedBefore: number[] = [];
	world.api.settings.identifyMs = () => {
		loggedBefore.push(byDefault().length);
		return 1;
	};
	const node = identifyFace({ options: { maxConcurrency: 1 }, waitMode: 'none' });
	await world.engine.run({ nodes: [node], input: items(4) });
	expect(loggedBefore).toEqual([0, 1, 2, 3]);
});

test('A line can not be broken by the name of the node', async () => {
	await world.engine.run({ nodes: [identifyFace({}, { name: 'A\n"B"' })] });
	expect(byDefault()).toEqual([expect.stringContaining('[node "A\\n\\"B\\"", item 0')]);
});

test.each<[string, Fault]>([
	['never came', { kind: 'reset-after' }],
	['says nothing of a task', { kind: 'status', status: 503 }],
	['can not be read', { kind: 'garbage' }],
])('A create whose answer %s is in the log, too', async (_, fault) => {
	world.api.fail({ method: 'POST', ...fault });
	const node = identifyFace({}, { onError: 'continueRegularOutput' });
	const { executionId } = await world.engine.run({ nodes: [node], input: items(1) });
	expect(lines('warn')).toEqual([
		expect.stringMatching(
			new RegExp(`A task may have been created .*node "Kling", item 0, execution ${executionId}`),
		),
	]);
	expect(metaOf('A task may have been created')).toEqual([{ itemIndex: 0 }]);
	expect(lines('info')).toEqual([]);
});

test('A create that is refused is no line', async () => {
	world.api.fail({ method: 'POST', kind: 'status', status: 402 });
	await world.engine.run({ nodes: [identifyFace()] });
	expect(byDefault()).toEqual([]);
});

test('A task that is taken up is not said to be created again', async () => {
	world.api.fail({ method: 'GET', kind: 'status', status: 401, times: 2 });
	const retry: Partial<NodeData> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
	await world.engine.run({ nodes: [identifyFace({}, retry)] });
	expect(byDefault()).toHaveLength(1);
});

test('Each new state of a task is one line for who looks closer', async () => {
	const { sessionId } = await identified(world.api);
	world.api.settings.lipSyncMs = 100;
	await world.engine.run({
		nodes: [lipSync({ faceSource: 'session', sessionId, faceId: 'face_001' })],
	});
	const debug = lines('debug');
	const [taskId] = createdIds(world);
	expect(debug.at(-1)).toBe(`Kling Lip Sync: task ${taskId} is completed`);
	expect(metaOf('is completed')).toEqual([{ taskId, state: 'completed' }]);
	expect(new Set(debug).size).toBe(debug.length);
	expect(debug.length).toBeLessThanOrEqual(2);
});
