/**
 * The plan of the house: which folder of nodes/KlingLipSync may import which. Data flows one way:
 * parameters → media → request → task → wait → item. Run by `npm run lint:layout`.
 */
const HOUSE = '^nodes/KlingLipSync/';

/** From the cellar up: a folder may import the folders that it names, itself, and the two shared files. */
const MAY_IMPORT = {
	task: [],
	api: ['task'],
	media: ['task', 'api'],
	run: ['task', 'api'],
	wait: ['task', 'api', 'run'],
	operations: ['task', 'api', 'media', 'run', 'wait'],
	pickers: ['task', 'api'],
	trigger: ['task', 'api'],
};

/** Why a folder is where it is: printed with a violation. */
const REASONS = {
	task: 'task/ is the model of tasks, faces, prices and problems: pure, without n8n, clock or network, so that its rules are tested as plain functions.',
	api: 'api/ is all HTTP with the key. It knows what an answer means, not what a run does with it.',
	media: 'media/ looks at files and fetches results. Which file an item means is known to operations/.',
	run: 'run/ is one run of the node over its items. It must not know how the run waits, nor which operation it is.',
	wait: 'wait/ holds the ways to wait. Whoever waits must not know which operation is waiting.',
	operations: 'operations/ says what each operation shows and does, with everything below it.',
	pickers: 'pickers/ asks the API while a workflow is being built, when there is no run.',
	trigger: 'trigger/ takes callbacks, for which there is no run of the node.',
};

const folders = Object.keys(MAY_IMPORT).map((folder) => ({
	name: `${folder}-imports-upwards`,
	comment: `${REASONS[folder]} It may import ${[...MAY_IMPORT[folder].map((name) => `${name}/`), ...(folder === 'task' ? [] : ['clock.ts', 'concurrency.ts'])].join(', ') || 'nothing'}.`,
	severity: 'error',
	from: { path: `${HOUSE}${folder}/` },
	to: {
		path: HOUSE,
		pathNot: [
			`${HOUSE}(${[folder, ...MAY_IMPORT[folder]].join('|')})/`,
			...(folder === 'task' ? [] : [`${HOUSE}(clock|concurrency)\\.ts$`]),
		],
	},
}));

module.exports = {
	forbidden: [
		...folders,
		{
			name: 'circle',
			comment: 'Files that import each other can only be understood together. Move what both need into a third.',
			severity: 'error',
			from: {},
			to: { circular: true },
		},
		{
			name: 'task-knows-n8n',
			comment: `${REASONS.task} Only Node's own crypto may be imported.`,
			severity: 'error',
			from: { path: `${HOUSE}task/` },
			to: { pathNot: [HOUSE, '^(node:)?crypto$'] },
		},
		{
			name: 'not-shipped',
			comment: 'A published package for n8n has no runtime dependency: what it imports has to come with n8n.',
			severity: 'error',
			from: { path: '^(nodes|credentials)/' },
			to: { pathNot: [HOUSE, '^credentials/', '^(node:)?crypto$', 'node_modules/n8n-workflow/'] },
		},
		{
			name: 'orphan',
			comment: 'Nothing imports this file: delete it, or use it.',
			severity: 'error',
			from: { orphan: true, path: HOUSE },
			to: {},
		},
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		tsConfig: { fileName: 'tsconfig.json' },
		tsPreCompilationDeps: true,
		enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
		reporterOptions: { text: { highlightFocused: false } },
	},
};
