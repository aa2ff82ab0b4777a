/**
 * The revisions of the vendor's pages. Every path and every model name that is sent is here.
 * `video` is unconfirmed: its page shows no request, so what its prose names is sent and nothing else.
 */
export const REVISIONS = {
	audio: {
		path: '/api/v1/audio/generations',
		identifyModel: 'kling-identify-face',
		lipSyncModel: 'kling-advanced-lip-sync',
	},
	video: {
		path: '/api/v1/video/generations',
		identifyModel: 'kling-identify-face',
		lipSyncModel: 'kling-lip-sync-video',
	},
} as const;

/** The value of the credential's field `apiRevision`. */
export type Revision = keyof typeof REVISIONS;

/** @returns `audio` for anything that is no revision */
export function revisionOf(value: unknown): Revision {
	return value === 'video' ? 'video' : 'audio';
}
