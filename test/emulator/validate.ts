import { IDENTIFY, LIP_SYNC } from './models';
import { isObject } from './requests';
import type { Face } from './tasks';

const SHORTEST_PART_MS = 2000;

const isText = (value: unknown): value is string =>
	typeof value === 'string' && value.trim() !== '';
const isWebUrl = (value: unknown) =>
	isText(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
const isTime = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isVolume = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 2;

const optionalFields = [
	{
		names: ['sound_start_time', 'sound_end_time', 'sound_insert_time'],
		isValid: isTime,
		want: 'an integer of at least 0 (ms)',
	},
	{
		names: ['sound_volume', 'original_audio_volume'],
		isValid: isVolume,
		want: 'a number from 0 to 2',
	},
];

interface Session {
	faces: Face[];
}

function findAudioFault(choice: Record<string, unknown>, at: string): string | null {
	const sources = ['sound_file', 'audio_id'].filter((name) => choice[name] !== undefined);
	if (sources.length !== 1) return `${at}: exactly one of sound_file and audio_id is required`;
	if (sources[0] === 'sound_file' && !isWebUrl(choice.sound_file))
		return `${at}.sound_file must be an http(s) URL`;
	if (sources[0] === 'audio_id' && !isText(choice.audio_id))
		return `${at}.audio_id must be a string`;
	return null;
}

function findFieldFault(choice: Record<string, unknown>, at: string): string | null {
	for (const { names, isValid, want } of optionalFields) {
		const wrong = names.find((name) => choice[name] !== undefined && !isValid(choice[name]));
		if (wrong) return `${at}.${wrong} must be ${want}`;
	}
	const { sound_start_time: start, sound_end_time: end } = choice;
	if (start !== undefined && end !== undefined && Number(end) - Number(start) < SHORTEST_PART_MS) {
		return `${at}.sound_end_time must be at least ${SHORTEST_PART_MS} ms after sound_start_time`;
	}
	return null;
}

function findChoiceFault(choice: unknown, at: string, session: Session): string | null {
	if (!isObject(choice)) return `${at} must be an object`;
	if (!isText(choice.face_id)) return `${at}.face_id is required`;
	if (!session.faces.some((face) => face.face_id === choice.face_id)) {
		return `${at}.face_id "${choice.face_id}" is not a face of this session`;
	}
	return findAudioFault(choice, at) ?? findFieldFault(choice, at);
}

function findLipSyncFault(
	request: Record<string, unknown>,
	findSession: (sessionId: string) => Session | undefined,
): string | null {
	if (!isText(request.session_id)) return 'session_id is required';
	const choices: unknown = request.face_choose;
	if (!Array.isArray(choices) || choices.length === 0) {
		return 'face_choose must be an array of at least one face';
	}
	const session = findSession(request.session_id);
	if (!session) return 'session_id is invalid or has expired';
	for (const [index, choice] of choices.entries()) {
		const fault = findChoiceFault(choice, `face_choose[${index}]`, session);
		if (fault) return fault;
	}
	const ids: string[] = choices.map((choice: { face_id: string }) => choice.face_id);
	const twice = ids.find((id, index) => ids.indexOf(id) !== index);
	return twice === undefined ? null : `face_choose has the face "${twice}" twice`;
}

/**
 * Finds what makes a create request invalid: the reason for a 400, or null for a valid request.
 * `findSession` yields live sessions only.
 */
export function findRequestFault(
	request: unknown,
	findSession: (sessionId: string) => Session | undefined,
): string | null {
	if (!isObject(request)) return 'the body must be a JSON object';
	if (!isText(request.model)) return 'model is required';
	if (![IDENTIFY, LIP_SYNC].includes(request.model))
		return `model "${request.model}" is not supported`;
	if (request.callback_url !== undefined && !isWebUrl(request.callback_url)) {
		return 'callback_url must be an http(s) URL';
	}
	if (request.model === LIP_SYNC) return findLipSyncFault(request, findSession);
	if (request.video_url === undefined) return 'video_url is required';
	return isWebUrl(request.video_url) ? null : 'video_url must be an http(s) URL';
}
