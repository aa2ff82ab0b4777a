'use strict';

const { IDENTIFY, LIP_SYNC } = require('./models');

const SHORTEST_PART_MS = 2000;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === 'string' && value.trim() !== '';
const isWebUrl = (value) =>
	isText(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
const isTime = (value) => Number.isInteger(value) && value >= 0;
const isVolume = (value) => typeof value === 'number' && value >= 0 && value <= 2;

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

function findAudioFault(choice, at) {
	const sources = ['sound_file', 'audio_id'].filter((name) => choice[name] !== undefined);
	if (sources.length !== 1) return `${at}: exactly one of sound_file and audio_id is required`;
	if (sources[0] === 'sound_file' && !isWebUrl(choice.sound_file))
		return `${at}.sound_file must be an http(s) URL`;
	if (sources[0] === 'audio_id' && !isText(choice.audio_id))
		return `${at}.audio_id must be a string`;
	return null;
}

function findFieldFault(choice, at) {
	for (const { names, isValid, want } of optionalFields) {
		const wrong = names.find((name) => choice[name] !== undefined && !isValid(choice[name]));
		if (wrong) return `${at}.${wrong} must be ${want}`;
	}
	const { sound_start_time: start, sound_end_time: end } = choice;
	if (start !== undefined && end !== undefined && end - start < SHORTEST_PART_MS) {
		return `${at}.sound_end_time must be at least ${SHORTEST_PART_MS} ms after sound_start_time`;
	}
	return null;
}

function findChoiceFault(choice, at, session) {
	if (!isObject(choice)) return `${at} must be an object`;
	if (!isText(choice.face_id)) return `${at}.face_id is required`;
	if (!session.faces.some((face) => face.face_id === choice.face_id)) {
		return `${at}.face_id "${choice.face_id}" is not a face of this session`;
	}
	return findAudioFault(choice, at) ?? findFieldFault(choice, at);
}

function findLipSyncFault(request, findSession) {
	if (!isText(request.session_id)) return 'session_id is required';
	if (!Array.isArray(request.face_choose) || request.face_choose.length === 0) {
		return 'face_choose must be an array of at least one face';
	}
	const session = findSession(request.session_id);
	if (!session) return 'session_id is invalid or has expired';
	for (const [index, choice] of request.face_choose.entries()) {
		const fault = findChoiceFault(choice, `face_choose[${index}]`, session);
		if (fault) return fault;
	}
	const ids = request.face_choose.map((choice) => choice.face_id);
	const twice = ids.find((id, index) => ids.indexOf(id) !== index);
	return twice === undefined ? null : `face_choose has the face "${twice}" twice`;
}

/**
 * Finds what makes a create request invalid.
 *
 * @param {*} request the parsed body
 * @param {(sessionId: string) => { faces: object[] } | undefined} findSession yields live sessions only
 * @returns {string | null} the reason for a 400, or null for a valid request
 */
function findRequestFault(request, findSession) {
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

module.exports = { findRequestFault, isObject };
