import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { linkOf, textOf } from '../../run/parameters';
import type { Voice, VoiceAudio } from '../../task/faceChoice';
import { FIRST_FACE, voicesFromJson, voicesOfAll } from '../../task/faceChoice';
import { voicesFromMapping } from '../../task/faceMapping';
import { inputProblem } from '../../task/problem';
import type { Face } from '../../task/task';

/**
 * Which faces speak, and what. Without the faces of the session: one voice for each audio that is
 * certain to be used, so that the audios can be looked at before the faces are paid for.
 */
export type ChooseVoices = (faces?: Face[]) => Voice[];

/**
 * Reads whom the user chose, which is worked out once the faces are known.
 *
 * @throws Problem for what can't be right whatever the faces are
 */
export function readWhoSpeaks(context: IExecuteFunctions, itemIndex: number): ChooseVoices {
	const faceSource = context.getNodeParameter('faceSource', itemIndex) as string;
	const selection = context.getNodeParameter('faceSelection', itemIndex) as string;
	if (selection === 'json') {
		const voices = voicesFromJson(context.getNodeParameter('faceChoose', itemIndex));
		return () => voices;
	}
	if (selection === 'map' && faceSource !== 'session') return mappedFaces(context, itemIndex);
	if (selection === 'all' && faceSource !== 'session') {
		const audio = audioOf(context, itemIndex);
		return (faces) => voicesOfAll(audio, faces);
	}
	if (selection === 'single') {
		const face = textOf(context, 'faceId', itemIndex);
		if (face === '' && faceSource === 'session') {
			throw inputProblem(
				'The face ID is missing',
				'With a session ID, enter the faceId that Identify Face returned.',
			);
		}
		const voice = { face: face || FIRST_FACE, audio: audioOf(context, itemIndex), timing: {} };
		return () => [voice];
	}
	throw inputProblem(
		`'Who Speaks' can't be "${selection}" with faces from "${faceSource}"`,
		"Choose 'Who Speaks' again.",
	);
}

/** The one audio of an item. */
function audioOf(context: IExecuteFunctions, itemIndex: number): VoiceAudio {
	return textOf(context, 'audioSource', itemIndex) === 'binary'
		? { field: textOf(context, 'audioBinaryPropertyName', itemIndex) }
		: { url: linkOf(context, 'audioUrl', itemIndex) };
}

/** Expressions are resolved by the whole parameter; its parts would be converted by n8n. */
function mappedFaces(context: IExecuteFunctions, itemIndex: number): ChooseVoices {
	const { mappingMode, value } = context.getNodeParameter('faces', itemIndex) as {
		mappingMode: string;
		value: IDataObject | null;
	};
	const isAutomatic = mappingMode === 'autoMapInputData';
	const mapping = {
		values: isAutomatic ? context.getInputData()[itemIndex].json : (value ?? {}),
		expressions: isAutomatic ? new Set<string>() : expressionsOf(context, itemIndex),
		isAutomatic,
		audioSource: textOf(context, 'audioSource', itemIndex) === 'binary' ? 'binary' : 'url',
	} as const;
	return (faces) => voicesFromMapping(mapping, faces);
}

function expressionsOf(context: IExecuteFunctions, itemIndex: number): Set<string> {
	const { value } = context.getNodeParameter('faces', itemIndex, {}, { rawExpressions: true }) as {
		value?: IDataObject | string | null;
	};
	const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
	const isExpression = (raw: unknown) => typeof raw === 'string' && raw.startsWith('=');
	return new Set(fields.filter(([, raw]) => isExpression(raw)).map(([field]) => field));
}
