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

/** What the parameters of an item say, checked as far as can be without looking at anything. */
export interface LipSyncInput {
	faceSource: FaceSource;
	/** The faces that are to speak; more exactly once the session's faces are known. */
	choose: ChooseVoices;
	/** From the options: holds for every face that has none of its own. */
	common: Timing;
	/** Volume of the video's own sound that the user chose without giving a number. */
	originalVolume?: number;
	/** Merged into the request. */
	extra: IDataObject;
	reference?: string;
}

/** Volumes of the video's own sound: 0 is silent, 1 leaves it as it is. */
const ORIGINAL_VOLUMES: Record<string, number> = { replace: 0, keep: 1 };

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
		originalVolume: originalVolume(context, itemIndex),
		extra: extraFields(options.extraBody),
		...(reference && { reference }),
	};
}

/** JSON is sent as it is written, but for the times. */
function originalVolume(context: IExecuteFunctions, itemIndex: number): number | undefined {
	if (context.getNodeParameter('faceSelection', itemIndex) === 'json') return undefined;
	return ORIGINAL_VOLUMES[textOf(context, 'originalSound', itemIndex) || 'replace'];
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
