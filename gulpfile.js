const { rm } = require('node:fs/promises');
const { dest, series, src } = require('gulp');
const { build } = require('rolldown');
const manifest = require('./package.json');

/** Icons and codex files, beside the nodes and credentials that name them. */
function assets() {
	const files = ['nodes', 'credentials'].map((folder) => `${folder}/**/*.{svg,png,node.json}`);
	return src(files, { base: '.', encoding: false }).pipe(dest('dist'));
}

/** The official build has checked the types; it writes a file a source, and every picture of the project. */
const clear = () => rm('dist', { recursive: true, force: true });

/** A file for each node and credential that n8n looks for, and one for what they share. */
async function bundle() {
	const built = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
	const names = built.map((file) => file.slice('dist/'.length, -'.js'.length));
	await build({
		input: Object.fromEntries(names.map((name) => [name, `${name}.ts`])),
		platform: 'node',
		external: ['n8n-workflow'],
		output: {
			format: 'cjs',
			exports: 'named',
			comments: false,
			chunkFileNames: 'nodes/KlingLipSync/shared.js',
		},
	});
}

exports.build = series(clear, bundle, assets);
