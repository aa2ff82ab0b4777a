import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { textOf } from '../../run/parameters';
import type { Run } from '../../run/run';
import type { FaceChoice } from '../../task/faceChoice';
import { choiceFromJson } from '../../task/faceChoice';
import { choiceFromMapping } from '../../task/faceMapping';
import { inputProblem } from '../../task/problem';
import type { Face } from '../../task/task';
import { AUDIO, mediaOf } from '../inputMedia';

/** Picks the faces that speak among those of a session, and gives each its audio. */
export type ChooseFaces = (faces?: Face[]) => { choices: FaceChoice[]; media?: string };

/**
 * Reads whom the user chose, which is worked out once the faces are known.
 *
 * @throws Problem for what can't be right whatever the faces are
 */
export async function readFaceSelection(run: Run, index: number): Promise<ChooseFaces> {
	const { context } = run;
	const faceSource = context.getNodeParameter('faceSource', index) as string;
	const selection = context.getNodeParameter('faceSelection', index) as string;
	if (selection === 'json') {
		const choices = choiceFromJson(context.getNodeParameter('faceChoose', index));
		return () => ({ choices });
	}
	if (selection === 'map' && faceSource === 'identifyTask') return mappedFaces(context, index);
	if (selection === 'all' && faceSource !== 'session') {
		const audio = await mediaOf(run, index, AUDIO);
		return (faces = []) => ({
			choices: faces.map(({ faceId }) => ({ face_id: faceId, sound_file: audio.url })),
			media: audio.identity,
		});
	}
	if (selection === 'single') {
		const audio = await mediaOf(run, index, AUDIO);
		const faceId = textOf(context, 'faceId', index);
		if (faceId === '' && faceSource === 'session') {
			throw inputProblem(
				'The face ID is missing',
				'With a session, enter the faceId that Identify Face returned.',
			);
		}
		return (faces) => ({
			choices: [{ face_id: faceId || (faces?.[0]?.faceId ?? ''), sound_file: audio.url }],
			media: audio.identity,
		});
	}
	throw inputProblem(
		`'Who Speaks' can't be "${selection}" with faces from "${faceSource}"`,
		"Choose 'Who Speaks' anew.",
	);
}

/** Expressions are resolved by the whole parameter; its parts would be converted by n8n. */
function mappedFaces(context: IExecuteFunctions, index: number): ChooseFaces {
	const { mappingMode, value } = context.getNodeParameter('faces', index) as {
		mappingMode: string;
		value: IDataObject | null;
	};
	const isAutomatic = mappingMode === 'autoMapInputData';
	const values = isAutomatic ? context.getInputData()[index].json : (value ?? {});
	return (faces = []) => ({ choices: choiceFromMapping(values, faces, !isAutomatic) });
}
