import { randomInt, randomUUID } from 'node:crypto';
import type { Lifetime } from './lifetime';
import { IDENTIFY, type Revision } from './models';
import type { CreateRequest } from './requests';
import { valueOf, type EmulatorSettings, type Failure } from './settings';

const ALPHANUMERICS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SHARE_PENDING = 0.2;
const SESSION_MS = 24 * 60 * 60_000;
const ASSUMED_VIDEO_MS = 8000;
const NO_FACES = 'Face detection failed: no faces found';

/** A face that was found; it can be driven from `start_time` to `end_time` (ms). */
export interface Face {
	face_id: string;
	face_reference: string;
	start_time: number;
	end_time: number;
	[field: string]: unknown;
}

/** Faces of a video that can be driven; `openedAt` in ms since the epoch, the video's length in ms. */
export interface Session {
	faces: Face[];
	videoMs: number;
	openedAt: number;
}

/** Where a task is on its way. */
export type TaskState = 'pending' | 'processing' | 'completed' | 'failed';

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

	readonly revision: Revision;

	readonly callbackUrl?: string;

	readonly createTime = Date.now();

	pendingUntil: number;

	endsAt: number;

	plannedFailure: PlannedFailure | null;

	/** Resolves when the task's media have been looked at. */
	look: Promise<void> = Promise.resolve();

	isLooking = false;

	/** How long the video is, as far as is known. */
	videoMs: number;

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
		revision,
		ms,
		videoMs,
		failure,
	}: {
		request: CreateRequest;
		revision: Revision;
		ms: number;
		videoMs: number;
		failure: PlannedFailure | null;
	}) {
		this.model = request.model ?? '';
		this.request = request;
		this.revision = revision;
		this.videoMs = videoMs;
		this.callbackUrl = request.callback_url;
		this.pendingUntil = this.createTime + ms * SHARE_PENDING;
		this.endsAt = this.createTime + ms;
		this.plannedFailure = failure;
	}

	get state(): TaskState {
		if (this.outcome) return this.outcome;
		return Date.now() < this.pendingUntil ? 'pending' : 'processing';
	}
}

/** The id of the session that a lip sync names, whatever the revision. */
export const sessionIdOf = ({ session_id: audio, sessionId: video }: CreateRequest): string =>
	audio ?? video ?? '';

/** Creates tasks, brings them to their end and keeps the sessions that they open. */
export class TaskStore {
	readonly tasks = new Map<string, Task>();

	private readonly sessions = new Map<string, Session>();

	private readonly created = new Map<string, number>();

	private readonly settings: EmulatorSettings;

	private readonly lifetime: Lifetime;

	private readonly filesUrl: () => string;

	private readonly lookAt: (task: Task) => Promise<{ failMsg?: string; videoMs?: number }>;

	private readonly onSettled: (task: Task) => void;

	/**
	 * `filesUrl` yields where the pictures of faces are, `lookAt` what the task's media mean for it; `onSettled`
	 * is called once for each task that reached its end.
	 */
	constructor(parts: {
		settings: EmulatorSettings;
		lifetime: Lifetime;
		filesUrl: () => string;
		lookAt: (task: Task) => Promise<{ failMsg?: string; videoMs?: number }>;
		onSettled: (task: Task) => void;
	}) {
		this.settings = parts.settings;
		this.lifetime = parts.lifetime;
		this.filesUrl = parts.filesUrl;
		this.lookAt = parts.lookAt;
		this.onSettled = parts.onSettled;
	}

	/** The number of a request among those of its model, from 0. */
	nextIndex(model: string): number {
		const index = this.created.get(model) ?? 0;
		this.created.set(model, index + 1);
		return index;
	}

	/**
	 * Creates a task for a valid request with a number of {@link nextIndex}. Duration, faces and failure are
	 * settled here, from the settings of this moment.
	 */
	create(request: CreateRequest, revision: Revision, index: number): Task {
		const { settings } = this;
		const isIdentify = request.model === IDENTIFY;
		const session = isIdentify ? undefined : this.session(sessionIdOf(request));
		const task = new Task({
			request,
			revision,
			ms: Math.round(
				valueOf(isIdentify ? settings.identifyMs : settings.lipSyncMs, request, index),
			),
			videoMs: session?.videoMs ?? this.lengthOf(ASSUMED_VIDEO_MS),
			failure: toFailure(valueOf(settings.failWith, request, index)),
		});
		if (isIdentify) this.addFaces(task);
		this.tasks.set(task.taskId, task);
		this.lifetime.after(task.endsAt - task.createTime, () => this.settleWhenDone(task, Infinity));
		task.look = this.awaitLook(task);
		return task;
	}

	/** How long a video is for the service, ms. */
	private lengthOf(ms: number): number {
		const { videoDuration } = this.settings;
		return typeof videoDuration === 'number' ? videoDuration * 1000 : Math.floor(ms);
	}

	private addFaces(task: Task) {
		const { vocabulary, faceIds, faces: setting } = this.settings;
		const wanted = valueOf(setting, task.request);
		const given = typeof wanted === 'number' ? Array.from({ length: wanted }, () => ({})) : wanted;
		const idOf = (index: number) => {
			if (vocabulary === 'kling') return String(index);
			return faceIds === 'number'
				? String(index + 1)
				: `face_${String(index + 1).padStart(3, '0')}`;
		};
		task.sessionId = randomUUID();
		task.faces = given.map((face, index) => ({
			face_id: idOf(index),
			face_reference: `${this.filesUrl()}/files/face/${task.taskId}/${index + 1}.png`,
			start_time: 0,
			end_time: task.videoMs,
			...face,
		}));
		if (task.faces.length === 0) task.plannedFailure ??= toFailure(NO_FACES);
	}

	private async awaitLook(task: Task): Promise<void> {
		task.isLooking = true;
		const { failMsg, videoMs } = await this.lookAt(task);
		task.isLooking = false;
		if (task.outcome) return;
		task.endsAt = Math.max(task.endsAt, Date.now());
		if (failMsg) task.plannedFailure ??= toFailure(failMsg);
		if (videoMs !== undefined) this.setLength(task, this.lengthOf(videoMs));
		this.settleWhenDone(task, Date.now());
	}

	/** Faces whose interval ended with the video as it was assumed to be end with the real one. */
	private setLength(task: Task, videoMs: number) {
		for (const face of task.faces) {
			if (face.end_time === task.videoMs) face.end_time = videoMs;
		}
		task.videoMs = videoMs;
	}

	/** A task brought up to date with the clock. */
	get(taskId: string): Task | undefined {
		const task = this.tasks.get(taskId);
		if (task) this.settleWhenDone(task, Date.now());
		return task;
	}

	private settleWhenDone(task: Task, now: number) {
		if (task.outcome || task.isLooking || now < task.endsAt) return;
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
			this.sessions.set(task.sessionId, {
				faces: task.faces,
				videoMs: task.videoMs,
				openedAt: this.settings.now(),
			});
		}
		this.onSettled(task);
	}

	/**
	 * Ends a task now, whatever its duration, and as planned where no outcome is given; one that has ended stays
	 * as it is. What is not yet known of its media plays no part: see {@link Task.look}.
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
