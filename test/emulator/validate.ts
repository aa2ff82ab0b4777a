import { IDENTIFY, LIP_SYNC, revisions, type Revision } from './models';
import { SHORTEST_PART_MS } from './mediaRules';
import { isObject, isText, isWebUrl } from './requests';
import type { Session } from './tasks';

const TIMES = ['sound_start_time', 'sound_end_time', 'sound_insert_time'];
const VOLUMES = ['sound_volume', 'original_audio_volume'];

type Fields = Record<string, unknown>;

/** What requests are judged by. */
interface Rules {
	revision: Revision;
	/** Whether what Kling's reference demands is demanded. */
	strict: boolean;
	/** Yields live sessions only. */
	findSession: (sessionId: string) => Session | undefined;
}

const isTime = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isVolume = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 2;
// A regular expression over some MB can exhaust the stack.
const isBase64 = (value: string) => Buffer.from(value, 'base64').toString('base64') === value;

function findFileFault(file: unknown): string | null {
	if (!isText(file)) return 'must be a string';
	if (file.startsWith('data:')) return 'must be plain Base64, without a data: prefix';
	return isWebUrl(file) || isBase64(file) ? null : 'must be an http(s) URL or Base64';
}

function findAudioFault(choice: Fields, at: string): string | null {
	const sources = ['sound_file', 'audio_id'].filter((name) => choice[name] !== undefined);
	if (sources.length !== 1) return `${at}: exactly one of sound_file and audio_id is required`;
	if (sources[0] === 'audio_id')
		return isText(choice.audio_id) ? null : `${at}.audio_id must be a string`;
	const fault = findFileFault(choice.sound_file);
	return fault && `${at}.sound_file ${fault}`;
}

function findFieldFault(choice: Fields, at: string, strict: boolean): string | null {
	const missing = strict && TIMES.find((name) => choice[name] === undefined);
	if (missing) return `${at}.${missing} is required`;
	const time = TIMES.find((name) => choice[name] !== undefined && !isTime(choice[name]));
	if (time) return `${at}.${time} must be an integer of at least 0 (ms)`;
	const volume = VOLUMES.find((name) => choice[name] !== undefined && !isVolume(choice[name]));
	if (volume) return `${at}.${volume} must be a number from 0 to 2`;
	const { sound_start_time: start, sound_end_time: end } = choice;
	if (start !== undefined && end !== undefined && Number(end) - Number(start) < SHORTEST_PART_MS) {
		return `${at}.sound_end_time must be at least ${SHORTEST_PART_MS} ms after sound_start_time`;
	}
	return null;
}

function findFaceFault(id: unknown, at: string, { faces }: Session): string | null {
	if (id === undefined) return `${at} is required`;
	if (!isText(id)) return `${at} must be a string`;
	return faces.some((face) => face.face_id === id)
		? null
		: `${at} "${id}" is not a face of this session`;
}

function findChoiceFault(choice: unknown, at: string, session: Session, strict: boolean) {
	if (!isObject(choice)) return `${at} must be an object`;
	return (
		findFaceFault(choice.face_id, `${at}.face_id`, session) ??
		findAudioFault(choice, at) ??
		findFieldFault(choice, at, strict)
	);
}

function findLipSyncFault(request: Fields, { strict, findSession }: Rules): string | null {
	if (!isText(request.session_id)) return 'session_id is required';
	const choices: unknown = request.face_choose;
	if (!Array.isArray(choices) || choices.length === 0) {
		return 'face_choose must be an array of at least one face';
	}
	const session = findSession(request.session_id);
	if (!session) return 'session_id is invalid or has expired';
	for (const [index, choice] of choices.entries()) {
		const fault = findChoiceFault(choice, `face_choose[${index}]`, session, strict);
		if (fault) return fault;
	}
	const ids: string[] = choices.map((choice: { face_id: string }) => choice.face_id);
	const twice = ids.find((id, index) => ids.indexOf(id) !== index);
	return twice === undefined ? null : `face_choose has the face "${twice}" twice`;
}

function findNewerLipSyncFault(request: Fields, { findSession }: Rules): string | null {
	if (!isText(request.sessionId)) return 'sessionId is required';
	const session = findSession(request.sessionId);
	if (!session) return 'sessionId is invalid or has expired';
	const faceFault = findFaceFault(request.faceId, 'faceId', session);
	if (faceFault) return faceFault;
	const sources = ['audioUrl', 'audioId'].filter((name) => request[name] !== undefined);
	if (sources.length !== 1) return 'exactly one of audioUrl and audioId is required';
	if (sources[0] === 'audioId') return isText(request.audioId) ? null : 'audioId must be a string';
	return isWebUrl(request.audioUrl) ? null : 'audioUrl must be an http(s) URL';
}

/**
 * Finds what makes a create request invalid, as far as it can be seen without opening its media: the reason for
 * a 400, or null for a valid request.
 */
export function findRequestFault(request: unknown, rules: Rules): string | null {
	if (!isObject(request)) return 'the body must be a JSON object';
	const { model } = request;
	if (!isText(model)) return 'model is required';
	if (!revisions[rules.revision].models.includes(model)) return `model "${model}" is not supported`;
	if (request.callback_url !== undefined && !isWebUrl(request.callback_url)) {
		return 'callback_url must be an http(s) URL';
	}
	if (model === LIP_SYNC) return findLipSyncFault(request, rules);
	if (model !== IDENTIFY) return findNewerLipSyncFault(request, rules);
	if (request.video_url === undefined) return 'video_url is required';
	return isWebUrl(request.video_url) ? null : 'video_url must be an http(s) URL';
}
