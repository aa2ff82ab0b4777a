'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ensureN8n } = require('./install');

const ROOT = path.join(__dirname, '../..');
const SOURCES = ['nodes', 'credentials', 'icons', 'package.json', 'tsconfig.json', 'gulpfile.js'];

function newest(file) {
	const stat = fs.statSync(file, { throwIfNoEntry: false });
	if (!stat) return 0;
	if (!stat.isDirectory()) return stat.mtimeMs;
	return Math.max(
		stat.mtimeMs,
		...fs.readdirSync(file).map((name) => newest(path.join(file, name))),
	);
}

/** Makes sure that n8n is installed and that dist is the present sources. */
module.exports = async () => {
	await ensureN8n();
	const { nodes } = require(path.join(ROOT, 'package.json')).n8n;
	const built = Math.min(...nodes.map((node) => newest(path.join(ROOT, node))));
	if (built > Math.max(...SOURCES.map((source) => newest(path.join(ROOT, source))))) return;
	execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'inherit' });
};
