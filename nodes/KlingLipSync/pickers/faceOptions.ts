import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';

const POSITIONS = ['First', 'Second', 'Third', 'Fourth'];

/** The faces that can be chosen for any video, by the order in which they are found. */
export async function getFaceOptions(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return POSITIONS.map((position, index) => ({
		name: `${position} Face Found`,
		value: index === 0 ? '' : `#${index + 1}`,
	}));
}
