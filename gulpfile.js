const { readdir, readFile, rm, writeFile } = require('node:fs/promises');
const path = require('node:path');
const { dest, series, src } = require('gulp');

/** Icons and codex files, beside the nodes and credentials that name them. */
function assets() {
	return src('{nodes,credentials}/**/*.{svg,png,node.json}', { encoding: false }).pipe(dest('dist'));
}

/** The official build copies every picture of the project; the package needs only its icons. */
function leftovers() {
	const names = ['test', 'docs', 'examples', 'artifacts', 'package.json', 'tsconfig.tsbuildinfo'];
	return Promise.all(names.map((name) => rm(`dist/${name}`, { recursive: true, force: true })));
}

/** The compiler indents with four spaces, a tenth of the package. */
async function indentation() {
	const files = await readdir('dist', { recursive: true });
	const scripts = files.filter((file) => file.endsWith('.js')).map((file) => path.join('dist', file));
	const tabs = (text) => text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
	await Promise.all(
		scripts.map(async (file) => await writeFile(file, tabs(await readFile(file, 'utf8')))),
	);
}

exports.build = series(leftovers, assets, indentation);
