/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */
import { readFileSync } from 'node:fs';
import { version } from '../package.json';

const tag = process.argv[2]?.replace(/^v/, '');
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const problems = [
	tag !== version && `the tag is ${tag}, package.json says ${version}`,
	!changelog.includes(`## [${version}]`) && `CHANGELOG.md has no entry "## [${version}]"`,
].filter(Boolean);

for (const problem of problems) console.error(`Not released: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
