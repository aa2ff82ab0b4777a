/** The part of the standard report of mutation testing that counts. */
export interface Report {
	files: Record<string, { mutants: Array<{ status: string; static?: boolean }> }>;
}

/** How many mistakes of a folder the tests notice, in percent. */
export interface Score {
	folder: string;
	noticed: number;
	mistakes: number;
	score: number;
	least: number;
}

/** What counts as a folder of its own: the readers of media are pure, the rest of that folder is not. */
export const READERS = 'media (readers)';

/** In percent: where a mistake costs money and the rules are plain functions, and everywhere else. */
const LEAST_PURE = 90;
const LEAST = 80;

const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

/**
 * The score of each folder, from the reports of all runs.
 *
 * @param skipsStatic leaves out what is worked out when a file is loaded, also where a test loads it anew:
 *   then that test alone was tried
 */
export function scores(reports: Report[], skipsStatic: boolean): Score[] {
	const counts = new Map<string, { noticed: number; mistakes: number }>();
	for (const [file, { mutants }] of reports.flatMap(({ files }) => Object.entries(files))) {
		const folder = folderOf(file);
		const count = counts.get(folder) ?? { noticed: 0, mistakes: 0 };
		for (const { status, static: isStatic } of mutants) {
			if (skipsStatic && isStatic) continue;
			if (NOTICED.includes(status)) count.noticed++;
			if (NOTICED.includes(status) || MISSED.includes(status)) count.mistakes++;
		}
		counts.set(folder, count);
	}
	return [...counts]
		.filter(([, { mistakes }]) => mistakes > 0)
		.map(([folder, { noticed, mistakes }]) => ({
			folder,
			noticed,
			mistakes,
			score: (100 * noticed) / mistakes,
			least: ['task', READERS].includes(folder) ? LEAST_PURE : LEAST,
		}));
}

/** The folders whose tests notice too little. */
export function belowThreshold(found: Score[]): Score[] {
	return found.filter(({ score, least }) => score < least);
}

/** The folder of the house that a published file counts to. */
export function folderOf(file: string): string {
	const [, folder = file.split('/')[0]] = /^nodes\/KlingLipSync\/([^/]+)\//.exec(file) ?? [];
	if (folder !== 'media') return folder;
	return /(byteSource|checkMedia|downloadResult|binaryFile|openLink|fetchFile)\.ts$/.test(file)
		? 'media'
		: READERS;
}
