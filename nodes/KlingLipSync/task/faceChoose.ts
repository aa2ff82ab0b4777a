import { inputProblem } from './problem';
import type { Face } from './task';

/** One entry of the API's `face_choose`. Times in ms, volumes 0–2 with 1 = as it is. */
export interface FaceChoice extends Timing {
	face_id: string;
	sound_file?: string;
	audio_id?: string;
}

/** When and how loud a face speaks. */
export interface Timing {
	sound_start_time?: number;
	sound_end_time?: number;
	sound_insert_time?: number;
	sound_volume?: number;
	original_audio_volume?: number;
}

/** The timing fields in the order in which people think of them, with the option that sets each. */
export const TIMING_FIELDS = [
	{ field: 'sound_insert_time', option: 'soundInsertTime', label: 'speaks from (ms)' },
	{ field: 'sound_start_time', option: 'soundStartTime', label: 'audio used from (ms)' },
	{ field: 'sound_end_time', option: 'soundEndTime', label: 'audio used until (ms)' },
	{ field: 'sound_volume', option: 'soundVolume', label: 'audio volume (0–2)' },
	{
		field: 'original_audio_volume',
		option: 'originalAudioVolume',
		label: 'original volume (0–2)',
	},
] as const;

/** The API wants the used part of the audio to be at least this long, in ms. */
const SHORTEST_PART = 2000;
const LOUDEST = 2;

/** `face_001:sound_insert_time`: how the mapper names a face's own timing. */
export function timingFieldId(faceId: string, field: keyof Timing): string {
	return `${faceId}:${field}`;
}

/**
 * Timing from the node's options.
 *
 * @param options values by option name; empty ones are left out
 * @throws Problem for a value that is no number
 */
export function timingFromOptions(options: Record<string, unknown>): Timing {
	const timing: Timing = {};
	for (const { field, option, label } of TIMING_FIELDS) {
		const value = toNumber(options[option], `The option for "${label}"`);
		if (value !== undefined) timing[field] = value;
	}
	return timing;
}

/**
 * The choice made in the resource mapper.
 *
 * @param values audio URLs by face id, timing by {@link timingFieldId}
 * @param faces the faces of the session
 * @param strict whether a field of a face that the session does not have is refused; fields of an
 *   automatically mapped item may well be about something else
 * @throws Problem naming the face
 */
export function choiceFromMapping(
	values: Record<string, unknown>,
	faces: Face[],
	strict: boolean,
): FaceChoice[] {
	const known = new Set(faces.map((face) => face.faceId));
	if (strict) {
		for (const [id, value] of Object.entries(values)) {
			if (!isEmpty(value)) requireFace(faceOfField(id, known), known);
		}
	}
	const choices: FaceChoice[] = [];
	for (const { faceId } of faces) {
		const audio = own(values, faceId);
		if (isEmpty(audio)) continue;
		const choice: FaceChoice = { face_id: faceId, sound_file: inWords(audio).trim() };
		for (const { field, label } of TIMING_FIELDS) {
			const value = toNumber(
				own(values, timingFieldId(faceId, field)),
				`"${label}" of face "${faceId}"`,
			);
			if (value !== undefined) choice[field] = value;
		}
		choices.push(choice);
	}
	if (choices.length === 0) {
		throw inputProblem(
			'No face is given an audio',
			`Give at least one face the URL of its audio. The faces of this session are: ${listFaces(known)}.`,
		);
	}
	return choices;
}

/**
 * The choice written as JSON.
 *
 * @param value the `face_choose` array, or JSON text of it
 * @throws Problem saying what is malformed
 */
export function choiceFromJson(value: unknown): FaceChoice[] {
	const parsed = parseJson(value, 'Face Choose');
	if (!Array.isArray(parsed)) {
		throw inputProblem(
			"'Face Choose' has to be a list",
			'Write a JSON array with one object for each face, such as [{"face_id": "face_001", "sound_file": "https://example.com/voice.mp3"}].',
		);
	}
	return parsed as FaceChoice[];
}

/**
 * Parses what a user typed into a JSON field; objects and arrays are taken as they are.
 *
 * @throws Problem naming the field
 */
export function parseJson(value: unknown, field: string): unknown {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value);
	} catch (error) {
		throw inputProblem(
			`'${field}' is not valid JSON: ${error instanceof Error ? error.message : ''}`,
			'Check quotes, commas and brackets.',
		);
	}
}

/**
 * Fills in the timing that holds for all faces and checks everything that is certain to be refused.
 *
 * @param choices one entry a face
 * @param common timing for the entries that have none of their own
 * @param faces the session's faces; undefined when they are not known
 * @returns the entries as they are sent
 * @throws Problem naming the face and the field
 */
