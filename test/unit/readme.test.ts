/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const readme = read('README.md');
import { scripts } from '../../package.json';

const sources = fs
	.readdirSync(path.join(ROOT, 'nodes'), { recursive: true, encoding: 'utf8' })
	.filter((file) => file.endsWith('.ts'))
	.map((file) => read(path.join('nodes', file)))
	.join('\n');

describe('the README', () => {
	it('has a row and a picture for each example, and no others', () => {
		const files = fs.readdirSync(path.join(ROOT, 'examples'));
		const linked = [...readme.matchAll(/^\| \[[\w-]+\]\(examples\/([\w-]+\.json)\)/gm)];
		expect(linked.map(([, file]) => file).sort()).toEqual(files.sort());
	});

	it('shows only pictures that there are', () => {
		const shown = [...readme.matchAll(/(docs\/images\/[\w-]+\.png)/g)];
		expect(shown.length).toBeGreaterThan(6);
		for (const [, file] of shown) expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
	});

	it('and the pages in docs show each picture that there is, and no others', () => {
		const pages = ['docs/screens.md', 'docs/benchmarks.md'].map(read).join('\n');
		const shown = [readme, pages].flatMap((text) =>
			[...text.matchAll(/(?:docs\/)?images\/([\w/-]+\.(?:png|svg))/g)].map(([, file]) => file),
		);
		const files = fs
			.readdirSync(path.join(ROOT, 'docs/images'), { recursive: true, encoding: 'utf8' })
			.filter((file) => path.extname(file) !== '');
		expect([...new Set(shown)].sort()).toEqual(files.sort());
	});

	it('refers to files of the project by relative links, which work in any checkout', () => {
		expect(readme).not.toMatch(/blob\/main|raw\.githubusercontent/);
		const linked = [...readme.matchAll(/\]\(((?!https?:|#)[\w./-]+)/g)].map(([, file]) => file);
		expect(linked.length).toBeGreaterThan(8);
		for (const file of linked) expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
	});

	it('names only commands that there are', () => {
		const named = [...readme.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name);
		const own = named.filter((name) => !['ci', 'install', 'pack', 'run'].includes(name));
		expect(own).toEqual(expect.arrayContaining(['demo', 'test', 'dev', 'bench']));
		for (const name of own) expect(scripts).toHaveProperty([name]);
	});

	it('quotes messages as the nodes have them', () => {
		const table = readme.split('| Message |')[1].split('\n\n')[0];
		const quoted = [...table.matchAll(/^\| \*(.+?)\* \|/gm)].map(([, text]) => text);
		expect(quoted.length).toBeGreaterThan(5);
		for (const text of quoted) {
			const parts = text.split(/…|"/).map((part) => part.replace(/^\W+|\W+$/g, ''));
			for (const part of parts.filter((words) => words.length > 4)) {
				expect(sources).toContain(part);
			}
		}
	});

	it('links to sections that there are', () => {
		const headings = [...readme.matchAll(/^## (.+)$/gm)].map(([, title]) =>
			title
				.toLowerCase()
				.replace(/[^\w -]/g, '')
				.replace(/ /g, '-'),
		);
		for (const [, anchor] of readme.matchAll(/\]\(#([\w-]+)\)/g))
			expect(headings).toContain(anchor);
	});

	it('names folders and files that there are', () => {
		for (const [, file] of readme.matchAll(/`((?:nodes|credentials|test|examples)\/[\w/.-]*)`/g)) {
			expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
		}
	});
});
