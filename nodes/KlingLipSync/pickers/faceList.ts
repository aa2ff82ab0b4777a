import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';

import { positionName } from '../task/faceChoice';
import { Problem } from '../task/problem';
import type { Face } from '../task/task';
import { escapeHtml, facePicture, faceTitle } from './faceDisplay';
import { panelFaces } from './facesOfTask';

const POSITIONS = ['First', 'Second', 'Third', 'Fourth'];

/**
 * The list to choose a face from: by position, which serves every video, then each face of the
 * identified video with its picture.
 */
export async function getFaceOptions(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const positions: INodePropertyOptions[] = POSITIONS.map((position, index) => ({
		name: `${position} Face Found`,
		value: index === 0 ? '' : positionName(index + 1),
	}));
	if (this.getCurrentNodeParameter('faceSource') === 'video') return positions;
	const faces = await panelFaces(this);
	if (faces instanceof Problem) {
		const hint = faces.details.taskId ? faces.hint : 'Then choose ⋮ → Refresh List.';
		positions[0].description = escapeHtml(`${faces.message}. ${hint}`);
		return positions;
	}
	return [
		...positions,
		...faces.map((face, index) => ({
			name: faceTitle(face, index),
			value: face.faceId,
			description: withPicture(face),
		})),
	];
}

function withPicture(face: Face): string {
	const picture = facePicture(face, 'list');
	const id = escapeHtml(face.faceId);
	return `<table><tr><td>${picture}</td><td>&nbsp; ID ${id}</td></tr></table>`;
}
