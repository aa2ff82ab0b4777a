/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';

import { scripts } from '../../package.json';

const ROOT = path.join(__dirname, '../..');
const page = fs.readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');

test('names files and folders that there are', () => {
	const named = [...page.matchAll(/`((?:nodes|test|docs)\/[\w/.-]*)`/g)].map(([, file]) => file);
	const linked = [...page.matchAll(/\]\(((?!https?:)[\w/.-]+)\)/g)].map(([, file]) => file);
	const missing = [...named, ...linked].filter((file) => !fs.existsSync(path.join(ROOT, file)));
	expect(missing).toEqual([]);
});

test('says of at least fifteen changes where to make them', () => {
	const [, table] = page.split('## Where do I change …');
	expect(table.split('## ')[0].match(/^\| .+ \| `.+` \|$/gm)?.length).toBeGreaterThanOrEqual(15);
});

test('draws every folder of the house', () => {
	const drawing = page.split('```mermaid')[1].split('```')[0];
	const folders = fs
		.readdirSync(path.join(ROOT, 'nodes/KlingLipSync'), { withFileTypes: true })
		.filter((entry) => entry.isDirectory());
	for (const { name } of folders) expect(drawing).toContain(`${name}/`);
});

test('names commands that there are', () => {
	for (const [, name] of page.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
});

test('gives the reason of every file that is JavaScript', () => {
	const isScript = /\.(?:js|mjs|cjs)$/;
	const atTop = fs.readdirSync(ROOT).filter((file) => isScript.test(file));
	const reasons = page.split('## Languages')[1].split('## ')[0];
	const patterns = [...reasons.matchAll(/`([^`]+\.m?js)`/g)].map(
		([, pattern]) => new RegExp(`^${pattern.replace(/\./g, '\\.').replace('*', '.*')}$`),
	);
	for (const file of atTop)
		expect([file, patterns.some((p) => p.test(file))]).toEqual([file, true]);
	const below = ['nodes', 'credentials', 'test'].flatMap((folder) =>
		fs
			.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => isScript.test(file) && !/node_modules/.test(file))
			.map((file) => `${folder}/${file}`),
	);
	for (const file of below) expect([file, reasons.includes(file)]).toEqual([file, true]);
});