export function checkedChoice(choices: FaceChoice[], common: Timing, faces?: Face[]): FaceChoice[] {
	if (choices.length === 0) throw inputProblem('No face is chosen', 'Choose at least one face.');
	const known = faces && new Set(faces.map((face) => face.faceId));
	const seen = new Set<string>();
	return choices.map((choice) => {
		if (typeof choice !== 'object' || choice === null || Array.isArray(choice)) {
			throw inputProblem(
				'Each face has to be an object',
				'Each entry needs at least "face_id" and "sound_file".',
			);
		}
		const id = choice.face_id;
		if (typeof id !== 'string' || id.trim() === '') {
			throw inputProblem(
				'A face has no face ID',
				'Each entry needs the "face_id" that Identify Face returned.',
			);
		}
		if (known) requireFace(id, known);
		if (seen.has(id)) {
			throw inputProblem(`Face "${id}" is chosen twice`, 'Give each face one audio only.');
		}
		seen.add(id);
		const given = Object.entries(choice).filter(([, value]) => !isEmpty(value));
		const entry = { ...common, ...Object.fromEntries(given) } as FaceChoice;
		checkOneAudio(entry);
		if (entry.sound_file !== undefined) {
			entry.sound_file = checkedUrl(entry.sound_file, `audio of face "${id}"`);
		}
		checkTiming(entry);
		return entry;
	});
}

/**
 * Checks that a value is a URL that the vendor can fetch.
 *
 * @throws Problem naming what the URL is for
 */
export function checkedUrl(value: unknown, what: string): string {
	const url = typeof value === 'string' ? value.trim() : '';
	if (url === '') {
		throw inputProblem(
			`The URL of the ${what} is missing`,
			`Enter the URL of the ${what}, or map it from an earlier node.`,
		);
	}
	if (!/^https?:\/\/[^\s/]/i.test(url) || !URL.canParse(url)) {
		throw inputProblem(
			`The URL of the ${what} is not a web address: ${shorten(url)}`,
			'It has to begin with https:// or http://. A file from an earlier node is handed over with the source "Binary File" instead.',
		);
	}
	return url;
}

function checkOneAudio({ face_id: id, sound_file: file, audio_id: audioId }: FaceChoice): void {
	if ((file === undefined) !== (audioId === undefined)) return;
	throw inputProblem(
		file === undefined ? `Face "${id}" has no audio` : `Face "${id}" has two audios`,
		'Each face needs either "sound_file" (a URL) or "audio_id".',
	);
}

function checkTiming(entry: FaceChoice): void {
	const of = `of face "${entry.face_id}"`;
	for (const { field } of TIMING_FIELDS) {
		const value: unknown = entry[field];
		if (value === undefined) continue;
		if (typeof value !== 'number' || !Number.isFinite(value)) {
			throw inputProblem(
				`"${field}" ${of} has to be a number`,
				'Write it without quotes and units.',
			);
		}
		const isVolume = field === 'sound_volume' || field === 'original_audio_volume';
		if (value < 0 || (isVolume && value > LOUDEST)) {
			throw inputProblem(
				`"${field}" ${of} is out of range: ${value}`,
				isVolume
					? 'Volumes go from 0 (silent) to 2 (twice as loud); 1 leaves the audio as it is.'
					: 'Times are milliseconds, 0 or more.',
			);
		}
	}
	const { sound_start_time: start = 0, sound_end_time: end } = entry;
	if (end !== undefined && end - start < SHORTEST_PART) {
		throw inputProblem(
			`The part of the audio ${of} is too short: it ends at ${end} ms and starts at ${start} ms`,
			`The end has to be at least ${SHORTEST_PART} ms after the start.`,
		);
	}
}

function faceOfField(id: string, known: Set<string>): string {
	if (known.has(id)) return id;
	const timing = TIMING_FIELDS.find(({ field }) => id.endsWith(`:${field}`));
	return timing ? id.slice(0, -timing.field.length - 1) : id;
}

function requireFace(id: string, known: Set<string>): void {
	if (known.has(id)) return;
	throw inputProblem(
		`Face "${shorten(id)}" is not in this session`,
		known.size === 0
			? 'No face was found in this video.'
			: `The faces found are: ${listFaces(known)}. If the video was identified again, refresh the list of faces and choose anew.`,
	);
}

function listFaces(known: Set<string>): string {
	const ids = [...known];
	const more = ids.length > 10 ? ` and ${ids.length - 10} more` : '';
	return (
		ids
			.slice(0, 10)
			.map((id) => `"${shorten(id)}"`)
			.join(', ') + more
	);
}

function toNumber(value: unknown, what: string): number | undefined {
	if (isEmpty(value)) return undefined;
	const number = typeof value === 'string' ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isFinite(number)) {
		throw inputProblem(`${what} has to be a number`, `It is "${shorten(inWords(value))}".`);
	}
	return number;
}

function own(values: Record<string, unknown>, key: string): unknown {
	return Object.hasOwn(values, key) ? values[key] : undefined;
}

/** Not every object can be made a string. */
function inWords(value: unknown): string {
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isEmpty(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}

function shorten(text: string): string {
	return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
