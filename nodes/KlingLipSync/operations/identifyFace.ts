import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { Face, Task } from '../task/task';
import { MODELS } from '../task/task';
import { optionsOf } from '../run/context';
import { createAndWait, planWait, taskItem } from '../run/followUp';
import type { Followed } from '../run/items';
import { download, mediaOf, pictureExtension, VIDEO } from '../run/media';
import type { Run } from '../run/run';
import { forEachItem, startRun } from '../run/run';
import type { TaskRequest } from '../run/submit';
import {
	callbackOption,
	includeRaw,
	maxConcurrency,
	timeoutForCallback,
	timeoutForPoll,
	videoFields,
	waitFields,
	waitNotices,
} from './fields';

const showOnlyForIdentifyFace = { operation: ['identifyFace'] };

export const identifyFaceProperties: INodeProperties[] = [
	...videoFields(showOnlyForIdentifyFace),
	...waitFields(['identifyFace']),
	...waitNotices(['identifyFace']),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: showOnlyForIdentifyFace },
		options: [
			callbackOption,
			{
				displayName: 'Download Face Pictures',
				name: 'downloadFaceImages',
				type: 'boolean',
				default: true,
				description:
					'Whether to fetch the picture of each face as a file (face_1, face_2 …), so that a person can see whom to pick. The node then waits here even if the execution should be paused.',
				displayOptions: { show: { '/waitMode': ['poll', 'callback'] } },
			},
			includeRaw,
			maxConcurrency,
			{
				displayName: 'Split Into One Item per Face',
				name: 'splitFaces',
				type: 'boolean',
				default: true,
				description:
					'Whether to output one item for each face that was found, in the field face. The node then waits here even if the execution should be paused.',
				displayOptions: { show: { '/waitMode': ['poll', 'callback'] } },
			},
			timeoutForPoll,
			timeoutForCallback,
		],
	},
];

/** Finds the faces in each item's video and opens a session for Lip Sync. */
export async function identifyFace(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const run = await startRun(context);
	// n8n pairs the items of a resumed execution one to one, and does not run the node again.
	let needsNode = false;
	const requests = await forEachItem(run, async (index) => {
		const { splitFaces, downloadFaceImages } = optionsOf(context, index);
		needsNode ||= splitFaces === true || downloadFaceImages === true;
		return await identifyRequest(run, index);
	});
	return await createAndWait(
		run,
		'identify',
		requests,
		await planWait(run, !needsNode),
		async (followed, index) => await faceItems(run, followed, index),
	);
}

/**
 * The request that identifies the faces of an item's video.
 *
 * @throws Problem when the video can't be used
 */
export async function identifyRequest(run: Run, itemIndex: number): Promise<TaskRequest> {
	const video = await mediaOf(run, itemIndex, VIDEO);
	return {
		body: { model: MODELS.identify, video_url: video.url },
		identity: [MODELS.identify, video.identity],
	};
}

async function faceItems(
	run: Run,
	followed: Followed,
	itemIndex: number,
): Promise<Outcome<INodeExecutionData[]>> {
	const { splitFaces, downloadFaceImages } = optionsOf(run.context, itemIndex);
	const built = taskItem(run, followed, itemIndex);
	const { faces } = followed.task;
	if (!faces) return [built];

	const pictures: Array<IBinaryData | undefined> = [];
	for (const index of downloadFaceImages ? faces.keys() : []) {
		const picture = await facePicture(run, followed.task, faces[index], index);
		if (picture instanceof Problem) return picture;
		pictures[index] = picture;
	}
	if (splitFaces) {
		return faces.map((face, index) =>
			withFiles(
				{ ...built, json: { ...built.json, face: face as IDataObject } },
				{ data: pictures[index] },
			),
		);
	}
	return [
		withFiles(
			built,
			Object.fromEntries(pictures.map((picture, index) => [`face_${index + 1}`, picture])),
		),
	];
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
		run,
		url,
		`${taskId}-face_${index + 1}.${pictureExtension(url)}`,
		'image',
	);
	if (!(file instanceof Problem)) return file;
	return new Problem(
		'download',
		`The picture of face "${face.faceId}" of task ${taskId} could not be downloaded: ${file.message}`,
		"The faces themselves are found and paid for: use the task ID in Lip Sync, or turn off 'Download Face Pictures' and run again.",
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
