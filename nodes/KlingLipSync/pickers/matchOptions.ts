import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';

import type { Face } from '../task/task';
import { Problem } from '../task/problem';
import { MOST_PICTURES, pictureTable } from './faceDisplay';
import { panelFaces } from './facesOfTask';

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
	return `${text}${pictureTable(faces, caption)}`;
}
