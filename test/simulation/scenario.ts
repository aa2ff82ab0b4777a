import type { N8nSettings, Step } from './n8n';
import { N8n } from './n8n';
import type { Product } from './product';
import { randomOf, Timeline } from './timeline';
import type { VendorSettings } from './vendor';
import { Vendor } from './vendor';

export interface Scenario extends N8nSettings, VendorSettings {
	/** Of all that is left to chance. */
	seed: number;
	/** When processes are killed, ms after the start, and how long they are down. */
	crashes: Array<{ at: number; process: number; downMs: number }>;
}

/** How long a simulation may take, in its own time. */
const LATEST = 5 * 3_600_000;
/** After how long the timer of a wait has to have ended it: n8n looks for waits every minute. */
const TIMER_LATE = 130_000;
/** How long before its end a wait with finished tasks must not be left to the timer. */
const NO_TIMER = 120_000;

/** What became of a scenario. */
export interface Ended {
	violations: string[];
	story: string[];
	/** ms from the last callback to the going on, of waits to which nothing bad happened. */
	delays: number[];
}

/** Plays a scenario to its end, and looks at what must never happen. */
export async function play(scenario: Scenario, products: Product[]): Promise<Ended> {
	const timeline = new Timeline(randomOf(scenario.seed));
	const vendor: Vendor = new Vendor(timeline, scenario, (url, body) => n8n.call(url, body));
	const n8n: N8n = new N8n(
		timeline,
		scenario,
		products,
		async (options) => await vendor.request(options),
	);
	n8n.start();
	for (const { at, process, downMs } of scenario.crashes) {
		const processes = [...new Set([...n8n.web, n8n.runner])];
		timeline.after(at, () => n8n.crash(processes[process % processes.length], downMs));
	}
	await timeline.run(LATEST, () => n8n.isOver);
	// Whoever is not answered 200 by now will be told for half an hour that it is over.
	await timeline.run(timeline.now + 15_000, () =>
		vendor.deliveries.every(({ isAccepted }) => isAccepted),
	);
	const { violations, delays } = judge(scenario, vendor, n8n);
	return { violations, story: timeline.story, delays };
}

function judge(scenario: Scenario, vendor: Vendor, n8n: N8n) {
	const { steps } = scenario;
	const violations: string[] = [];
	const delays: number[] = [];
	const tasks = [...vendor.tasks.values()];

	for (const { slot } of tasks) {
		const count = tasks.filter((task) => task.slot === slot).length;
		if (count > 1) violations.push(`${slot} was paid ${count} times`);
	}
	if (!n8n.isOver) violations.push(`the execution is ${n8n.row.status} for ever`);
	if (!n8n.isLost && n8n.isOver && n8n.row.status !== 'success')
		violations.push(`the execution is ${n8n.row.status}`);

	for (const { wait, by, at } of n8n.resumed) {
		const [name] = wait.split(' ');
		const step = steps.find((candidate) => candidate.name === name)!;
		const times = n8n.resumed.filter((other) => other.wait === wait).length;
		// n8n's own Wait node saves itself at once, and what was read before is written over it.
		const next = steps[steps.indexOf(step) + 1];
		if (times > 1 && step.kind === 'pause' && next?.kind !== 'wait')
			violations.push(`${wait} went on ${times} times`);
		if (step.kind !== 'pause' || times > 1) continue;

		const own = tasks.filter(({ slot }) => slot.startsWith(`${wait} `));
		const until = Math.min(...own.map(({ createdAt }) => createdAt)) + step.timeoutMinutes * 60_000;
		const lastFinished = Math.max(...own.map(({ finishedAt }) => finishedAt));
		const deliveries = vendor.deliveries.filter(({ taskId }) =>
			own.some((task) => task.taskId === taskId),
		);
		if (by === 'the timer' && scenario.lost === 0 && lastFinished < until - NO_TIMER)
			violations.push(`${wait} was left to the timer`);
		if (at > until + TIMER_LATE + 5_000) violations.push(`${wait} went on too late`);
		if (isHealthy(scenario) && by !== 'the timer') {
			// A callback that came before n8n had saved the wait was refused, and may come again too late.
			const taken = deliveries.flatMap(({ taskId, attempts, isAccepted }) => {
				const first = attempts.find(({ status }) => status !== 409);
				return first && first.at < at ? [{ taskId, at: first.at, isAccepted }] : [];
			});
			const delay = at - Math.max(...taken.map((callback) => callback.at));
			if (scenario.lost === 0) delays.push(delay);
			if (scenario.lost === 0 && delay > 3_000)
				violations.push(`${wait} went on ${Math.round(delay)} ms after the last callback`);
			for (const { taskId, isAccepted } of taken) {
				if (!isAccepted) violations.push(`the callback of ${taskId} is repeated for half an hour`);
			}
		}
	}
	for (const { step: wait, jsons } of n8n.outputs)
		violations.push(...wrongItems(wait, jsons, vendor, steps));
	return { violations: [...new Set(violations)], delays };
}

/** What came out of a node has to be its own tasks, in the order of its items. */
function wrongItems(
	wait: string,
	jsons: Array<Record<string, unknown>>,
	vendor: Vendor,
	steps: Step[],
): string[] {
	const step = steps.find(({ name }) => name === wait.split(' ')[0])!;
	if (step.kind !== 'pause' && step.kind !== 'create') return [];
	return jsons.flatMap((json, index) => {
		const { taskId = json.taskId } = (json.details ?? {}) as { taskId?: unknown };
		const { slot, isRefused } = vendor.tasks.get(String(taskId)) ?? {};
		if (slot !== `${wait} ${index}`)
			return [`item ${index} of ${wait} is ${slot ?? JSON.stringify(json)}`];
		const isDone =
			step.kind === 'create' ||
			json.state === 'completed' ||
			json.timedOut === true ||
			(isRefused && json.error !== undefined);
		return isDone ? [] : [`item ${index} of ${wait} is ${String(json.state)}`];
	});
}

/** Whether nothing bad happens that could be to blame. */
function isHealthy(scenario: Scenario): boolean {
	const { crashes, badTime, badQuery, refused, reachesItself, lagMs } = scenario;
	const isCalm = badTime + badQuery + refused === 0 && lagMs[1] < 1_000;
	return crashes.length === 0 && isCalm && reachesItself;
}
