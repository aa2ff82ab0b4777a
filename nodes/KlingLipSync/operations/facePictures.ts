import type { IBinaryData } from 'n8n-workflow';

import { download } from '../media/downloadResult';
import type { Run } from '../run/run';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { Face, Task } from '../task/task';

/**
 * The pictures of an identify task's faces as files, in the faces' order; undefined for a face that
 * has none.
 *
 * @returns a Problem that says that the faces are found and paid for
 */
export async function facePictures(
	run: Run,
	task: Task,
	faces: Face[],
): Promise<Outcome<Array<IBinaryData | undefined>>> {
	const pictures: Array<IBinaryData | undefined> = [];
	for (const [index, face] of faces.entries()) {
		const picture = await facePicture(run, task, face, index);
		if (picture instanceof Problem) return picture;
		pictures.push(picture);
	}
	return pictures;
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
		pictureFileName(taskId, index, url),
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

function pictureFileName(taskId: string, index: number, url: string): string {
	const extension = /\.(png|jpe?g|webp)(?:[?#]|$)/i.exec(url)?.[1].toLowerCase() ?? 'png';
	return `${taskId}-face_${index + 1}.${extension}`;
}
