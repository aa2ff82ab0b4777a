/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const page = fs.readFileSync(path.join(ROOT, 'docs/faults.md'), 'utf8');

/** The tests that the page names: a file, and the title of a test in it. */
const named = [...page.matchAll(/`(test\/[\w/.-]+)`: _([^_]+)_/g)].map(([, file, title]) => ({
	file,
	title,
}));

describe('the page about faults', () => {
	test('names a test for each fault', () => {
		const faults = page.match(/^\| (?!Fault |-)[^|]+ \|.*$/gm) ?? [];
		expect(faults.length).toBeGreaterThan(25);
		const isShown = (line: string) => /\| (`test\/|the same|none: n8n)/.test(line);
		expect(faults.filter((line) => !isShown(line))).toEqual([]);
	});

	test.each(named)('names $file: $title', ({ file, title }) => {
		expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
		const source = fs.readFileSync(path.join(ROOT, file), 'utf8');
		const titles = [...source.matchAll(/(?:\(|^\s*)(['"])((?:(?!\1).)+)\1,/gm)].map(
			([, , text]) => text,
		);
		expect(titles).toContain(title);
	});
});
