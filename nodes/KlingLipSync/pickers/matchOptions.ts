import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';

import type { Face } from '../task/task';
import { Problem } from '../task/problem';
import { escapeHtml, facePicture } from './faceHtml';
import { panelFaces } from './facesOfTask';

const PICTURES_PER_ROW = 5;
const MOST_PICTURES = 2 * PICTURES_PER_ROW;

/** The ways in which the mapper names a face, each with the faces of the video as it calls them. */
export async function getMatchOptions(
	this: ILoadOptionsFunctions,
): Promise<INodePropertyOptions[]> {
	const faces = await panelFaces(this);
	const shown = faces instanceof Problem ? [] : faces.slice(0, MOST_PICTURES);
	return [
		{
			name: 'Face ID',
			value: 'id',
			description: describe(
				'Only this video: its faces by their IDs',
				shown,
				({ faceId }) => faceId,
			),
		},
		{
			name: 'Position',
			value: 'position',
			description: describe(
				'Any video: its faces in the order in which they are found',
				shown,
				(_, index) => `Face ${index + 1}`,
			),
		},
	];
}

function describe(
	text: string,
	faces: Face[],
	caption: (face: Face, index: number) => string,
): string {
	if (faces.length === 0) return text;
	const cells = faces.map(
		(face, index) =>
			`<td>${facePicture(face, 'matchOptions')}<br>${escapeHtml(caption(face, index))}</td>`,
	);
	const rows: string[] = [];
	for (let first = 0; first < cells.length; first += PICTURES_PER_ROW)
		rows.push(`<tr>${cells.slice(first, first + PICTURES_PER_ROW).join('')}</tr>`);
	return `${text}<table>${rows.join('')}</table>`;
}
