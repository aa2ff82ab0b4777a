import { inputProblem } from './problem';
import { inWords, shorten } from './quote';

/** Fewer characters are no audio of 2 s. */
const SHORTEST_BASE64 = 1000;

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

/**
 * The file itself in place of a link to it, which the API takes without a `data:` prefix.
 *
 * @returns undefined when the text is none
 */
export function base64Of(text: string): string | undefined {
	const data = /^data:[^,]{0,100};base64,/.exec(text);
	if (data) return text.slice(data[0].length);
	return text.length > SHORTEST_BASE64 && /^[A-Za-z0-9+/\s]+=*$/.test(text) ? text : undefined;
}
