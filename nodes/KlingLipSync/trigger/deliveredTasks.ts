import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';

import { clock } from '../clock';
import type { Task } from '../task/task';

/** How many tasks are remembered in the process, and how many in the workflow's static data. */
const MOST_IN_MEMORY = 10_000;
const MOST_STORED = 500;
const STORE_KEY = 'delivered';
/** How long a delivery waits for n8n's answer to one of the same task, in ms. */
const ANSWERED_WITHIN = 2_000;
const LOOK_AGAIN = 50;
/** How long n8n may take to start the workflow and to answer, whoever is there to hear it, in ms. */
const LONGEST_START = 60_000;

/** What stands in the way of starting the workflow for a task. */
export type Obstacle = 'started' | 'starting' | 'late';

/** What of n8n's answer tells whether the workflow was started. */
interface Response {
	writableEnded: boolean;
	statusCode: number;
}

interface Place {
	/** Tasks that have started the workflow, those learnt last at the end. */
	started: Set<string>;
	/** Tasks for which n8n has been told to start it. */
	starting: Map<string, Response>;
	/** Tasks that came late, and are taken when they come again. */
	late: Set<string>;
	/** When a task was taken here last, in ms since the epoch. */
	lastTaken: number;
	/** Whether other processes take tasks, too, as far as their lists have been seen here. */
	hasOthers: boolean;
	/** The shortest time from a task's end, by the vendor's clock, to its callback, in ms. */
	shortestWay: number;
}

/**
 * Which tasks have started the workflow of a trigger, at one or several processes of n8n.
 *
 * Each process remembers what it has started itself, and what it has read: with each callback n8n
 * hands over the workflow's static data as the database has it, and writes its copy back when the
 * callback is answered. So a list that lacks a task this process knows is written anew, whatever the
 * callback, and every process comes to know of all tasks. Two processes that answer at the same time
 * can still drop what the other has just added; see `mayBeRepeated`. n8n may lose static data
 * altogether, which at worst starts a workflow twice after a restart.
 *
 * A task counts as started once n8n has written the list for its callback, or answered it with a good
 * status: whoever has hung up meanwhile does not keep n8n from starting the workflow, and does not
 * learn when it could not.
 */
export class DeliveredTasks {
	private readonly places = new Map<string, Place>();

	/** What has become of the task's earlier deliveries; one that is being answered is waited for. */
	async find(
		context: IWebhookFunctions,
		key: string,
		taskId: string,
	): Promise<Obstacle | undefined> {
		const place = this.placeOf(key);
		const until = clock.now() + ANSWERED_WITHIN;
		while (isBeingAnswered(place, taskId, until)) await clock.sleep(LOOK_AGAIN);
		learn(context, place);
		return stateOf(place, taskId);
	}

	/** Takes the delivery of a task, whose workflow n8n starts next, unless something is in the way. */
	async take(context: IWebhookFunctions, key: string, task: Task): Promise<Obstacle | undefined> {
		const place = this.placeOf(key);
		const until = clock.now() + ANSWERED_WITHIN;
		while (isBeingAnswered(place, task.taskId, until)) await clock.sleep(LOOK_AGAIN);
		// From here on nothing may come in between: of two deliveries one takes the task.
		learn(context, place);
		const obstacle = stateOf(place, task.taskId) ?? latenessOf(place, task);
		if (obstacle) return obstacle;
		place.starting.set(task.taskId, context.getResponseObject());
		place.lastTaken = clock.now();
		store(context, place, task.taskId);
		return undefined;
	}

	/** Forgets what was delivered at a place. */
	forget(key: string): void {
		this.places.delete(key);
	}

	private placeOf(key: string): Place {
		const place = this.places.get(key) ?? {
			started: new Set(),
			starting: new Map(),
			late: new Set(),
			lastTaken: -Infinity,
			hasOthers: false,
			shortestWay: Infinity,
		};
		this.places.set(key, place);
		return place;
	}
}

