import type { IDataObject } from 'n8n-workflow';

import { optionsOf, textOf } from '../../run/parameters';
import type { Run } from '../../run/run';
import type { TaskRequest } from '../../run/submit';
import { timingFromOptions } from '../../task/audioTiming';
import type { FaceChoice } from '../../task/faceChoice';
import { checkedChoice } from '../../task/faceChoice';
import { inputProblem } from '../../task/problem';
import type { Face } from '../../task/task';
import { parseJson } from '../../task/userInput';
import { identifyRequest } from '../identifyFace/identifyRequest';
import { readFaceSelection } from './chooseFaces';

/** Everything about an item that can be checked before its faces are known. */
export interface LipSyncInput {
	/** Picks the faces and checks them against those of the session, where they are known. */
	choose: (faces?: Face[]) => { choices: FaceChoice[]; identity: unknown };
	extra: IDataObject;
	identify?: TaskRequest;
}

/**
 * Reads an item's parameters.
 *
 * @throws Problem for what is certain to be refused, before anything is spent
 */
export async function readInput(run: Run, index: number): Promise<LipSyncInput> {
	const { context } = run;
	const options = optionsOf(context, index);
	const common = timingFromOptions(options);
	const pick = await readFaceSelection(run, index);
	const extra = parseJson(options.extraBody || '{}', 'Extra Request Fields') as IDataObject;
	if (typeof extra !== 'object' || extra === null || Array.isArray(extra)) {
		throw inputProblem(
			"'Extra Request Fields' has to be a JSON object",
			'Write it as {"name": "value"}.',
		);
	}
	const choose = (faces?: Face[]) => {
		const { choices, media } = pick(faces);
		const checked = checkedChoice(choices, common, faces);
		return {
			choices: checked,
			identity: media ? checked.map((choice) => ({ ...choice, sound_file: media })) : checked,
		};
	};
	const faceSource = context.getNodeParameter('faceSource', index) as string;
	// Whatever does not hang on the faces is refused now: identifying them costs money, too.
	if (faceSource === 'video' && context.getNodeParameter('faceSelection', index) !== 'json') {
		const named = textOf(context, 'faceId', index);
		choose([{ faceId: named || 'any' }]);
	}
	if (faceSource !== 'identifyTask' && context.getNodeParameter('faceSelection', index) === 'json')
		choose();
	return {
		choose,
		extra,
		...(faceSource === 'video' && { identify: await identifyRequest(run, index) }),
	};
}
