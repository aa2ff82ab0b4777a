import { createHash } from 'node:crypto';
import { reasonOf, type Lifetime } from './lifetime';
import { IDENTIFY } from './models';
import type { CreateRequest } from './requests';
import type { EmulatorSettings } from './settings';
import type { Task } from './tasks';

/** A file that the emulator fetched, with `error` in place of the answer's fields where none came. */
export interface Fetched {
	/** When it began, ms since the epoch. */
	at: number;
	taskId: string;
	url: string;
	status?: number;
	bytes?: number;
	sha256?: string;
	contentType?: string | null;
	error?: string;
}

function mediaOf(request: CreateRequest): Array<{ field: string; url: string }> {
	if (request.model === IDENTIFY) return [{ field: 'video_url', url: request.video_url ?? '' }];
	return (request.face_choose ?? []).flatMap(({ sound_file: url }) =>
		url ? [{ field: 'sound_file', url }] : [],
	);
}

async function download(url: string, signal: AbortSignal) {
	const response = await fetch(url, { signal, headers: { connection: 'close' } });
	const hash = createHash('sha256');
	let bytes = 0;
	for await (const chunk of response.body ?? []) {
		hash.update(chunk);
		bytes += chunk.length;
	}
	return {
		status: response.status,
		bytes,
		sha256: hash.digest('hex'),
		contentType: response.headers.get('content-type'),
	};
}

/**
 * Makes the function with which the emulator fetches the media of a task, as the real service does. It yields
 * why a file could not be used, null when all could, and logs each file to `fetched`.
 */
export function createMediaFetcher({
	settings,
	lifetime,
	fetched,
}: {
	settings: EmulatorSettings;
	lifetime: Lifetime;
	fetched: Fetched[];
}) {
	async function fetchOne(task: Task, { field, url }: { field: string; url: string }) {
		const entry: Fetched = { at: Date.now(), taskId: task.taskId, url };
		try {
			Object.assign(
				entry,
				await lifetime.request(
					settings.mediaTimeoutMs,
					async (signal) => await download(url, signal),
				),
			);
		} catch (error) {
			entry.error = reasonOf(error);
		}
		fetched.push(entry);
		const { error, status = 0, bytes } = entry;
		if (error) return `Failed to download ${field}: ${error}`;
		if (status < 200 || status > 299) return `Failed to download ${field}: HTTP ${status}`;
		return bytes === 0 ? `Failed to download ${field}: the file is empty` : null;
	}

	return async (task: Task): Promise<string | null> => {
		const failures = await Promise.all(
			mediaOf(task.request).map(async (medium) => await fetchOne(task, medium)),
		);
		return failures.find(Boolean) ?? null;
	};
}
