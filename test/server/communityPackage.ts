/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** The package under test, as a user of n8n has it. */

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

export const ROOT = path.join(__dirname, '../..');

const exec = promisify(execFile);

/**
 * Packs a package and puts it where n8n puts a community package that a user installs.
 * These are the steps of n8n's own installer (community-packages.service.js) without the download,
 * and without its database row, which only the settings page reads.
 * @param userFolder the N8N_USER_FOLDER of the server
 * @param project the folder of the package
 * @returns the folder the package is in now
 */
export async function packAndInstall(userFolder: string, project = ROOT) {
	const nodesFolder = path.join(userFolder, '.n8n/nodes');
	fs.mkdirSync(nodesFolder, { recursive: true });
	const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', nodesFolder];
	const { stdout } = await exec('npm', pack, { cwd: project, maxBuffer: 2 ** 26 });
	type Packed = { name: string; version: string; filename: string };
	const [{ name, version, filename }] = JSON.parse(stdout) as Packed[];

	const tarball = path.join(nodesFolder, filename);
	const target = path.join(nodesFolder, 'node_modules', name);
	fs.mkdirSync(target, { recursive: true });
	await exec('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
	fs.rmSync(tarball);

	const manifestFile = path.join(target, 'package.json');
	const manifest = JSON.parse(fs.readFileSync(manifestFile, 'utf8')) as Record<string, unknown>;
	for (const key of ['devDependencies', 'peerDependencies', 'optionalDependencies'])
		delete manifest[key];
	fs.writeFileSync(manifestFile, JSON.stringify(manifest, null, 2));
	const ledger = { name: 'installed-nodes', private: true, dependencies: { [name]: version } };
	fs.writeFileSync(path.join(nodesFolder, 'package.json'), JSON.stringify(ledger, null, 2));
	return target;
}