/**
 * Whether a callback that this process knows nothing of may repeat one that another process has taken.
 * When both have answered callbacks at the same time, the list of one may have been written over the
 * other's. Such a callback comes late, while none has come here since then, or while others are known
 * to take some: a busy n8n needs seconds between reading the list and writing it. The next delivery
 * comes to the other process, or brings the list as it is by then.
 *
 * @param toldAt when the task's callback should have come, in ms since the epoch like the others
 * @param lastTaken when this process took a callback last
 */
export function mayBeRepeated(
	toldAt: number,
	lastTaken: number,
	hasOthers: boolean,
	now: number,
): boolean {
	const [delay, quiet] = [now - toldAt, now - lastTaken];
	const isLate = delay > 1_500 && delay < 60_000;
	return isLate && (quiet > 1_000 || hasOthers) && Math.abs(toldAt - lastTaken) < 10_000;
}

function latenessOf(place: Place, { taskId, completeTime }: Task): 'late' | undefined {
	if (completeTime === undefined) return undefined;
	const now = clock.now();
	place.shortestWay = Math.min(place.shortestWay, now - completeTime);
	const toldAt = completeTime + place.shortestWay;
	const isLate = mayBeRepeated(toldAt, place.lastTaken, place.hasOthers, now);
	if (!isLate || place.late.has(taskId)) return undefined;
	remember(place.late, taskId, MOST_STORED);
	return 'late';
}

/** Whether n8n's answer to the delivery that has taken the task is worth waiting for. */
function isBeingAnswered(place: Place, taskId: string, until: number): boolean {
	return clock.now() < until && stateOf(place, taskId) === 'starting';
}

function stateOf(place: Place, taskId: string): 'started' | 'starting' | undefined {
	for (const [id, { writableEnded, statusCode }] of place.starting) {
		if (!writableEnded) continue;
		// Otherwise n8n could not start the workflow, and the next delivery has to.
		if (statusCode < 400) markStarted(place, id);
		else place.starting.delete(id);
	}
	if (place.started.has(taskId)) return 'started';
	return place.starting.has(taskId) ? 'starting' : undefined;
}

function markStarted(place: Place, taskId: string): void {
	place.starting.delete(taskId);
	remember(place.started, taskId, MOST_IN_MEMORY);
}

/** Takes over what static data knows, and puts back what it lacks. */
function learn(context: IWebhookFunctions, place: Place): void {
	const list = (context.getWorkflowStaticData('node') as IDataObject)[STORE_KEY];
	const stored = new Set(Array.isArray(list) ? (list as string[]) : []);
	for (const id of stored) {
		place.hasOthers ||= !place.started.has(id) && !place.starting.has(id);
		remember(place.started, id, MOST_IN_MEMORY);
	}
	if (listOf(place).some((id) => !stored.has(id))) store(context, place);
}

/**
 * What is stored is worked out when n8n writes it: by then further tasks may have started. n8n writes
 * the data of a callback once it has started the workflow for it, and not at all where it could not.
 */
function store(context: IWebhookFunctions, place: Place, taskId?: string): void {
	const toJSON = () => {
		if (taskId) markStarted(place, taskId);
		return listOf(place);
	};
	const change = () => {
		context.getWorkflowStaticData('node')[STORE_KEY] = { toJSON };
	};
	change();
	if (taskId) void changeUntilAnswered(change, context.getResponseObject());
}

/**
 * n8n forgets that static data were changed when it starts the workflow: it makes a second `Workflow`
 * of the same data (`workflow-runner.js`, `establishContextForPersistence`) before it looks whether
 * there is anything to write. So they are changed again until the callback is answered.
 */
async function changeUntilAnswered(change: () => void, response: Response): Promise<void> {
	const until = clock.now() + LONGEST_START;
	for (let pause = 1; !response.writableEnded && clock.now() < until; pause *= 2) {
		await clock.sleep(Math.min(pause, LOOK_AGAIN));
		change();
	}
}

function listOf({ started }: Place): string[] {
	return [...started].slice(-MOST_STORED);
}

function remember(ids: Set<string>, id: string, most: number): void {
	ids.add(id);
	if (ids.size > most) ids.delete(ids.values().next().value as string);
}
