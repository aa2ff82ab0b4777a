'use strict';

/** Installs the libraries of the oldest n8n that the package supports, once, outside the clone. */

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** The oldest n8n. What is pinned in its folder are the libraries that this version of n8n brings. */
const OLDEST = '1.100';

const PINNED = path.join(__dirname, `n8n-${OLDEST}`);

/** @returns {string} the folder this version of the lockfile is installed in */
function oldestFolder() {
	const lock = fs.readFileSync(path.join(PINNED, 'package-lock.json'));
	const hash = createHash('sha256').update(lock).digest('hex').slice(0, 12);
	const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
	return path.join(cache, 'n8n-nodes-kling-lip-sync', `compat-${OLDEST}-${hash}`);
}

/** An install that was broken off is noticed by its missing marker file and done again. */
function ensureOldest() {
	const folder = oldestFolder();
	const marker = path.join(folder, '.complete');
	if (fs.existsSync(marker)) return;
	console.log(
		`Installing the libraries of n8n ${OLDEST} into ${folder}, once. This takes a minute.`,
	);
	fs.rmSync(folder, { recursive: true, force: true });
	fs.cpSync(PINNED, folder, { recursive: true });
	// Without scripts: the libraries do without what those would compile.
	const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
	const { status } = spawnSync('npm', install, { cwd: folder, stdio: 'inherit' });
	if (status !== 0) throw new Error(`The libraries of n8n ${OLDEST} could not be installed.`);
	fs.writeFileSync(marker, '');
}

module.exports = { OLDEST, ensureOldest, oldestFolder };
