/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import type { CreateRequest } from '../emulator/requests';
import type { Task } from '../emulator/tasks';
import type { Api } from './setup';

export const IDENTIFY = 'kling-identify-face';
export const LIP_SYNC = 'kling-advanced-lip-sync';
/**
 * Where the emulator of a test file listens: known before it starts, so that links can be constants, and below the
 * ports that systems give away.
 */
export const PORT = 10_000 + (process.pid % 20_000);
const SAMPLES = `http://127.0.0.1:${PORT}/files/sample`;
/** A video of 10 s, 1280×720, and a voice of 5 s, as the emulator serves them. */
export const VIDEO = `${SAMPLES}/video.mp4`;
export const AUDIO = `${SAMPLES}/voice.mp3`;

/** A sample that the emulator makes or serves in a special manner, such as `silence.wav?ms=3000`. */
export const sample = (name: string): string => `${SAMPLES}/${name}`;

/** Waits until a condition holds, however slow the machine is. */
export async function until<T>(
	condition: () => T | Promise<T>,
	patienceMs = 30_000,
): Promise<Exclude<T, false | undefined | null | 0 | ''>> {
	const end = Date.now() + patienceMs;
	for (;;) {
		const value = await condition();
		if (value) return value as Exclude<T, false | undefined | null | 0 | ''>;
		if (Date.now() > end) throw new Error(`Never came true: ${condition}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** Creates a task as some other client would, without a trace in the emulator's log. */
export async function createTask(api: Api, body: object): Promise<string> {
	const response = await fetch(`${api.url}/api/v1/audio/generations`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${api.settings.apiKey}`,
			'content-type': 'application/json',
			// The next emulator listens at the same port.
			connection: 'close',
		},
		body: JSON.stringify(body),
	});
	const answer = (await response.json()) as { msg: string; data: { taskId: string } };
	if (response.status !== 200) throw new Error(`The emulator refused: ${answer.msg}`);
	const { taskId } = answer.data;
	api.log.splice(
		api.log.findIndex((entry) => entry.taskId === taskId),
		1,
	);
	return taskId;
}

/** A finished identify task. */
export async function identified(
	api: Api,
	settings: Partial<Api['settings']> = {},
): Promise<{ taskId: string; sessionId: string }> {
	const before = { ...api.settings };
	Object.assign(api.settings, settings);
	const taskId = await createTask(api, { model: IDENTIFY, video_url: VIDEO });
	Object.assign(api.settings, before);
	const { sessionId } = api.finish(taskId);
	return { taskId, sessionId: sessionId! };
}

/** A lip sync task that takes `ms` and, with `outcome`, has ended already: its id. */
export async function synced(
	api: Api,
	{ ms = 1e9, outcome }: { ms?: number; outcome?: Parameters<Api['finish']>[1] } = {},
): Promise<string> {
	const { sessionId } = await identified(api);
	const before = api.settings.lipSyncMs;
	api.settings.lipSyncMs = ms;
	const times = { sound_start_time: 0, sound_end_time: 4950, sound_insert_time: 0 };
	const face_choose = [{ face_id: 'face_001', sound_file: AUDIO, ...times }];
	const taskId = await createTask(api, { model: LIP_SYNC, session_id: sessionId, face_choose });
	api.settings.lipSyncMs = before;
	if (outcome) api.finish(taskId, outcome);
	return taskId;
}

/** The bodies of the creates of a model that the emulator has seen. */
export const bodies = (api: Api, model?: string): CreateRequest[] =>
	api.creates(model).map(({ body }) => body!);

/** A task that the emulator knows. */
export function taskOf(api: Api, taskId: string): Task {
	const task = api.tasks.get(taskId);
	if (!task) throw new Error(`The emulator has no task ${taskId}`);
	return task;
}

/** The ids of the tasks that were created for a model, in the order of the answers. */
export const createdIds = (api: Api, model?: string): string[] =>
	api.creates(model).flatMap(({ taskId }) => taskId ?? []);

/** The number in the link of a medium (`?n=3`), by which tests tell their requests apart. */
export const numberIn = (url: unknown): number =>
	Number(new URL(String(url)).searchParams.get('n'));

/** What was fetched of the vendor, without the looks at the media of the input. */
export const fetched = (api: Api) => api.files.filter(({ path }) => !path.includes('/sample/'));

/** All that can be read in an error or a run: its JSON, with messages, causes and stacks. */
export function deepText(value: unknown, seen = new Set<object>()): string {
	if (typeof value === 'function') return '';
	if (typeof value !== 'object' || value === null) return String(value);
	if (seen.has(value)) return '';
	seen.add(value);
	return Object.getOwnPropertyNames(value)
		.map((name) => `${name}: ${deepText((value as Record<string, unknown>)[name], seen)}`)
		.join('\n');
}
