'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const ts = require('typescript');
const { row, spread } = require('./stats');

const ROOT = path.join(__dirname, '../..');
const ROUNDS = 7;
const LARGEST = 150_000;

/** The example node that n8n's own tool makes for a new package, compiled. */
function starterNode(folder) {
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
function loadTime(file) {
	const script = `
		require(${JSON.stringify(require.resolve('n8n-workflow'))});
		const begin = performance.now();
		require(${JSON.stringify(file)});
		console.log(performance.now() - begin);`;
	const env = { ...process.env, NODE_PATH: path.join(ROOT, 'node_modules') };
	return Number(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }));
}

/** What the package costs an n8n server: loading it, and its size on disk. */
async function packageCosts() {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'starter-'));
	const starter = starterNode(folder);
	const ours = [];
	const theirs = [];
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
	const [{ unpackedSize }] = [JSON.parse(packed)].flatMap((list) => Object.values(list));
	return [
		row(
			'load the package, ms',
			spread(ours, 1),
			`${spread(theirs, 1)} n8n's starter node`,
			'',
			true,
		),
		row(
			'size unpacked, KB',
			(unpackedSize / 1000).toFixed(0),
			'',
			'≤ 150 KB',
			unpackedSize <= LARGEST,
		),
	];
}

module.exports = { packageCosts };
