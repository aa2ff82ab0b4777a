import type { Run } from '../../run/run';
import type { TaskRequest } from '../../run/submit';
import { MODELS } from '../../task/task';
import { mediaOf, VIDEO } from '../inputMedia';

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
