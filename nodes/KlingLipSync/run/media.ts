import type { IBinaryData, INodeExecutionData } from 'n8n-workflow';

import { openFile } from '../api';
import { requireReachable } from '../task/callbackUrl';
import { checkedUrl } from '../task/faceChoose';
import type { Outcome } from '../task/problem';
import { attemptAsync, inputProblem, Problem } from '../task/problem';
import { retryPause } from '../task/wait';
import { clock } from './clock';
import type { Run } from './run';

/** The vendor keeps a session for 24 h; the file is fetched long before. */
const SIGNED_FOR = '1 day';
const DOWNLOAD_TRIES = 3;
const LONGEST_PAUSE = 10_000;
const MEGABYTE = 1_000_000;

/** What Kling publishes as accepted. */
const LIMITS = {
	video: { types: ['video/mp4', 'video/quicktime'], names: 'mp4 or mov', megabytes: 100 },
	audio: {
		types: [
			'audio/mpeg',
			'audio/mp3',
			'audio/wav',
			'audio/x-wav',
			'audio/wave',
			'audio/vnd.wave',
			'audio/mp4',
			'audio/m4a',
			'audio/x-m4a',
			'audio/aac',
			'audio/x-aac',
			'audio/aacp',
		],
		names: 'mp3, wav, m4a or aac',
		megabytes: 5,
	},
};

/** What the vendor is to fetch, and what stays the same about it when the request is built again. */
export interface Media {
	url: string;
	identity: string;
}

/** The parameters that a medium is read from. */
interface MediaParameters {
	kind: 'video' | 'audio';
	source: string;
	url: string;
	binary: string;
}

/** The parameters of the video, and of the one audio for all faces. */
export const VIDEO: MediaParameters = {
	kind: 'video',
	source: 'videoSource',
	url: 'videoUrl',
	binary: 'videoBinaryPropertyName',
};
export const AUDIO: MediaParameters = {
	kind: 'audio',
	source: 'audioSource',
	url: 'audioUrl',
	binary: 'audioBinaryPropertyName',
};

/**
 * The medium that the user chose for an item, as a URL that the vendor can open.
 *
 * @throws Problem before anything is spent, when it can't be used
 */
export async function mediaOf(
	run: Run,
	itemIndex: number,
	parameters: MediaParameters,
): Promise<Media> {
	const { context } = run;
	if (context.getNodeParameter(parameters.source, itemIndex, 'url') === 'binary') {
		const property = context.getNodeParameter(parameters.binary, itemIndex) as string;
		return await binaryMedia(run, itemIndex, property, parameters.kind);
	}
	const url = checkedUrl(context.getNodeParameter(parameters.url, itemIndex, ''), parameters.kind);
	return { url, identity: url };
}

/**
 * Downloads a file of the vendor as a stream. What breaks on the way is tried again.
 *
 * @returns a Problem of kind `download`, to which the caller adds whose file it is
 */
export async function download(
	run: Run,
	url: string,
	fileName: string,
	kind: 'video' | 'image',
): Promise<Outcome<IBinaryData>> {
	for (let tries = 1; ; tries++) {
		const file = await downloadOnce(run, url, fileName, kind);
		if (!(file instanceof Problem)) return file;
		const { httpCode } = file.details;
		const isGone = httpCode !== undefined && httpCode < 500 && httpCode !== 429 && httpCode !== 408;
		if (isGone || tries === DOWNLOAD_TRIES || run.signal?.aborted) return file;
		await clock.sleep(retryPause(tries - 1, undefined, LONGEST_PAUSE), run.signal);
	}
}

