/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';

/** A test as it was when nothing was changed. */
interface Measured {
	/** How long it took, in ms. */
	ms: number;
	/** How many mistakes it reaches. */
	reach: number;
}

/** The tests of each file by their full names. */
export type Tests = Record<string, Record<string, Measured>>;

/**
 * How long the tests that a mistake meets may take together when nothing is changed, in ms. A mistake that only others
 * would notice counts as missed.
 */
export const BUDGET = 10_000;

/** The same for a mistake in what is worked out when a file is loaded: nobody knows which tests that reaches. */
export const BUDGET_OF_ALL = 4 * BUDGET;

/** How long a file takes before its first test, in ms. */
const LOADING = 500;

const FILE = path.join(__dirname, '../../artifacts/mutation/tests.json');

/** Whether a mistake is being made now; the first run is without one. */
export const isMutated = (): boolean => process.env.__STRYKER_ACTIVE_MUTANT__ !== undefined;

let known: Tests | undefined;

/** The tests of the run without a mistake. */
function allTests(): Tests {
	known ??= JSON.parse(fs.readFileSync(FILE, 'utf8')) as Tests;
	return known;
}

/** Keeps the tests for the processes that try the mistakes. */
export function keepTests(measured: Tests): void {
	fs.writeFileSync(FILE, JSON.stringify(measured));
}

/**
 * The tests that a pattern of Stryker's names, which is a list of their full names: thousands of alternatives are
 * slow to match.
 *
 * @returns undefined without a pattern, which stands for all
 */
export function namesIn(pattern: string | undefined): Set<string> | undefined {
	return pattern
		? new Set(
				pattern
					.slice(1, -1)
					.split(')|(')
					.map((name) => name.replace(/\\(.)/g, '$1')),
			)
		: undefined;
}

/**
 * Chooses tests that reach a mistake: first those that are quick and reach few others, for they are about little else.
 *
 * @param reaching their full names; undefined for all tests
 * @returns the chosen ones by file, the file with the likeliest first
 */
export function likeliest(
	all: Tests,
	reaching: Set<string> | undefined,
	budget = reaching ? BUDGET : BUDGET_OF_ALL,
): Map<string, Set<string>> {
	const chosen = new Map<string, Set<string>>();
	let left = budget;
	const tests = Object.entries(all)
		.flatMap(([file, ofFile]) =>
			Object.entries(ofFile).map(([name, { ms, reach }]) => ({
				file,
				name,
				ms,
				weight: (ms + 1) * (reach + 1),
			})),
		)
		.filter(({ name }) => reaching?.has(name) !== false)
		.sort((a, b) => a.weight - b.weight);
	for (const { file, name, ms } of tests) {
		const names = chosen.get(file);
		left -= names ? ms : LOADING + ms;
		// Where all are slow, one of them is still better than none.
		if (left < 0 && chosen.size > 0) break;
		chosen.set(file, (names ?? new Set<string>()).add(name));
	}
	return chosen;
}

let chosen = new Map<string, Set<string>>();

/** Chooses the tests that the present mistake meets, and gives back their files in order. */
export function choose(pattern: string | undefined): string[] {
	chosen = likeliest(allTests(), namesIn(pattern));
	return [...chosen.keys()];
}

/** How long a test takes normally, in ms; undefined when it is not to be run. */
export function normalTime(file: string, name: string): number | undefined {
	return chosen.get(file)?.has(name) ? allTests()[file][name].ms : undefined;
}
