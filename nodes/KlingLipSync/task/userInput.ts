import { inputProblem } from './problem';

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
 * Checks that a value is one URL that the vendor can fetch.
 *
 * @param what what lies there, such as `video`
 * @throws Problem naming what the URL is for
 */
export function checkedUrl(value: unknown, what: string): string {
	const url = typeof value === 'string' ? value.trim() : '';
	if (url === '') {
		throw inputProblem(
			`The URL of the ${what} is missing`,
			`Enter the URL of the ${what}, or map it from an earlier node.`,
		);
	}
	if (/[\s,;]https?:\/\//i.test(url)) {
		throw inputProblem(
			`The URL of the ${what} contains several links: ${shorten(url)}`,
			'Enter one link per item. To turn a list into items, use a Split Out node first.',
		);
	}
	if (!/^https?:\/\/[^\s/]/i.test(url) || !URL.canParse(url)) {
		throw inputProblem(
			`The URL of the ${what} is not a web address: ${shorten(url)}`,
			"It must start with https:// or http://. To use a file from an earlier node, set the source to 'Binary File' instead.",
		);
	}
	if (/\s/.test(url)) {
		throw inputProblem(
			`The URL of the ${what} contains a space: ${withoutLogin(url)}`,
			'Replace each space with %20.',
		);
	}
	return url;
}

/** A URL as messages may quote it: without a user name and a password, and not endless. */
export function withoutLogin(url: string): string {
	return shorten(url.replace(/^(https?:\/\/)[^/?#@]*@/i, '$1'));
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

/** A user's value as text, for messages: not every object can be made a string. */
export function inWords(value: unknown): string {
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether a user gave no value: nothing, or blanks. */
export function isEmpty(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}

/** What others wrote, cut to a length that a message can bear. */
export function shorten(text: string): string {
	return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
