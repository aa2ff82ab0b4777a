/* eslint-disable @n8n/community-nodes/no-restricted-imports */

import type { IncomingHttpHeaders } from 'node:http';

/** An entry of `face_choose`: a face and the audio that drives it. Times in ms, volumes 0–2. */
export interface FaceChoice {
	face_id?: string;
	sound_file?: string;
	audio_id?: string;
	sound_start_time?: number;
	sound_end_time?: number;
	sound_insert_time?: number;
	sound_volume?: number;
	original_audio_volume?: number;
	[field: string]: unknown;
}

/**
 * The body of a create, with the names of both revisions of the API; what the client really sent may be
 * anything.
 */
export interface CreateRequest {
	model?: string;
	callback_url?: string;
	video_url?: string;
	session_id?: string;
	face_choose?: FaceChoice[];
	sessionId?: string;
	faceId?: string;
	audioUrl?: string;
	audioId?: string;
	[field: string]: unknown;
}

/** A request that the emulator has seen; `at` in ms since the epoch. */
export interface LogEntry {
	at: number;
	method: string;
	path: string;
	query: Record<string, unknown>;
	headers: IncomingHttpHeaders;
	/** The parsed body, where it was a JSON object. */
	body?: CreateRequest;
	model?: string;
	taskId?: string;
	/** The kind of the fault that struck it. */
	fault?: string;
	status?: number | 'reset' | 'hang';
}

/** An opening of a file that the emulator serves; `at` in ms since the epoch. */
export interface FileEntry {
	at: number;
	method: string;
	path: string;
	query: Record<string, unknown>;
	headers: IncomingHttpHeaders;
	status: number | 'reset' | 'hang';
	/** How many bytes of the file were sent so far. */
	bytes: number;
	fault?: string;
}

/** Whether a value is an object in the sense of JSON. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a text that says something. */
export const isText = (value: unknown): value is string =>
	typeof value === 'string' && value.trim() !== '';

/** Whether a value is an http(s) URL. */
export const isWebUrl = (value: unknown): value is string =>
	isText(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
