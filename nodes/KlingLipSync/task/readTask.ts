import { estimateCostUsd } from './price';
import { attempt, Problem } from './problem';
import type { Face, Task, TaskHint } from './task';
import { isIdentify, isTerminal } from './task';

type Fields = Record<string, unknown>;

/** How services in between call a finished task; the API's own word is `completed`. */
const ALSO_COMPLETED = ['succeed', 'succeeded'];
/** How much of a state is shown: it is what somebody else wrote. */
const LONGEST_STATE = 50;
/** A time in ms since the epoch is above this, one in s below it, for some thousand years. */
const SECONDS_BELOW = 100_000_000_000;

/**
 * Reads the envelope `{code, msg, data}` of a create answer or a query answer.
 *
 * @throws Problem `malformed` for anything that is not a task
 */
export function readTask(body: unknown, hint: TaskHint = {}): Task {
	const data = asFields(asFields(body)?.data);
	if (!data) throw malformed('it contains no task', hint);
	return readFields(data, hint);
}

/**
 * Reads the body of a callback.
 *
 * @throws Problem `malformed` for anything that is not a callback of a finished task
 */
export function readCallback(body: unknown): Task {
	const task = readTask(body);
	if (!isTerminal(task)) throw malformed('the task is not finished', task);
	return task;
}

/**
 * The task id a callback speaks of, without believing anything else in it.
 *
 * @returns undefined for a body that is no callback
 */
export function callbackTaskId(body: unknown): string | undefined {
	const data = asFields(asFields(body)?.data);
	return data && text(pick(data, 'taskId'));
}

function readFields(data: Fields, hint: TaskHint): Task {
	const taskId = text(pick(data, 'taskId')) ?? hint.taskId;
	if (!taskId) throw malformed('it contains no task ID', hint);
	if (hint.taskId && taskId !== hint.taskId) {
		throw malformed(`it is about another task: ${taskId}`, hint);
	}
	const given = text(data.state)?.toLowerCase();
	if (!given) throw malformed('it contains no state', { ...hint, taskId });
	const model = (text(data.model) ?? hint.model ?? '').split('/').pop() ?? '';
	const result = asFields(parseOnce(pick(data, 'resultJson'))) ?? {};
	const found = given === 'completed' || ALSO_COMPLETED.includes(given);
	const task: Task = { taskId, state: given.slice(0, LONGEST_STATE), model };
	if (found) {
		const completed: Task = { ...task, state: 'completed' };
		const read = attempt(() => withResult(completed, data, result));
		if (!(read instanceof Problem)) Object.assign(task, read);
		// Without a result the other words do not say that the task is finished.
		else if (given === 'completed') throw read;
	}
	if (task.state === 'failed') {
		assign(task, 'failCode', text(pick(data, 'failCode')));
		assign(task, 'failMsg', text(pick(data, 'failMsg')));
	}
	for (const time of ['createTime', 'completeTime'] as const) {
		assign(task, time, milliseconds(amount(pick(data, time))));
	}
	assign(task, 'costTime', amount(pick(data, 'costTime')));
	assign(task, 'estimatedCostUsd', estimateCostUsd(task));
	return task;
}

/**
 * Newer revisions of the vendor's page put the faces into resultJson, and Kling's own answer calls the
 * list `face_data`: every place is read.
 */
function withResult(task: Task, data: Fields, result: Fields): Task {
	const places = [
		asFields(parseOnce(pick(data, 'faceData'))),
		result,
		asFields(parseOnce(pick(result, 'faceData'))),
		data,
	];
	const sessionId = firstOf(places, (place) => text(pick(place, 'sessionId')));
	const faces = firstOf(places, readFaces);
	if (isIdentify(task) || (sessionId && faces)) {
		if (!sessionId) throw malformed('the finished task names no session', task);
		if (!faces) throw malformed('the finished task holds no list of faces', task);
		return { ...task, sessionId, faces, faceCount: faces.length };
	}
	const urls = firstOf([data, result], (place) => {
		const list = asList(parseOnce(pick(place, 'resultUrls')))?.filter(isUrl);
		return list?.length ? list : undefined;
	});
	if (!urls) throw malformed('the finished task names no video', task);
	const videoDuration = firstOf([result, data], (place) => amount(pick(place, 'videoDuration')));
	return { ...task, videoUrl: urls[0], resultUrls: urls, ...(videoDuration && { videoDuration }) };
}

function readFaces(place: Fields): Face[] | undefined {
	const list =
		asList(parseOnce(pick(place, 'faceList'))) ??
		asList(parseOnce(pick(place, 'faceData'))) ??
		asList(parseOnce(place.faces));
	if (list) return list.map(readFace).filter((face): face is Face => face !== undefined);
	const ids = asList(parseOnce(pick(place, 'faceIds') ?? pick(place, 'faceId'))) ?? [
		pick(place, 'faceId'),
	];
	const faces = ids.map(readFace).filter((face): face is Face => face !== undefined);
	return faces.length ? faces : undefined;
}

function readFace(value: unknown): Face | undefined {
	const id = text(value);
	if (id) return { faceId: id };
	const fields = asFields(value);
	const faceId = fields && text(pick(fields, 'faceId'));
	if (!fields || !faceId) return undefined;
	const entries = Object.entries(fields)
		.filter(([, field]) => field !== null && field !== undefined && field !== '')
		.map(([name, field]) => [camelCase(name), field] as const);
	const { faceImage, ...face } = Object.fromEntries(entries);
	const faceReference = face.faceReference ?? faceImage;
	return { ...face, ...(faceReference !== undefined && { faceReference }), faceId } as Face;
}

function malformed(what: string, hint: TaskHint): Problem {
	const of = hint.taskId ? ` (task ${hint.taskId})` : '';
	return new Problem(
		'malformed',
		`The response of the API can't be read: ${what}${of}`,
		hint.taskId
			? 'The task is not lost: retrieve it later with Get Task.'
			: 'Check the Base URL in the credential, then look for an update of this node package.',
		hint.taskId ? { taskId: hint.taskId } : {},
	);
}

/** A field under its camelCase or its snake_case name. */
function pick(fields: Fields, name: string): unknown {
	const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
	const own = (key: string) => (Object.hasOwn(fields, key) ? fields[key] : undefined);
	return own(name) ?? own(snake);
}

function camelCase(name: string): string {
	return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function asFields(value: unknown): Fields | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Fields)
		: undefined;
}

function asList(value: unknown): unknown[] | undefined {
	return Array.isArray(value) ? value : undefined;
}

/** The vendor sends some objects as JSON strings; each is parsed once, never twice. */
function parseOnce(value: unknown): unknown {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value);
	} catch {
		return undefined;
	}
}

function text(value: unknown): string | undefined {
	if (typeof value === 'number' && Number.isFinite(value)) return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function amount(value: unknown): number | undefined {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Some services in between tell times in seconds. */
function milliseconds(time: number | undefined): number | undefined {
	if (!time) return undefined;
	return time < SECONDS_BELOW ? time * 1000 : time;
}

function isUrl(value: unknown): value is string {
	return typeof value === 'string' && /^https?:\/\//i.test(value);
}

function firstOf<T>(
	places: Array<Fields | undefined>,
	read: (place: Fields) => T | undefined,
): T | undefined {
	for (const place of places) {
		const value = place && read(place);
		if (value !== undefined) return value;
	}
	return undefined;
}

function assign<Key extends keyof Task>(task: Task, key: Key, value: Task[Key] | undefined): void {
	if (value !== undefined) task[key] = value;
}
