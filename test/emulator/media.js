'use strict';

const { createHash } = require('node:crypto');
const { IDENTIFY } = require('./models');

function mediaOf(request) {
	if (request.model === IDENTIFY) return [{ field: 'video_url', url: request.video_url }];
	return request.face_choose
		.filter((choice) => choice.sound_file)
		.map((choice) => ({ field: 'sound_file', url: choice.sound_file }));
}

async function download(url, signal) {
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
 * Makes the function with which the emulator fetches the media of a task, as the real service does.
 *
 * @param {object} parts
 * @param {object} parts.settings
 * @param {import('./lifetime').Lifetime} parts.lifetime
 * @param {object[]} parts.fetched log `{ at, taskId, url, status, bytes, sha256, contentType }`, or `error`
 * instead of the answer's fields; `at` in ms since the epoch
 * @returns {(task: object) => Promise<string | null>} yields why a file could not be used, null when all could
 */
function createMediaFetcher({ settings, lifetime, fetched }) {
	async function fetchOne(task, { field, url }) {
		const entry = { at: Date.now(), taskId: task.taskId, url };
		try {
			Object.assign(
				entry,
				await lifetime.request(settings.mediaTimeoutMs, (signal) => download(url, signal)),
			);
		} catch (error) {
			entry.error = error.cause?.code ?? error.message;
		}
		fetched.push(entry);
		if (entry.error) return `Failed to download ${field}: ${entry.error}`;
		if (entry.status < 200 || entry.status > 299)
			return `Failed to download ${field}: HTTP ${entry.status}`;
		return entry.bytes === 0 ? `Failed to download ${field}: the file is empty` : null;
	}

	return async (task) => {
		const failures = await Promise.all(
			mediaOf(task.request).map((medium) => fetchOne(task, medium)),
		);
		return failures.find(Boolean) ?? null;
	};
}

module.exports = { createMediaFetcher };
