import { randomInt, randomUUID } from 'node:crypto';
import type { Lifetime } from './lifetime';
import { IDENTIFY } from './models';
import type { CreateRequest } from './requests';
import { valueOf, type EmulatorSettings, type Failure } from './settings';

const ALPHANUMERICS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SHARE_PENDING = 0.2;
const SESSION_MS = 24 * 60 * 60_000;
const NO_FACES = 'Face detection failed: no faces found';

/** A face that was found; it can be driven from `start_time` to `end_time` (ms). */
export interface Face {
	face_id: string;
	face_reference: string;
	start_time: number;
	end_time: number;
	[field: string]: unknown;
}

/** Faces that can be driven; `openedAt` in ms since the epoch. */
export interface Session {
	faces: Face[];
	openedAt: number;
}

/** How a task is to end, where it is told to. */
export interface Outcome {
	state?: 'completed' | 'failed';
	failMsg?: string;
	failCode?: string | number;
}

const makeTaskId = () =>
	`cl${Array.from({ length: 23 }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('')}`;

interface PlannedFailure {
	failMsg: string;
	failCode: string | null;
}

function toFailure(failure: Failure | undefined): PlannedFailure | null {
	if (!failure) return null;
	const { failMsg, failCode = null } = typeof failure === 'string' ? { failMsg: failure } : failure;
	return { failMsg, failCode: failCode === null ? null : String(failCode) };
}

/**
 * A task. `state` follows the clock until the task is settled. Times are ms since the epoch,
 * `costTime` is in ms; `completeTime`, `costTime`, `failMsg` and `failCode` are null until known.
 */
export class Task {
	readonly taskId = makeTaskId();

	readonly model: string;

	readonly request: CreateRequest;

	readonly callbackUrl?: string;

	readonly createTime = Date.now();

	pendingUntil: number;

	endsAt: number;

	plannedFailure: PlannedFailure | null;

	isFetchingMedia = false;

	outcome: 'completed' | 'failed' | null = null;

	completeTime: number | null = null;

	costTime: number | null = null;

	failMsg: string | null = null;

	failCode: string | null = null;

	/** Of an identify task: the session that it opens, … */
	sessionId = '';

	/** … and the faces in it. */
	faces: Face[] = [];

	constructor({
		request,
		ms,
		failure,
	}: {
		request: CreateRequest;
		ms: number;
		failure: PlannedFailure | null;
	}) {
		this.model = request.model ?? '';
		this.request = request;
		this.callbackUrl = request.callback_url;
		this.pendingUntil = this.createTime + ms * SHARE_PENDING;
		this.endsAt = this.createTime + ms;
		this.plannedFailure = failure;
	}

	get state(): 'pending' | 'processing' | 'completed' | 'failed' {
		if (this.outcome) return this.outcome;
		return Date.now() < this.pendingUntil ? 'pending' : 'processing';
	}
}

/** Creates tasks, brings them to their end and keeps the sessions that they open. */
export class TaskStore {
	readonly tasks = new Map<string, Task>();

	private readonly sessions = new Map<string, Session>();

	private readonly created = new Map<string, number>();

	private readonly settings: EmulatorSettings;

	private readonly lifetime: Lifetime;

	private readonly filesUrl: () => string;

	private readonly fetchMedia: (task: Task) => Promise<string | null>;

	private readonly onSettled: (task: Task) => void;

	/**
	 * `filesUrl` yields where the pictures of faces are, `fetchMedia` the reason of a failure; `onSettled` is
	 * called once for each task that reached its end.
	 */
	constructor(parts: {
		settings: EmulatorSettings;
		lifetime: Lifetime;
		filesUrl: () => string;
		fetchMedia: (task: Task) => Promise<string | null>;
		onSettled: (task: Task) => void;
	}) {
		this.settings = parts.settings;
		this.lifetime = parts.lifetime;
		this.filesUrl = parts.filesUrl;
		this.fetchMedia = parts.fetchMedia;
		this.onSettled = parts.onSettled;
	}