async function downloadOnce(
	run: Run,
	url: string,
	fileName: string,
	kind: 'video' | 'image',
): Promise<Outcome<IBinaryData>> {
	const file = await openFile(run.context, url, run.signal);
	if (file instanceof Problem) return file;
	const { stream, contentType } = file;
	if (/^(text\/|application\/(json|xml))/.test(contentType)) {
		stream.destroy();
		return new Problem(
			'download',
			`the server of the file sent a page (${contentType}) in place of the ${kind}`,
		);
	}
	const fallback = kind === 'video' ? 'video/mp4' : 'image/png';
	const mimeType = contentType.startsWith(`${kind}/`) ? contentType : fallback;
	const binary = await attemptAsync(
		async () => await run.context.helpers.prepareBinaryData(stream, fileName, mimeType),
	);
	if (binary instanceof Problem) return new Problem('download', 'the download broke off');
	return binary.fileSize === '0 B'
		? new Problem('download', 'the server of the file sent an empty file')
		: binary;
}

/** The file name extension for a picture's media type. */
export function pictureExtension(url: string): string {
	return /\.(png|jpe?g|webp)(?:[?#]|$)/i.exec(url)?.[1].toLowerCase() ?? 'png';
}

async function binaryMedia(
	run: Run,
	itemIndex: number,
	property: string,
	kind: 'video' | 'audio',
): Promise<Media> {
	const { context, access } = run;
	const binary = binaryOf(context.getInputData()[itemIndex], property, kind);
	const data = binary ?? context.helpers.assertBinaryData(itemIndex, property);
	checkFile(data, kind);
	if (!data.id) {
		throw inputProblem(
			`The ${kind} can't be handed over, because this n8n keeps files in memory`,
			'Set the environment variable N8N_DEFAULT_BINARY_DATA_MODE of n8n to filesystem (or database, s3), restart it and run the workflow again; or give the URL of the file. Nothing was sent or charged.',
		);
	}
	if (typeof context.helpers.createBinarySignedUrl !== 'function') {
		throw inputProblem(
			`This n8n is too old to hand over the ${kind} from a binary field`,
			'Update n8n, or give the URL of the file.',
		);
	}
	const size = (await context.helpers.getBinaryMetadata(data.id)).fileSize;
	checkSize(size, kind);
	const url = context.helpers.createBinarySignedUrl(data, SIGNED_FOR);
	requireReachable(url, access.baseUrl, `The ${kind} file of this n8n`);
	return { url, identity: `binary ${data.id}` };
}

function binaryOf(
	input: INodeExecutionData | undefined,
	property: string,
	kind: string,
): IBinaryData | undefined {
	const names = Object.keys(input?.binary ?? {});
	const found = input?.binary?.[property];
	if (!found && names.length > 0) {
		throw inputProblem(
			`The item has no file in the field "${property}"`,
			`Enter the name of the field that holds the ${kind}. This item has: ${names.map((name) => `"${name}"`).join(', ')}.`,
		);
	}
	return found;
}

function checkFile({ mimeType, fileName }: IBinaryData, kind: 'video' | 'audio'): void {
	const { types, names } = LIMITS[kind];
	const type = (mimeType ?? '').split(';')[0].trim().toLowerCase();
	const isUnknown = type === '' || type === 'application/octet-stream' || type === 'text/plain';
	if (isUnknown || types.includes(type)) return;
	throw inputProblem(
		`The file ${fileName ? `"${fileName}" ` : ''}is ${type}, not ${kind === 'video' ? 'a video' : 'an audio'} that Kling takes`,
		`Kling takes ${names}. Convert the file first.`,
	);
}

function checkSize(bytes: number, kind: 'video' | 'audio'): void {
	const { megabytes } = LIMITS[kind];
	if (bytes === 0) throw inputProblem(`The ${kind} file is empty`, 'Check the node that made it.');
	// Megabytes of either definition, because the vendor does not say which it means.
	if (bytes > megabytes * 1024 * 1024) {
		throw inputProblem(
			`The ${kind} file is too large: ${(bytes / MEGABYTE).toFixed(1)} MB`,
			`Kling takes ${kind} files of at most ${megabytes} MB. Compress or cut it first.`,
		);
	}
}
