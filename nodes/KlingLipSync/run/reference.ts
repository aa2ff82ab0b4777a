import type { IExecuteFunctions } from 'n8n-workflow';

import { inputProblem } from '../task/problem';
import { optionsOf } from './parameters';

/** In a URL a character can take nine, and there are limits to its length that nobody publishes. */
const LONGEST_REFERENCE = 500;

/**
 * What the user gave the order to find its way home, if anything.
 *
 * @throws Problem when it does not fit into a callback URL
 */
export function referenceOf(context: IExecuteFunctions, itemIndex: number): string | undefined {
	const reference = String(optionsOf(context, itemIndex).reference ?? '').trim();
	if (reference.length > LONGEST_REFERENCE) {
		throw inputProblem(
			`The reference has ${reference.length} characters`,
			`Shorten it to ${LONGEST_REFERENCE}: give the ID of a row or a file, not its content.`,
		);
	}
	return reference || undefined;
}
