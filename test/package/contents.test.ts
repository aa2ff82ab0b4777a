/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @typescript-eslint/no-require-imports */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type * as Core from 'n8n-core';
import manifest from '../../package.json';

const ROOT = path.join(__dirname, '../..');

const built = (file: string) => path.join(ROOT, file);
const listed = [...manifest.n8n.nodes, ...manifest.n8n.credentials];

/** What the loader makes of a node's description. */
interface Description {
	name: string;
	iconUrl: { light: string; dark: string };
	codex: {
		categories: string[];
		resources: Record<'primaryDocumentation' | 'credentialDocumentation', Array<{ url: string }>>;
	};
}

/** What `npm pack --json` tells of a package. */
interface Packed {
	files: Array<{ path: string }>;
	unpackedSize: number;
}

let home: string;

beforeAll(() => {
	for (const file of listed) {
		if (!fs.existsSync(built(file)))
			throw new Error(`${file} is missing: run "npm run build" first`);
	}
	home = fs.mkdtempSync(path.join(os.tmpdir(), 'package-'));
	process.env.N8N_USER_FOLDER = home;
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

it('is loaded by n8n, with its nodes, credential, icons and codex', async () => {
	const { PackageDirectoryLoader } = require('n8n-core') as typeof Core;
	const loader = new PackageDirectoryLoader(ROOT);
	await loader.loadAll();

	expect(loader.packageName).toBe('n8n-nodes-kling-lip-sync');
	expect(Object.keys(loader.nodeTypes).sort()).toEqual(['klingLipSync', 'klingLipSyncTrigger']);
	expect(Object.keys(loader.credentialTypes)).toEqual(['klingLipSyncApi']);
	expect(loader.known.credentials.klingLipSyncApi.supportedNodes?.sort()).toEqual([
		'klingLipSync',
		'klingLipSyncTrigger',
	]);

	for (const { type } of Object.values(loader.nodeTypes)) {
		const { iconUrl, codex, name } = type.description as Description;
		for (const icon of [iconUrl.light, iconUrl.dark]) {
			const file = icon.replace(`icons/${loader.packageName}/`, '');
			expect([name, fs.existsSync(built(file))]).toEqual([name, true]);
			expect(fs.readFileSync(built(file), 'utf8')).toContain('<svg');
		}
		expect(codex.categories.length).toBeGreaterThan(0);
		expect(codex.resources.primaryDocumentation[0].url).toMatch(/^https:\/\//);
		expect(codex.resources.credentialDocumentation[0].url).toMatch(/^https:\/\//);
	}
	const { iconUrl } = loader.credentialTypes.klingLipSyncApi.type as Pick<Description, 'iconUrl'>;
	for (const icon of [iconUrl.light, iconUrl.dark])
		expect(fs.existsSync(built(icon.replace(`icons/${loader.packageName}/`, '')))).toBe(true);
});

it('exports its classes', () => {
	const exported = require('../../index.js');
	expect(Object.keys(exported).sort()).toEqual([
		'KlingLipSync',
		'KlingLipSyncApi',
		'KlingLipSyncTrigger',
	]);
	expect(new exported.KlingLipSync().description.name).toBe('klingLipSync');
	expect(new exported.KlingLipSyncTrigger().description.name).toBe('klingLipSyncTrigger');
	expect(new exported.KlingLipSyncApi().name).toBe('klingLipSyncApi');
});

it('brings no other package with it, and needs only that of n8n', () => {
	for (const field of ['dependencies', 'bundledDependencies', 'bundleDependencies'])
		expect(manifest).not.toHaveProperty(field);
	expect(Object.keys(manifest.peerDependencies)).toEqual(['n8n-workflow']);
	const files = fs
		.readdirSync(built('dist'), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith('.js'));
	const required = files.flatMap(({ parentPath, name }) =>
		[...fs.readFileSync(path.join(parentPath, name), 'utf8').matchAll(/require\("([^"]+)"\)/g)].map(
			([, module]) => module,
		),
	);
	expect(new Set(required.filter((module) => !module.startsWith('.')))).toEqual(
		new Set(['crypto', 'n8n-workflow']),
	);
});

it('is published with nothing but what a user of n8n needs', async () => {
	const { stdout } = await promisify(execFile)(
		'npm',
		['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'],
		{ cwd: ROOT, shell: process.platform === 'win32', maxBuffer: 10_000_000 },
	);
	const [{ files, unpackedSize }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as Packed[];
	const paths = files.map((file) => file.path);
	const expected = [
		/^package\.json$/,
		/^README\.md$/,
		/^LICENSE$/,
		/^CHANGELOG\.md$/,
		/^index\.js$/,
		/^dist\/(nodes|credentials)\/.+\.(js|svg|node\.json)$/,
	];
	expect(paths.filter((file) => !expected.some((pattern) => pattern.test(file)))).toEqual([]);
	for (const file of ['package.json', 'LICENSE', 'index.js', ...listed])
		expect(paths).toContain(file);
	expect(unpackedSize).toBeLessThan(250_000);
});

it('has no test of its own in what is built', () => {
	const names = fs.readdirSync(built('dist'), { recursive: true, encoding: 'utf8' });
	expect(names.filter((name) => /test|emulator|\.ts$/.test(name))).toEqual([]);
});
