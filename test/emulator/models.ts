/** The model that finds the faces of a video. */
export const IDENTIFY = 'kling-identify-face';
/** The model that drives faces of a session. */
export const LIP_SYNC = 'kling-advanced-lip-sync';
