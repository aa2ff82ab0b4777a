import { startEmulator, type Emulator, type EmulatorOptions } from './index';
import { IDENTIFY, LIP_SYNC, revisions, type Revision } from './models';
import type { CreateRequest } from './requests';
import { until } from '../engine/helpers';

/** What a request is made of besides its method. */
export interface CallOptions extends Omit<RequestInit, 'body'> {
	query?: string;
	body?: unknown;
	key?: string | null;
	apiPath?: string;
}

/** A face as results give it. */
export interface AnsweredFace {
	face_id: string;
	face_reference: string;
	start_time: number;
	end_time: number;
	[field: string]: unknown;
}

/** What the API answers with, as far as it answers with it. */
export interface AnswerBody {
	code: number;
	msg: string;
	data: {
		taskId: string;
		state: string;
		failMsg?: string;
		resultJson: string;
		resultUrls: string[];
		faceData: { session_id: string; face_list: AnsweredFace[]; [field: string]: unknown };
	};
}

/** A request that identifies the faces of a video. */
export const identifyRequest = (more?: CreateRequest) => ({
	model: IDENTIFY,
	video_url: 'https://media.example/a.mp4',
	...more,
});

/** A request that drives the first face of a session. */
export const lipSyncRequest = (
	sessionId: string,
	choice?: Record<string, unknown>,
	more?: CreateRequest,
) => ({
	model: LIP_SYNC,
	session_id: sessionId,
	face_choose: [{ face_id: 'face_001', sound_file: 'https://media.example/a.mp3', ...choice }],
	...more,
});

/**
 * Emulators for the tests of a file, closed after each test, and a client that speaks to the one started last.
 * Their tasks take 20 ms unless the settings say otherwise.
 */
export function emulatorWorld(usual: EmulatorOptions = {}) {
	let api: Emulator;
	const opened: Array<{ close: () => Promise<void> }> = [];

	afterEach(async () => {
		await Promise.all(opened.splice(0).map(async (server) => await server.close()));
	});

	async function start(settings: EmulatorOptions = {}) {
		api = await startEmulator({ identifyMs: 20, lipSyncMs: 20, ...usual, ...settings });
		opened.push(api);
		return api;
	}

	async function call(
		method: string,
		{
			query = '',
			body,
			key = 'test-key',
			apiPath = revisions.audio.path,
			...init
		}: CallOptions = {},
	) {
		return await fetch(`${api.url}${apiPath}${query}`, {
			method,
			headers: {
				...(key === null ? {} : { authorization: `Bearer ${key}` }),
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
			...init,
		});
	}

	async function answerTo(method: string, options?: CallOptions) {
		const response = await call(method, options);
		const body = (await response.json()) as AnswerBody;
		return { status: response.status, headers: response.headers, body };
	}

	const pathOf = (revision: Revision) => revisions[revision].path;
	const query = async (taskId: string, revision: Revision = 'audio') =>
		await answerTo('GET', { query: `?task_id=${taskId}`, apiPath: pathOf(revision) });
	const dataOf = async (taskId: string, revision?: Revision) =>
		(await query(taskId, revision)).body.data;

	return {
		start,
		/** Closes something after the test, together with the emulators. */
		closeLater: (server: { close: () => Promise<void> }) => void opened.push(server),
		call,
		answerTo,
		query,
		dataOf,
		create: async (body: unknown, key?: string, revision: Revision = 'audio') =>
			(await answerTo('POST', { body, key, apiPath: pathOf(revision) })).body.data.taskId,
		ended: async (
			taskId: string,
			state: string,
			revision?: Revision,
		): Promise<AnswerBody['data']> =>
			await until(async () => {
				const data = await dataOf(taskId, revision);
				return data.state === state && data;
			}),
	};
}
