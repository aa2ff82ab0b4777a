/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { n8n } from '../../package.json';
import { ensureN8n } from './install';

const ROOT = path.join(__dirname, '../..');
const SOURCES = ['nodes', 'credentials', 'icons', 'package.json', 'tsconfig.json', 'gulpfile.js'];

function newest(file: string): number {
	const stat = fs.statSync(file, { throwIfNoEntry: false });
	if (!stat) return 0;
	if (!stat.isDirectory()) return stat.mtimeMs;
	return Math.max(
		stat.mtimeMs,
		...fs.readdirSync(file).map((name) => newest(path.join(file, name))),
	);
}

/** Makes sure that n8n is installed and that dist is the present sources. */
export default async function ensureBuilt() {
	await ensureN8n();
	const built = Math.min(...n8n.nodes.map((node) => newest(path.join(ROOT, node))));
	if (built > Math.max(...SOURCES.map((source) => newest(path.join(ROOT, source))))) return;
	execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'inherit' });
}
