import type { Timing } from './audioTiming';
import { TIMING_FIELDS } from './audioTiming';
import type { FaceChoice } from './faceChoice';
import { listFaces, requireFace } from './faceChoice';
import { inputProblem } from './problem';
import type { Face } from './task';
import { inWords, isEmpty, toNumber } from './userInput';

/** `face_001:sound_insert_time`: how the mapper names a face's own timing. */
export function timingFieldId(faceId: string, field: keyof Timing): string {
	return `${faceId}:${field}`;
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

function faceOfField(id: string, known: Set<string>): string {
	if (known.has(id)) return id;
	const timing = TIMING_FIELDS.find(({ field }) => id.endsWith(`:${field}`));
	return timing ? id.slice(0, -timing.field.length - 1) : id;
}

function own(values: Record<string, unknown>, key: string): unknown {
	return Object.hasOwn(values, key) ? values[key] : undefined;
}
