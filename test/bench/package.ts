/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { row, spread } from './stats';

const ROOT = path.join(__dirname, '../..');
const ROUNDS = 7;
/** Bytes. */
const LARGEST = 250_000;

/** The example node that n8n's own tool makes for a new package, compiled. */
function starterNode(folder: string): string {
	const source = path.join(
		ROOT,
		'node_modules/@n8n/node-cli/dist/template/templates/programmatic/example/template/nodes/Example/Example.node.ts',
	);
	const { outputText } = ts.transpileModule(fs.readFileSync(source, 'utf8'), {
		compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
	});
	const file = path.join(folder, 'Example.node.js');
	fs.writeFileSync(file, outputText);
	return file;
}

/** ms until a module is loaded in a fresh process in which n8n-workflow is loaded already. */
function loadTime(file: string): number {
	const script = `
		require(${JSON.stringify(require.resolve('n8n-workflow'))});
		const begin = performance.now();
		require(${JSON.stringify(file)});
		console.log(performance.now() - begin);`;
	const env = { ...process.env, NODE_PATH: path.join(ROOT, 'node_modules') };
	return Number(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }));
}

/** What the package costs an n8n server: loading it, and its size on disk. */
export async function packageCosts() {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'starter-'));
	const starter = starterNode(folder);
	const ours: number[] = [];
	const theirs: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		ours.push(loadTime(path.join(ROOT, 'index.js')));
		theirs.push(loadTime(starter));
	}
	fs.rmSync(folder, { recursive: true });
	const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
		cwd: ROOT,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	// A list, or from npm 11 on an object by the package's name.
	const [{ unpackedSize }] = Object.values(JSON.parse(packed) as Array<{ unpackedSize: number }>);
	return [
		row('load the package, ms', spread(ours, 1), `${spread(theirs, 1)} n8n's starter node`),
		row(
			'size unpacked, KB',
			(unpackedSize / 1000).toFixed(0),
			'',
			'≤ 250 KB',
			unpackedSize <= LARGEST,
		),
	];
}
