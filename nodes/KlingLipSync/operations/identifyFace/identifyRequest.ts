import type { TaskRequest } from '../../run/submit';
import { MODELS } from '../../task/task';
import type { SentMedium } from '../inputMedia';

/** The request that finds the faces of a video. */
export function identifyRequest(video: SentMedium, reference?: string): TaskRequest {
	return {
		body: { model: MODELS.identify, video_url: video.value },
		identity: [MODELS.identify, video.identity],
		order: {
			...(video.durationMs !== undefined && { videoDuration: video.durationMs / 1000 }),
			...(reference && { reference }),
		},
	};
}
