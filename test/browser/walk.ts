/* eslint-disable @n8n/community-nodes/no-restricted-globals, no-console */
/**
 * Opens the panel of each node in each of its shapes and keeps a picture, for a person who wants to
 * read the fields as a user meets them: `node -r ./test/register test/browser/walk.ts [part of a name …]`
 */

import type { INodeParameters } from 'n8n-workflow';
import { chain, manualStart } from '../server/workflows';
import { onOwnStage } from './stage';
import type { Stage } from './stage';

const identify = (more?: INodeParameters) => ({ operation: 'identifyFace', ...more });
const lipSync = (more?: INodeParameters) => ({ operation: 'lipSync', ...more });
const ofTask = (more?: INodeParameters) => lipSync({ faceSource: 'identifyTask', ...more });
const getTask = (more?: INodeParameters) => ({ operation: 'getTask', ...more });
const [poll, callback, trigger, none] = ['poll', 'callback', 'trigger', 'none'].map((waitMode) => ({
	waitMode,
}));

interface Shape {
	node?: 'trigger';
	is: INodeParameters;
	lists?: string[];
}

/** Parameters by the name of the picture; `lists` are opened, too. */
const SHAPES: Record<string, Shape> = {
	'identify-url': { is: identify(), lists: ['operation', 'videoSource', 'waitMode'] },
	'identify-binary': { is: identify({ videoSource: 'binary' }) },
	'identify-callback': { is: identify(callback) },
	'identify-trigger': { is: identify(trigger) },
	'identify-none': { is: identify(none) },
	'lip-sync-task': { is: ofTask(), lists: ['faceSource', 'faceSelection', 'audioSource'] },
	'lip-sync-task-all': { is: ofTask({ faceSelection: 'all', audioSource: 'binary' }) },
	'lip-sync-task-map': { is: ofTask({ faceSelection: 'map' }) },
	'lip-sync-task-automatic': {
		is: ofTask({
			faceSelection: 'map',
			faces: { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] },
		}),
	},
	'lip-sync-task-json': { is: ofTask({ faceSelection: 'json' }) },
	'lip-sync-video': { is: lipSync({ faceSource: 'video' }), lists: ['faceSelection'] },
	'lip-sync-video-binary': { is: lipSync({ faceSource: 'video', videoSource: 'binary' }) },
	'lip-sync-session': { is: lipSync({ faceSource: 'session' }), lists: ['faceSelection'] },
	'lip-sync-session-json': { is: lipSync({ faceSource: 'session', faceSelection: 'json' }) },
	'lip-sync-callback': { is: lipSync(callback) },
	'lip-sync-trigger': { is: lipSync(trigger) },
	'lip-sync-none': { is: lipSync(none) },
	'get-task-none': { is: getTask(none), lists: ['waitMode'] },
	'get-task-poll': { is: getTask(poll) },
	trigger: { node: 'trigger', is: {} },
};

async function walk(
	{ server, editor, kling, trigger: triggerNode }: Stage,
	name: string,
	shape: Shape,
) {
	const node = (shape.node === 'trigger' ? triggerNode : kling)('Kling', shape.is);
	const id = await server.createWorkflow({
		name,
		nodes: shape.node === 'trigger' ? [node] : [manualStart, node],
		connections: shape.node === 'trigger' ? {} : chain('Start', 'Kling'),
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Kling');
	if (shape.is.faceSelection === 'map') await panel.mapper.notice.waitFor();
	await editor.shot(`walk-${name}`);
	for (const list of shape.lists ?? []) {
		await panel.list(list);
		await editor.shot(`walk-${name}-${list}`);
		await editor.page.keyboard.press('Tab');
	}

	const options = panel.parameters.getByTestId('collection-parameter-add').locator('input');
	await options.click();
	const entries = editor.page.locator('.el-select-dropdown__item').filter({ visible: true });
	await entries.first().waitFor();
	await editor.settle();
	await editor.shot(`walk-${name}-options`);
	const count = await entries.count();
	for (let added = 0; added < count; added++) {
		if (added > 0) await options.click();
		await entries.first().click();
	}
	await editor.shot(`walk-${name}-with-options`);
}

const wanted = process.argv.slice(2);

void onOwnStage({ view: { viewport: { width: 1500, height: 1900 } } }, async (stage) => {
	for (const [name, shape] of Object.entries(SHAPES)) {
		if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
		console.log(name);
		await walk(stage, name, shape);
	}
});
