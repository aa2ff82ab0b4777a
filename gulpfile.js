const { rm } = require('node:fs/promises');
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

exports.build = series(leftovers, assets);
