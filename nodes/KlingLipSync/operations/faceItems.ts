import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';

import { taskItem } from '../run/outputItems';
import { optionsOf } from '../run/parameters';
import type { Run } from '../run/run';
import type { Outcome } from '../task/problem';
import { attempt, Problem } from '../task/problem';
import type { TaskRecord } from '../task/itemJson';
import { facePictures } from './facePictures';

/**
 * Whether items can only be built by the node: more than one for an input item, or files. n8n pairs
 * the items of a resumed execution one to one, and does not run the node again.
 */
export function needsNode(run: Run): boolean {
	return [...run.context.getInputData().keys()].some((index) => {
		const options = attempt(() => optionsOf(run.context, index));
		if (options instanceof Problem) return false;
		return options.splitFaces === true || options.downloadFaceImages === true;
	});
}

/**
 * An identify task's items: one, or one for each face, with the pictures of the faces as files if the
 * user wants them. The files of the input item go on with it.
 *
 * @returns a Problem that says that the faces are found and paid for
 */
export async function faceItems(
	run: Run,
	record: TaskRecord,
	itemIndex: number,
): Promise<Outcome<INodeExecutionData[]>> {
	const { splitFaces, downloadFaceImages } = optionsOf(run.context, itemIndex);
	const input = run.context.getInputData()[itemIndex].binary ?? {};
	const built = withFiles(taskItem(run, record, itemIndex), input);
	const { faces } = record.task;
	if (!faces) return [built];

	const pictures = downloadFaceImages ? await facePictures(run, record.task, faces) : [];
	if (pictures instanceof Problem) return pictures;
	if (!splitFaces) {
		const named = pictures.map((picture, index) => [`face_${index + 1}`, picture]);
		return [withFiles(built, { ...input, ...Object.fromEntries(named) })];
	}
	// One item carries the price: the sum over a run's items is the price of the run.
	const withoutCost = { ...built.json };
	delete withoutCost.estimatedCostUsd;
	return faces.map((face, index) =>
		withFiles(
			{
				...built,
				json: { ...(index === 0 ? built.json : withoutCost), face: face as IDataObject },
			},
			{ ...input, ...(pictures[index] && { data: pictures[index] }) },
		),
	);
}

function withFiles(
	built: INodeExecutionData,
	files: Record<string, IBinaryData | undefined>,
): INodeExecutionData {
	const present = Object.entries(files).filter(
		(entry): entry is [string, IBinaryData] => entry[1] !== undefined,
	);
	return present.length > 0 ? { ...built, binary: Object.fromEntries(present) } : built;
}
