import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { inputProblem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';

/** The vendor keeps a session for 24 h; the file is fetched long before. */
const SIGNED_FOR = '1 day';
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

/**
 * A file of an input item, as a link that the vendor can open.
 *
 * @param apiBaseUrl the credential's base URL
 * @throws Problem before anything is spent, when it can't be handed over
 */
export async function linkToFile(
	context: IExecuteFunctions,
	apiBaseUrl: string,
	itemIndex: number,
	property: string,
	kind: 'video' | 'audio',
): Promise<Media> {
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
	requireReachable(url, apiBaseUrl, `The ${kind} file of this n8n`);
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
