import type { BinaryHelperFunctions, IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { RETRIES, retry } from '../api/retries';
import type { Sender } from '../api/httpRequest';
import { TIMEOUTS } from '../api/timeouts';
import type { Outcome } from '../task/problem';
import { attemptAsync, Problem } from '../task/problem';
import { fetchFile } from './fetchFile';

type Stream = Exclude<Parameters<BinaryHelperFunctions['prepareBinaryData']>[0], Buffer>;

/** A file on its way. */
interface OpenFile {
	stream: Stream;
	contentType: string;
}

/**
 * Downloads a file of the vendor as a stream. What breaks on the way is tried again.
 *
 * @returns a Problem of kind `download`, to which the caller adds whose file it is
 */
export async function download(
	context: IExecuteFunctions,
	url: string,
	fileName: string,
	kind: 'video' | 'image',
	signal?: AbortSignal,
): Promise<Outcome<IBinaryData>> {
	return await retry(
		async () => await downloadOnce(context, url, fileName, kind, signal),
		RETRIES.download,
		signal,
	);
}

async function downloadOnce(
	context: IExecuteFunctions,
	url: string,
	fileName: string,
	kind: 'video' | 'image',
	signal?: AbortSignal,
): Promise<Outcome<IBinaryData>> {
	const file = await openFile(context, url, signal);
	if (file instanceof Problem) return file;
	const { stream, contentType } = file;
	if (/^(text\/|application\/(json|xml))/.test(contentType)) {
		stream.destroy();
		return new Problem(
			'download',
			`the server returned a page (${contentType}) instead of the ${kind}`,
		);
	}
	const fallback = kind === 'video' ? 'video/mp4' : 'image/png';
	const mimeType = contentType.startsWith(`${kind}/`) ? contentType : fallback;
	const binary = await attemptAsync(
		async () => await context.helpers.prepareBinaryData(stream, fileName, mimeType),
	);
	if (binary instanceof Problem) return new Problem('download', 'the connection was interrupted');
	return binary.fileSize === '0 B'
		? new Problem('download', 'the server returned an empty file')
		: binary;
}

/** Opens a file of the vendor: its body as a stream, and its content type. */
async function openFile(
	sender: Sender,
	url: string,
	signal?: AbortSignal,
): Promise<Outcome<OpenFile>> {
	const response = await fetchFile(sender, url, TIMEOUTS.download, signal);
	if (response instanceof Problem)
		return new Problem('download', `the server does not respond (${response.message})`);
	const stream = response.body as Stream;
	if (response.statusCode !== 200) {
		stream.destroy();
		return new Problem('download', `the server responded with HTTP ${response.statusCode}`, '', {
			httpCode: response.statusCode,
		});
	}
	return {
		stream,
		contentType: String(response.headers['content-type'] ?? '')
			.split(';')[0]
			.trim(),
	};
}

/** The name of a finished video's file. */
export function videoFileName(taskId: string): string {
	return `${taskId}.mp4`;
}
