/* eslint-disable @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const HOUSE = 'nodes/KlingLipSync';

const sources = fs
	.readdirSync(path.join(ROOT, HOUSE), { recursive: true, encoding: 'utf8' })
	.filter((file) => file.endsWith('.ts'));

const violations = [
	['task/climbs.ts', "import '../api/httpRequest';", 'task-imports-upwards', 'pure, without n8n'],
	['api/climbs.ts', "import '../run/run';", 'api-imports-upwards', 'HTTP with the key'],
	['run/climbs.ts', "import '../wait/pause';", 'run-imports-upwards', 'how the run waits'],
	['task/asksN8n.ts', "import 'n8n-workflow';", 'task-knows-n8n', 'model of tasks'],
	['media/brings.ts', "import 'express';", 'not-shipped', 'no runtime dependency'],
	['run/there.ts', "import './back';", 'circle', 'only be understood together'],
	['run/back.ts', "import './there';", 'circle', 'only be understood together'],
	['run/unused.ts', 'export const unused = 1;', 'orphan', 'Nothing imports this file'],
];

/** What the plan says of the sources with these files among them, a violation a line. */
function judge(): string[] {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'layout-'));
	try {
		for (const name of ['nodes', 'credentials', '.dependency-cruiser.js', 'tsconfig.json']) {
			fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
		}
		fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
		for (const [file, content] of violations) {
			fs.writeFileSync(path.join(folder, HOUSE, file), content);
		}
		const cruiser = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
		const args = [cruiser, '--config', '--output-type', 'err-long', 'nodes', 'credentials'];
		const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
		return stdout.split(/^ {2}error /m).map((violation) => violation.replace(/\s+/g, ' '));
	} finally {
		fs.rmSync(folder, { recursive: true, force: true });
	}
}

describe('the plan of the house', () => {
	let verdicts: string[];
	beforeAll(() => (verdicts = judge()));

	test.each(violations)('refuses %s with %s as %s, and says why', (file, _, rule, reason) => {
		const verdict = verdicts.find((text) => text.startsWith(rule) && text.includes(file));
		expect(verdict).toContain(reason);
	});
});

test('lets only api/ and media/ speak HTTP', () => {
	const speaks = /\bhelpers\s*\.\s*(httpRequest|request)|\bfetch\(|httpRequestWith/;
	const speakers = sources.filter((file) =>
		speaks.test(fs.readFileSync(path.join(ROOT, HOUSE, file), 'utf8')),
	);
	expect(speakers.filter((file) => !/^(api|media)\//.test(file))).toEqual([]);
	expect(speakers).toContain('api/httpRequest.ts');
});
