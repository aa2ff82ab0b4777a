import type { INodeExecutionData } from 'n8n-workflow';

import { download, videoFileName } from '../media/downloadResult';
import { taskItem } from '../run/outputItems';
import { optionsOf } from '../run/parameters';
import type { Run } from '../run/run';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { TaskRecord } from '../task/itemJson';

/**
 * A lip sync's item, with the video as a file if the user wants it.
 *
 * @returns a Problem that says that the video is paid for and where it is
 */
export async function videoItem(
	run: Run,
	record: TaskRecord,
	itemIndex: number,
): Promise<Outcome<INodeExecutionData[]>> {
	const { downloadVideo, binaryPropertyName = 'data' } = optionsOf(run.context, itemIndex);
	const built = taskItem(run, record, itemIndex);
	const { taskId, videoUrl, state } = record.task;
	if (!downloadVideo || !videoUrl) return [built];
	const property = String(binaryPropertyName).trim() || 'data';
	const file = await download(run.context, videoUrl, videoFileName(taskId), 'video', run.signal);
	if (!(file instanceof Problem)) return [{ ...built, binary: { [property]: file } }];
	return new Problem(
		'download',
		`The video is finished and paid for, but could not be downloaded: ${file.message} (task ${taskId})`,
		`It is at ${videoUrl}. Download it from there, or retrieve it with Get Task and this task ID. Don't create it again.`,
		{ ...file.details, taskId, state, videoUrl },
	);
}
