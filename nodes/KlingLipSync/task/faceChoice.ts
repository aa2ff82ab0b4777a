import type { AudioTimes, Timing } from './audioTiming';
import { readTiming, TIMING_FIELDS } from './audioTiming';
import { inputProblem } from './problem';
import type { Face } from './task';
import { isEmpty, parseJson } from './parseInput';
import { inWords, shorten } from './quote';

/** One entry of the API's `face_choose`, see {@link Timing} for its times and volumes. */
export interface FaceChoice extends AudioTimes, Omit<Timing, keyof AudioTimes> {
	face_id: string;
	sound_file?: string;
	audio_id?: string;
}

/** Where the audio of a face is: a link (or Base64 in JSON), a binary field of the item, or Kling's own. */
export type VoiceAudio = { url: string } | { field: string } | { audioId: string };

/** A face that is to speak: named by its id or its position (`#1`), with its audio and its own timing. */
export interface Voice {
	face: string;
	audio: VoiceAudio;
	timing: Timing;
	/** Fields of the API that this package does not know, from JSON. */
	extra?: Record<string, unknown>;
}

/** A voice whose face has been found in the session. */
export interface FaceVoice extends Voice {
	faceId: string;
	/** Undefined where only the session's id is known. */
	known?: Face;
	/** How messages call the face. */
	label: string;
}

/** The first face, in the way faces are named by their position. */
export const FIRST_FACE = '#1';

/** Position 1 is `#1`. */
export function positionName(position: number): string {
	return `#${position}`;
}

/**
 * The position that a face is named by.
 *
 * @returns undefined for an id
 */
export function positionOf(face: string): number | undefined {
	const digits = /^#([1-9]\d{0,3})$/.exec(face)?.[1];
	return digits === undefined ? undefined : Number(digits);
}

/** How people know a face: by its number, with the id of the vendor where it is known. */
export function faceLabel(face: string, faces?: Face[]): string {
	const position = positionOf(face);
	if (position !== undefined) return `Face ${position}`;
	const index = faces?.findIndex(({ faceId }) => faceId === face) ?? -1;
	return index >= 0 ? `Face ${index + 1} ("${shorten(face)}")` : `face "${shorten(face)}"`;
}

/**
 * One audio for all faces.
 *
 * @param faces the session's faces; undefined when they are not known yet: then there is one at least
 */
export function voicesOfAll(audio: VoiceAudio, faces?: Face[]): Voice[] {
	const ids = faces?.map(({ faceId }) => faceId) ?? [FIRST_FACE];
	return ids.map((face) => ({ face, audio, timing: {} }));
}

/**
 * The voices written as JSON, the `face_choose` array of the API.
 *
 * @param value the array, or JSON text of it
 * @throws Problem saying what is malformed
 */
export function voicesFromJson(value: unknown): Voice[] {
	const parsed = parseJson(value, 'Faces (JSON)');
	if (!Array.isArray(parsed)) {
		throw inputProblem(
			"'Faces (JSON)' must be a list",
			'Write a JSON array with one object per face, such as [{"face_id": "#1", "sound_file": "https://example.com/voice.mp3"}].',
		);
	}
	return parsed.map(voiceFromJson);
}

function voiceFromJson(entry: unknown): Voice {
	if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
		throw inputProblem(
			"Each entry of 'Faces (JSON)' must be an object",
			'Each entry needs at least "face_id" and "sound_file".',
		);
	}
	const fields = Object.fromEntries(Object.entries(entry).filter(([, value]) => !isEmpty(value)));
	const { face_id: id, sound_file: file, audio_id: audioId, ...rest } = fields;
	const face = typeof id === 'number' ? String(id) : id;
	if (typeof face !== 'string') {
		throw inputProblem(
			"An entry of 'Faces (JSON)' has no face ID",
			'Each entry needs the "face_id" that Identify Face returned, or "#1" for the first face.',
		);
	}
	if ((file === undefined) === (audioId === undefined)) {
		throw inputProblem(
			file === undefined
				? `${capitalized(faceLabel(face))} has no audio`
				: `${capitalized(faceLabel(face))} has two audios`,
			'Each face needs either "sound_file" (a URL) or "audio_id".',
		);
	}
	const timing = readTiming(
		({ field }) => rest[field],
		(label) => `'${label}' of ${faceLabel(face)}`,
	);
	for (const { field } of TIMING_FIELDS) delete rest[field];
	return {
		face: face.trim(),
		audio: audioId === undefined ? { url: inWords(file).trim() } : { audioId: inWords(audioId) },
		timing,
		...(Object.keys(rest).length > 0 && { extra: rest }),
	};
}

/**
 * Finds the face of each voice in the session.
 *
 * @param faces the session's faces; undefined when they are not known
 * @throws Problem naming a face that is not there, or that has two voices
 */
export function findFaces(voices: Voice[], faces?: Face[]): FaceVoice[] {
	if (voices.length === 0) throw inputProblem('No face is chosen', 'Choose at least one face.');
	const seen = new Set<string>();
	return voices.map((voice) => {
		const known = faces && findFace(voice.face, faces);
		const faceId = known?.faceId ?? voice.face;
		const label = faceLabel(faceId, faces);
		if (seen.has(faceId)) {
			throw inputProblem(`${capitalized(label)} is chosen twice`, 'Give each face one audio only.');
		}
		seen.add(faceId);
		return { ...voice, faceId, known, label };
	});
}

function findFace(face: string, faces: Face[]): Face {
	const position = positionOf(face);
	const found =
		position === undefined ? faces.find(({ faceId }) => faceId === face) : faces[position - 1];
	if (found) return found;
	throw position === undefined
		? inputProblem(
				`Face "${shorten(face)}" is not in this video`,
				`The faces found are: ${listFaces(faces)}. Choose one of them. To map faces by their position in any video, set 'Match Faces By' to 'Position'.`,
			)
		: inputProblem(
				`There is no Face ${position} in this video`,
				`The faces found are: ${listFaces(faces)}.`,
			);
}

/** The faces of a session, for messages. */
export function listFaces(faces: Face[]): string {
	const more = faces.length > 10 ? ` and ${faces.length - 10} more` : '';
	const names = faces
		.slice(0, 10)
		.map(({ faceId }, index) => `${index + 1} ("${shorten(faceId)}")`);
	return names.join(', ') + more;
}

/** A label at the beginning of a sentence. */
export function capitalized(label: string): string {
	return label.charAt(0).toUpperCase() + label.slice(1);
}
