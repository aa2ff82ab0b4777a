import { inputProblem } from './problem';
import { inWords, shorten } from './quote';

/**
 * Parses what a user typed into a JSON field; objects and arrays are taken as they are.
 *
 * @throws Problem naming the field
 */
export function parseJson(value: unknown, field: string): unknown {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value);
	} catch (error) {
		throw inputProblem(
			`'${field}' is not valid JSON: ${error instanceof Error ? error.message : ''}`,
			'Check quotes, commas and brackets.',
		);
	}
}

/**
 * A number that a user wrote, as a number or as text; undefined when it is empty.
 *
 * @throws Problem naming `what`
 */
export function toNumber(value: unknown, what: string): number | undefined {
	if (isEmpty(value)) return undefined;
	const number = typeof value === 'string' ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isFinite(number)) {
		throw inputProblem(`${what} must be a number`, `It is "${shorten(inWords(value))}".`);
	}
	return number;
}

/** Whether a user gave no value: nothing, or blanks. */
export function isEmpty(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}
