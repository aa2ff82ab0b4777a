import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';

import { download, pictureExtension } from '../media/downloadResult';
import { taskItem } from '../run/outputItems';
import { optionsOf } from '../run/parameters';
import type { Run } from '../run/run';
import type { Outcome } from '../task/problem';
import { attempt, Problem } from '../task/problem';
import type { Face, Task } from '../task/task';
import type { TaskRecord } from '../task/itemJson';

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

	const pictures: Array<IBinaryData | undefined> = [];
	for (const index of downloadFaceImages ? faces.keys() : []) {
		const picture = await facePicture(run, record.task, faces[index], index);
		if (picture instanceof Problem) return picture;
		pictures[index] = picture;
	}
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

async function facePicture(
	run: Run,
	task: Task,
	face: Face,
	index: number,
): Promise<Outcome<IBinaryData | undefined>> {
	const { taskId, state, sessionId } = task;
	const url = face.faceReference;
	if (!url) return undefined;
	const file = await download(
		run.context,
		url,
		`${taskId}-face_${index + 1}.${pictureExtension(url)}`,
		'image',
		run.signal,
	);
	if (!(file instanceof Problem)) return file;
	return new Problem(
		'download',
		`The picture of Face ${index + 1} could not be downloaded: ${file.message} (task ${taskId})`,
		'The faces are found and paid for: use the task ID in Lip Sync, or retrieve it with Get Task.',
		{ ...file.details, taskId, state, sessionId, faceReference: url },
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
