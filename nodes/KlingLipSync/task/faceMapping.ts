import type { Timing } from './audioTiming';
import { readTiming, TIMING_FIELDS } from './audioTiming';
import type { Voice, VoiceAudio } from './faceChoice';
import { capitalized, faceLabel, positionOf } from './faceChoice';
import { inputProblem } from './problem';
import type { Face } from './task';
import { isEmpty } from './parseInput';
import { inWords } from './quote';

/** `face_001:sound_insert_time` or `#1:sound_insert_time`: how the mapper names a face's own timing. */
export function timingFieldId(face: string, field: keyof Timing): string {
	return `${face}:${field}`;
}

/** A mapping as the resource mapper gives it. */
export interface FaceMapping {
	/** Audios by face, timing by {@link timingFieldId}. A face is named by its id or its position. */
	values: Record<string, unknown>;
	/** The fields whose value is an expression. */
	expressions: Set<string>;
	/** The fields are those of the input item, many of which are about something else. */
	isAutomatic: boolean;
	audioSource: 'url' | 'binary';
}

/**
 * The voices of a mapping. A face that is left empty is not driven.
 *
 * @param faces the session's faces; undefined when they are not known yet
 * @throws Problem naming the face, for what would otherwise be skipped in silence: an expression
 *   that came to nothing, timing without an audio, no audio at all
 */
export function voicesFromMapping(mapping: FaceMapping, faces?: Face[]): Voice[] {
	const { values, expressions, isAutomatic, audioSource } = mapping;
	const ids = new Set(faces?.map(({ faceId }) => faceId));
	const mapped = new Map<string, { audio?: unknown; timing: Record<string, unknown> }>();
	for (const [key, value] of Object.entries(values)) {
		const { face, field } = parseKey(key, ids);
		if (isAutomatic && positionOf(face) === undefined && !ids.has(face)) continue;
		const entry = mapped.get(face) ?? { timing: {} };
		mapped.set(face, entry);
		if (field) entry.timing[field] = value;
		else entry.audio = value;
		if (!isAutomatic && isEmpty(value) && expressions.has(key)) {
			throw inputProblem(
				`The expression for ${field ? 'a setting' : 'the audio'} of ${faceLabel(face, faces)} returned nothing`,
				'Check the expression and the data of this item. Clear the field if the face is not meant to speak.',
			);
		}
	}
	const voices: Voice[] = [];
	for (const [face, { audio, timing }] of mapped) {
		const label = faceLabel(face, faces);
		const own = readTiming(
			({ field }) => timing[field],
			(name) => `'${name}' of ${label}`,
		);
		if (!isEmpty(audio)) {
			voices.push({ face, audio: toAudio(audio, audioSource), timing: own });
		} else if (!isAutomatic && Object.keys(own).length > 0) {
			throw inputProblem(
				`${capitalized(label)} has settings, but no audio`,
				'Give this face its audio, or remove its settings.',
			);
		}
	}
	if (voices.length === 0) {
		throw inputProblem(
			'No face has an audio',
			isAutomatic
				? "The item needs a field named after a face, such as '#1' for the first face, that holds the audio of that face."
				: 'Give at least one face its audio.',
		);
	}
	return voices;
}

function toAudio(value: unknown, source: 'url' | 'binary'): VoiceAudio {
	const text = inWords(value).trim();
	return source === 'binary' ? { field: text } : { url: text };
}

/** An id may look like the name of another face's timing. */
function parseKey(key: string, ids: Set<string>): { face: string; field?: keyof Timing } {
	if (ids.has(key)) return { face: key };
	const timing = TIMING_FIELDS.find(({ field }) => key.endsWith(`:${field}`));
	return timing
		? { face: key.slice(0, -timing.field.length - 1), field: timing.field }
		: { face: key };
}
