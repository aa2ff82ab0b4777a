import { until } from '../server/client';
import { NEVER_MS } from '../server/workflows';
import { NAMES } from './deployment';
import type { Name } from './deployment';
import { useProduction } from './production';
import type { Run } from './production';

const PATIENCE_MS = 900_000;
const PAUSE = { waitMode: 'callback' };
const WAIT_HERE = { waitMode: 'poll', options: { maxConcurrency: 1 } };

const world = useProduction('Stops', {
	identifyMs: NEVER_MS,
	lipSyncMs: NEVER_MS,
});

/** What runs are at when something is stopped. */
const KINDS = {
	/** They are paused, and their tasks are not finished. */
	paused: { items: 2, nodes: [PAUSE], isHeld: false },
	/** They are paused, and Kling is calling back. */
	calledBack: { items: 4, nodes: [PAUSE], isHeld: false },
	/** They wait here for their tasks. */
	waitingHere: { items: 2, nodes: [WAIT_HERE], isHeld: true },
	/** They were paused, have gone on, and wait here in the next node. */
	resumed: { items: 2, nodes: [PAUSE, WAIT_HERE], isHeld: true },
	/** They have sent some of their creates, one after the other. */
	creating: { items: 8, nodes: [WAIT_HERE], isHeld: true },
};

type Kind = keyof typeof KINDS;

interface KnownRun extends Run {
	kind: Kind;
	/** The process without which it can't end; none has what is paused. */
	heldBy?: Name;
}

const ALL_KINDS = Object.keys(KINDS) as Kind[];
const nodesOf = (kind: Kind) => KINDS[kind].nodes.map((_, index) => `Kling${index + 1}`);

const workflows = {} as Record<Kind, string>;

beforeAll(async () => {
	// Long enough to stop something while a request is answered.
	world.api.settings.latencyMs = 500;
	for (const kind of ALL_KINDS) {
		const { items, nodes } = KINDS[kind];
		const names = nodesOf(kind);
		const row = nodes.map((parameters, index) => world.lipSync(names[index], parameters));
		workflows[kind] = await world.publishRow(kind, items, ...row);
	}
}, PATIENCE_MS);

/** Starts a run, by hand in the main process or from outside, and returns when it is at its kind. */
async function start(kind: Kind, isByHand = false): Promise<KnownRun> {
	const { items, isHeld, nodes } = KINDS[kind];
	const workflowId = workflows[kind];
	const run = isByHand
		? { workflowId, id: await world.runByHand(workflowId) }
		: await world.start(kind, workflowId);
	await world.creates(run, kind === 'creating' ? 2 : items);
	if (nodes[0] === PAUSE) await world.becomes(run, 'waiting');
	if (kind === 'resumed') {
		world.finish(world.tasksFrom(run));
		await world.creates(run, 2 * items);
	}
	const heldBy = isByHand ? 'main' : isHeld ? world.takersOf(run).at(-1) : undefined;
	return { ...run, kind, heldBy };
}

/** Starts runs of a kind until a process has one of them, where such a process can have one. */
async function startWith(name: Name, kind: Kind): Promise<KnownRun[]> {
	const isHeldByMain = name === 'main' && KINDS[kind].isHeld && kind !== 'resumed';
	const runs = [await start(kind, isHeldByMain)];
	if (!name.startsWith('worker') || !KINDS[kind].isHeld) return runs;
	while (runs.at(-1)?.heldBy !== name) runs.push(await start(kind));
	return runs;
}

/** Starts runs of every kind, and returns when they are at it and Kling is calling back. */
async function startAllKinds(name: Name): Promise<KnownRun[]> {
	const lasting = ALL_KINDS.filter((kind) => kind !== 'creating');
	const started = await Promise.all(lasting.map(async (kind) => await startWith(name, kind)));
	const runs = [...started.flat(), ...(await startWith(name, 'creating'))];
	for (const run of runs.filter(({ kind }) => kind === 'calledBack'))
		world.finish(world.tasksFrom(run));
	if (name.startsWith('webhook')) {
		await until(
			() => world.server.isAnswering(name),
			PATIENCE_MS,
			() => `Nothing comes to ${name}`,
		);
	}
	return runs;
}

async function expectFinishedOnce(runs: KnownRun[]) {
	// What runs in a process that is alive ends as it should, whatever n8n's recovery has written.
	await world.finishAll(runs, ({ heldBy }) => heldBy !== undefined);
	for (const { id, kind } of runs)
		world.expectFinishedOnce(await world.server.execution(id), ...nodesOf(kind));
	world.expectNothingPaidTwice();
}

/** The id of each task that a run was told of is in n8n's log. */
function expectIdsInLog({ id, kind, workflowId }: KnownRun) {
	const creates = world.createsOf({ id, workflowId });
	// The last one had no answer yet: its id was not known to anyone.
	const answered = kind === 'creating' ? creates.slice(0, -1) : creates;
	const log = world.server.log();
	expect(answered.filter(({ taskId }) => !log.includes(taskId!))).toEqual([]);
}

/**
 * Whether n8n itself has ended a run. A process that starts again takes all that it once began and
 * knows no end of for crashed, and writes so: waits are put right, but an execution that goes on
 * at that moment and is still in the queue is not.
 */
async function isCrashedByRecovery(name: Name, { id, kind }: KnownRun) {
	return (
		kind === 'calledBack' &&
		world.server.recoveredBy(name).includes(id) &&
		(await world.statusOf({ id })) === 'crashed'
	);
}

describe('when a process of n8n is killed', () => {
	test.each(NAMES)(
		'%s: nothing is paid twice, no ID is lost, and what it does not hold goes on',
		async (name) => {
			const runs = await startAllKinds(name);
			await world.server.kill(name);
			await world.server.restart(name);
			const lost = runs.filter(({ heldBy }) => heldBy === name);
			for (const run of runs) if (await isCrashedByRecovery(name, run)) lost.push(run);
			await expectFinishedOnce(runs.filter((run) => !lost.includes(run)));
			for (const run of lost) expectIdsInLog(run);
		},
	);
});

describe('when a worker is asked to end', () => {
	test('the IDs of the tasks it waits for are in the log at the default level', async () => {
		const runs = await startWith('worker1', 'waitingHere');
		await world.server.end('worker1');
		for (const run of runs.filter(({ heldBy }) => heldBy === 'worker1')) expectIdsInLog(run);
		await world.server.restart('worker1');
		await expectFinishedOnce(runs.filter(({ heldBy }) => heldBy !== 'worker1'));
	});
});

describe('when what n8n stands on is restarted', () => {
	test.each([
		['Redis', async () => await world.server.restartRedis()],
		['PostgreSQL', async () => await world.server.restartPostgres()],
	])(
		'%s: nothing is paid twice, no ID is lost, and paused executions go on',
		async (_, restart) => {
			const runs = await startAllKinds('main');
			await restart();
			const isPaused = ({ kind }: KnownRun) => !KINDS[kind].isHeld;
			await world.finishAll(runs);
			await expectFinishedOnce(runs.filter(isPaused));
			for (const run of runs.filter((run) => !isPaused(run))) expectIdsInLog(run);
		},
	);
});
