import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { optionsOf, textOf } from '../../run/parameters';
import { referenceOf } from '../../run/reference';
import type { Run } from '../../run/run';
import type { Timing } from '../../task/audioTiming';
import { timingFromOptions } from '../../task/audioTiming';
import { inputProblem } from '../../task/problem';
import { parseJson } from '../../task/parseInput';
import type { ChooseVoices } from './whoSpeaks';
import { readWhoSpeaks } from './whoSpeaks';

export type FaceSource = 'video' | 'identifyTask' | 'session';
export type OriginalSound = 'replace' | 'keep';

/** What the parameters of an item say, checked as far as can be without looking at anything. */
export interface LipSyncInput {
	faceSource: FaceSource;
	/** The faces that are to speak; more exactly once the session's faces are known. */
	choose: ChooseVoices;
	/** From the options: holds for every face that has none of its own. */
	common: Timing;
	/** What becomes of the video's own sound. JSON is sent as it is written, but for the times. */
	originalSound?: OriginalSound;
	/** Merged into the request. */
	extra: IDataObject;
	reference?: string;
}

/**
 * Reads an item's parameters.
 *
 * @throws Problem for what is certain to be refused, before anything is spent
 */
export function readParameters({ context }: Run, itemIndex: number): LipSyncInput {
	const options = optionsOf(context, itemIndex);
	const reference = referenceOf(context, itemIndex);
	return {
		faceSource: context.getNodeParameter('faceSource', itemIndex) as FaceSource,
		choose: readWhoSpeaks(context, itemIndex),
		common: timingFromOptions(options),
		originalSound: originalSoundOf(context, itemIndex),
		extra: extraFields(options.extraBody),
		...(reference && { reference }),
	};
}

function originalSoundOf(context: IExecuteFunctions, itemIndex: number): OriginalSound | undefined {
	if (context.getNodeParameter('faceSelection', itemIndex) === 'json') return undefined;
	return (textOf(context, 'originalSound', itemIndex) || 'replace') as OriginalSound;
}

function extraFields(value: unknown): IDataObject {
	const extra = parseJson(value || '{}', 'Extra Request Fields');
	if (typeof extra === 'object' && extra !== null && !Array.isArray(extra))
		return extra as IDataObject;
	throw inputProblem(
		"'Extra Request Fields' must be a JSON object",
		'Write it as {"name": "value"}.',
	);
}
