import type { INodeParameters } from 'n8n-workflow';
import { chain, manualStart } from '../server/workflows';
import { eventually } from './editor';
import type { Panel } from './editor';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;

beforeAll(async () => {
	stage = await openStage({ api: { faces: 2 } });
});
afterAll(async () => await stage?.close());

async function identify(options: INodeParameters) {
	const { server, editor, kling, clip } = stage;
	const parameters = { operation: 'identifyFace', videoUrl: clip.videoUrl, options };
	const id = await server.createWorkflow({
		name: 'Pictures',
		nodes: [manualStart, kling('Identify Face', parameters)],
		connections: chain('Start', 'Identify Face'),
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Identify Face');
	await panel.executeStep();
	await panel.showOutput('binary');
	return panel;
}

/** Opens a file of the output, and returns the width of the picture that is shown. */
async function viewPicture(panel: Panel, index: number) {
	await panel.output.getByTestId('ndv-view-binary-data').nth(index).click();
	const picture = panel.output.locator('img');
	await picture.waitFor();
	return await eventually(async () => {
		const width = await picture.evaluate((image: HTMLImageElement) =>
			image.complete ? image.naturalWidth : 0,
		);
		expect(width).toBeGreaterThan(0);
		return width;
	});
}

test('the faces that were found can be looked at in the output', async () => {
	const panel = await identify({ downloadFaceImages: true });
	for (const name of ['face_1', 'face_2'])
		await panel.output.getByText(name, { exact: true }).waitFor();
	await panel.output.getByText('image/png').first().waitFor();
	await stage.editor.shot('pictures-list');
	await viewPicture(panel, 1);
	await stage.editor.shot('pictures-view');
});

test('with one item for each face, each item has its picture', async () => {
	const panel = await identify({ downloadFaceImages: true, splitFaces: true });
	await panel.output.getByText('2 items').waitFor();
	await stage.editor.shot('pictures-split');
	await viewPicture(panel, 1);
});
