/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, no-console */

/** Tests the engine level on the oldest n8n that is supported, and the built package on it and on the newest: `npm run test:compat`. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensureOldest } from './install';

if (!fs.existsSync(path.join(__dirname, '../../dist'))) {
	console.error('The package is not built yet: npm run build');
	process.exit(1);
}
ensureOldest();
const jest = require.resolve('jest/bin/jest');
const args = ['--config', path.join(__dirname, 'jest.config.js'), ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, [jest, ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;
