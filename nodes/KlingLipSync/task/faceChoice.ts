import type { Timing } from './audioTiming';
import { checkTiming } from './audioTiming';
import { inputProblem } from './problem';
import type { Face } from './task';
import { checkedUrl, isEmpty, parseJson, shorten } from './userInput';

/** One entry of the API's `face_choose`. Times in ms, volumes 0–2 with 1 = as it is. */
export interface FaceChoice extends Timing {
	face_id: string;
	sound_file?: string;
	audio_id?: string;
}

/**
 * The choice written as JSON.
 *
 * @param value the `face_choose` array, or JSON text of it
 * @throws Problem saying what is malformed
 */
export function choiceFromJson(value: unknown): FaceChoice[] {
	const parsed = parseJson(value, 'Faces (JSON)');
	if (!Array.isArray(parsed)) {
		throw inputProblem(
			"'Faces (JSON)' has to be a list",
			'Write a JSON array with one object for each face, such as [{"face_id": "face_001", "sound_file": "https://example.com/voice.mp3"}].',
		);
	}
	return parsed as FaceChoice[];
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
		checkTiming(entry, `of face "${id}"`);
		return entry;
	});
}

function checkOneAudio({ face_id: id, sound_file: file, audio_id: audioId }: FaceChoice): void {
	if ((file === undefined) !== (audioId === undefined)) return;
	throw inputProblem(
		file === undefined ? `Face "${id}" has no audio` : `Face "${id}" has two audios`,
		'Each face needs either "sound_file" (a URL) or "audio_id".',
	);
}

/**
 * @throws Problem naming the faces of the session
 */
export function requireFace(id: string, known: Set<string>): void {
	if (known.has(id)) return;
	throw inputProblem(
		`Face "${shorten(id)}" is not in this session`,
		known.size === 0
			? 'No face was found in this video.'
			: `The faces found are: ${listFaces(known)}. If the video was identified again, refresh the list of faces and choose anew.`,
	);
}

/** The ids of the faces of a session, for messages. */
export function listFaces(known: Set<string>): string {
	const ids = [...known];
	const more = ids.length > 10 ? ` and ${ids.length - 10} more` : '';
	return (
		ids
			.slice(0, 10)
			.map((id) => `"${shorten(id)}"`)
			.join(', ') + more
	);
}