	/**
	 * Creates a task for a valid request. Duration, faces and failure are settled here, from the settings of
	 * this moment.
	 */
	create(request: CreateRequest): Task {
		const { settings } = this;
		const model = request.model ?? '';
		const index = this.created.get(model) ?? 0;
		this.created.set(model, index + 1);
		const isIdentify = model === IDENTIFY;
		const task = new Task({
			request,
			ms: Math.round(
				valueOf(isIdentify ? settings.identifyMs : settings.lipSyncMs, request, index),
			),
			failure: toFailure(valueOf(settings.failWith, request, index)),
		});
		if (isIdentify) this.addFaces(task);
		this.tasks.set(task.taskId, task);
		this.lifetime.after(task.endsAt - task.createTime, () => this.settleWhenDone(task, Infinity));
		if (settings.fetchMedia) void this.awaitMedia(task);
		return task;
	}

	private addFaces(task: Task) {
		const wanted = valueOf(this.settings.faces, task.request);
		const given = typeof wanted === 'number' ? Array.from({ length: wanted }, () => ({})) : wanted;
		task.sessionId = randomUUID();
		task.faces = given.map((face, index) => ({
			face_id: `face_${String(index + 1).padStart(3, '0')}`,
			face_reference: `${this.filesUrl()}/files/face/${task.taskId}/${index + 1}.png`,
			start_time: 0,
			end_time: (this.settings.videoDuration ?? 8) * 1000,
			...face,
		}));
		if (task.faces.length === 0) task.plannedFailure ??= toFailure(NO_FACES);
	}

	private async awaitMedia(task: Task): Promise<void> {
		task.isFetchingMedia = true;
		const failMsg = await this.fetchMedia(task);
		task.isFetchingMedia = false;
		task.endsAt = Math.max(task.endsAt, Date.now());
		if (failMsg) task.plannedFailure ??= toFailure(failMsg);
		this.settleWhenDone(task, Date.now());
	}

	/** A task brought up to date with the clock. */
	get(taskId: string): Task | undefined {
		const task = this.tasks.get(taskId);
		if (task) this.settleWhenDone(task, Date.now());
		return task;
	}

	private settleWhenDone(task: Task, now: number) {
		if (task.outcome || task.isFetchingMedia || now < task.endsAt) return;
		const failure = task.plannedFailure;
		this.settle(task, failure ? 'failed' : 'completed', failure, task.endsAt);
	}

	private settle(
		task: Task,
		state: 'completed' | 'failed',
		failure: PlannedFailure | null,
		completeTime: number,
	) {
		task.outcome = state;
		task.completeTime = completeTime;
		task.costTime = completeTime - task.createTime;
		if (failure) Object.assign(task, failure);
		if (state === 'completed' && task.model === IDENTIFY) {
			this.sessions.set(task.sessionId, { faces: task.faces, openedAt: this.settings.now() });
		}
		this.onSettled(task);
	}

	/**
	 * Ends a task now, whatever its duration, and as planned where no outcome is given; one that has ended stays
	 * as it is.
	 */
	finish(taskId: string, { state, failMsg, failCode }: Outcome = {}): Task {
		const task = this.get(taskId);
		if (!task) throw new Error(`There is no task "${taskId}"`);
		if (task.outcome) return task;
		const isFailure = state ? state === 'failed' : Boolean(failMsg || task.plannedFailure);
		const failure = failMsg
			? toFailure({ failMsg, failCode })
			: (task.plannedFailure ?? toFailure({ failMsg: 'Task failed', failCode }));
		this.settle(task, isFailure ? 'failed' : 'completed', isFailure ? failure : null, Date.now());
		return task;
	}

	/** A session that is known and has not expired. */
	session(sessionId: string): Session | undefined {
		for (const task of this.tasks.values()) this.settleWhenDone(task, Date.now());
		const session = this.sessions.get(sessionId);
		return session && this.settings.now() - session.openedAt < SESSION_MS ? session : undefined;
	}

	/** Forgets all tasks and sessions. */
	clear() {
		this.tasks.clear();
		this.sessions.clear();
		this.created.clear();
	}
}
