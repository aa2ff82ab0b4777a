/** The model that finds the faces of a video. */
export const IDENTIFY = 'kling-identify-face';
/** The model that drives faces of a session. */
export const LIP_SYNC = 'kling-advanced-lip-sync';
/** The model that drives a face in the vendor's newer revision. */
export const LIP_SYNC_VIDEO = 'kling-lip-sync-video';

/** The two ways in which the vendor describes the same steps. */
export type Revision = 'audio' | 'video';

/** Where each revision creates and queries its tasks, and the models that it knows. */
export const revisions: Record<Revision, { path: string; models: string[] }> = {
	audio: { path: '/api/v1/audio/generations', models: [IDENTIFY, LIP_SYNC] },
	video: { path: '/api/v1/video/generations', models: [IDENTIFY, LIP_SYNC_VIDEO] },
};

/** The revision that a path belongs to. */
export const revisionAt = (path: string): Revision | undefined =>
	(['audio', 'video'] as const).find((revision) => revisions[revision].path === path);
