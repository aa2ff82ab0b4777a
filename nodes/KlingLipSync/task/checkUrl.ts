import { inputProblem } from './problem';
import { shorten, withoutLogin } from './quote';

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
