/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, no-console */

/** Installs the libraries of the oldest n8n that the package supports, once, outside the clone. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The oldest n8n. What is pinned in its folder are the libraries that this version of n8n brings. */
export const OLDEST = '1.100';

const PINNED = path.join(__dirname, `n8n-${OLDEST}`);

/** The folder that this version of the lockfile is installed in. */
export function oldestFolder(): string {
	const lock = fs.readFileSync(path.join(PINNED, 'package-lock.json'));
	const hash = createHash('sha256').update(lock).digest('hex').slice(0, 12);
	const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
	return path.join(cache, 'n8n-nodes-kling-lip-sync', `compat-${OLDEST}-${hash}`);
}

/** An install that was broken off is noticed by its missing marker file and done again. */
export function ensureOldest() {
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
