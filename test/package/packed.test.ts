/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

/** Loads a package as an n8n server does, in a process that knows nothing of this project. */
const LOADER = `
	const { PackageDirectoryLoader } = require('n8n-core');
	const loader = new PackageDirectoryLoader(process.argv[1]);
	loader.loadAll().then(() => {
		const nodes = Object.values(loader.nodeTypes).map(({ type }) => type.description);
		console.log(JSON.stringify({
			nodes: nodes.map(({ name, iconUrl, codex, properties }) => ({
				name,
				icons: Object.values(iconUrl),
				codex: Boolean(codex && codex.resources),
				properties: properties.length,
			})),
			credentials: Object.keys(loader.credentialTypes),
		}));
		process.exit(0);
	});`;

interface Loaded {
	nodes: Array<{ name: string; icons: string[]; codex: boolean; properties: number }>;
	credentials: string[];
}

test('the packed package loads with nothing around it but n8n', () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'packed-'));
	execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
		cwd: ROOT,
		stdio: 'ignore',
	});
	const [tarball] = fs.readdirSync(folder);
	execFileSync('tar', ['-xzf', tarball], { cwd: folder });
	const env = {
		PATH: process.env.PATH,
		NODE_PATH: path.join(ROOT, 'node_modules'),
		N8N_USER_FOLDER: folder,
	};
	const printed = execFileSync(process.execPath, ['-e', LOADER, path.join(folder, 'package')], {
		cwd: folder,
		env,
		encoding: 'utf8',
	});
	fs.rmSync(folder, { recursive: true });

	const { nodes, credentials }: Loaded = JSON.parse(printed.trim().split('\n').at(-1)!);
	expect(credentials).toEqual(['klingLipSyncApi']);
	expect(nodes.map(({ name }) => name)).toEqual(
		expect.arrayContaining(['klingLipSync', 'klingLipSyncTrigger']),
	);
	for (const { name, icons, codex, properties } of nodes) {
		expect(name).toMatch(/^klingLipSync/);
		expect(icons).toHaveLength(2);
		expect(codex).toBe(true);
		expect(properties).toBeGreaterThan(3);
	}
});
