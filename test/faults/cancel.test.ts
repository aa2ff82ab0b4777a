import {
	createdIds,
	getTask,
	IDENTIFY,
	identified,
	identifyFace,
	items,
	LIP_SYNC,
	lipSync,
	running,
	until,
	useWorld,
	VIDEO,
	WITHOUT_END,
	type NodeData,
	type Run,
} from './support';

// Hardly faster than for users: a wait that is not ended at once lasts longer than the tests allow.
const world = useWorld({ factor: 2 });
/** In ms: far less than what is waited for in these tests, 20 s and more, on a slow machine, too. */
const AT_ONCE = 10_000;

const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

const created = () => createdIds(world);
const warnings = () =>
	world.engine.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
const remembered = (run: Run) => JSON.stringify(run.data.executionData?.contextData);

/** Runs a node on some items, and cancels the execution once `isTime`. */
async function cancelled(node: NodeData, count: number, isTime: () => unknown) {
	const execution = world.engine.start({ nodes: [node], input: items(count) });
	await until(isTime);
	const at = Date.now();
	execution.cancel();
	const run = await execution.promise;
	return { run, ms: Date.now() - at };
}

test.each<[string, Partial<NodeData>]>([
	['', {}],
	[' with Retry On Fail', RETRY],
	[' with Continue', { onError: 'continueRegularOutput' }],
	[' with Continue and Retry On Fail', { ...RETRY, onError: 'continueErrorOutput' }],
])('While tasks are created%s, those under way end and no others follow', async (_, settings) => {
	// Long enough for all that are under way to be there when the execution is cancelled.
	world.api.settings.latencyMs = 1_000;
	const node = identifyFace({ options: { maxConcurrency: 3 } }, settings);
	const { run, ms } = await cancelled(node, 20, () => world.api.creates().length === 6);
	expect(run.status).toBe('canceled');
	expect(ms).toBeLessThan(AT_ONCE);
	expect(world.api.creates()).toHaveLength(6);
	expect(created()).toHaveLength(6);
	for (const taskId of created()) {
		expect(warnings().join()).toContain(taskId);
		expect(remembered(run)).toContain(taskId);
	}
	expect(world.api.queries()).toHaveLength(0);
});

test.each([
	['Identify Face', async () => identifyFace()],
	[
		'Lip Sync',
		async () => {
			const { sessionId } = await identified(world.api);
			return lipSync({ faceSource: 'session', sessionId, faceId: 'face_001' });
		},
	],
	['Lip Sync with a video', async () => lipSync({ faceSource: 'video', videoUrl: VIDEO })],
])('While %s waits, the waiting ends at once and the log keeps the tasks', async (_, nodeOf) => {
	world.api.settings.identifyMs = 600_000;
	world.api.settings.lipSyncMs = 600_000;
	const node = await nodeOf();
	world.api.fail({
		method: 'GET',
		kind: 'status',
		status: 429,
		retryAfter: 60,
		times: WITHOUT_END,
	});
	const { run, ms } = await cancelled(node, 3, () => world.api.queries().length >= 3);
	expect(run.status).toBe('canceled');
	expect(ms).toBeLessThan(AT_ONCE);
	expect(created()).toHaveLength(3);
	for (const taskId of created()) {
		expect(warnings().join()).toContain(taskId);
		expect(remembered(run)).toContain(taskId);
	}
});

test('While the video is looked at for faces, no lip sync is begun', async () => {
	world.api.settings.identifyMs = 600_000;
	const node = lipSync({ faceSource: 'video', videoUrl: VIDEO }, RETRY);
	const { run } = await cancelled(node, 2, () => world.api.queries().length > 0);
	for (const taskId of created()) world.api.finish(taskId);
	expect(run.status).toBe('canceled');
	expect(world.api.creates(IDENTIFY)).toHaveLength(2);
	expect(world.api.creates(LIP_SYNC)).toHaveLength(0);
});

test('While a create waits after a 429, it is not sent again', async () => {
	world.api.fail({ method: 'POST', kind: 'status', status: 429, retryAfter: 60 });
	const { run, ms } = await cancelled(identifyFace(), 1, () => world.api.creates()[0]?.status);
	expect(run.status).toBe('canceled');
	expect(ms).toBeLessThan(AT_ONCE);
	expect(world.api.creates()).toHaveLength(1);
});

test('While a query hangs, it is not waited for', async () => {
	const node = getTask({ taskId: await running(world.api) });
	world.api.fail({ method: 'GET', kind: 'hang', times: WITHOUT_END });
	const { run, ms } = await cancelled(node, 1, () => world.api.queries().length === 1);
	expect(run.status).toBe('canceled');
	expect(ms).toBeLessThan(AT_ONCE);
	expect(world.api.queries()).toHaveLength(1);
});

test('While a video is downloaded, the download ends and the log keeps the task', async () => {
	const { sessionId } = await identified(world.api);
	const options = { downloadVideo: true };
	const node = lipSync({ faceSource: 'session', sessionId, faceId: 'face_001', options });
	world.api.fail({ method: 'FILE', path: '/result/', kind: 'hang', times: WITHOUT_END });
	const results = () => world.api.files.filter(({ path }) => path.includes('/result/'));
	const { run, ms } = await cancelled(node, 1, () => results().length === 1);
	expect(run.status).toBe('canceled');
	expect(ms).toBeLessThan(AT_ONCE);
	expect(results()).toHaveLength(1);
	expect(warnings().join()).toContain(created()[0]);
});

test('While the faces are looked up, nothing is created', async () => {
	const { taskId } = await identified(world.api);
	world.api.fail({ method: 'GET', kind: 'status', status: 503, times: WITHOUT_END });
	const node = lipSync({ identifyTaskId: taskId }, { onError: 'continueRegularOutput' });
	const { run, ms } = await cancelled(node, 5, () => world.api.queries().length >= 2);
	expect(run.status).toBe('canceled');
	expect(ms).toBeLessThan(AT_ONCE);
	expect(world.api.creates()).toHaveLength(0);
});
