import { createHash } from 'crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { attempt, inputProblem, Problem } from '../task/problem';
import { requireReachable } from '../task/publicAddress';

/** The vendor keeps a session for 24 h; the file is fetched long before. */
const SIGNED_FOR = '1 day';

/** How a file gets to the vendor. */
export interface HandOver {
	kind: 'video' | 'audio';
	/** The credential's base URL. */
	apiBaseUrl: string;
	/** `auto`: a link where this n8n can be reached from outside, else inside the request. */
	transfer: 'auto' | 'link' | 'inline';
}

/** A file of an input item that can be handed over. */
export interface InputFile {
	data: IBinaryData;
	name: string;
	/** Stays the same when the request is built again; links differ each time. */
	identity: string;
	/** The link, or the file as Base64. */
	send(): Promise<string>;
}

/**
 * Finds a file of an input item and the way on which it gets to the vendor: through a signed link of
 * this n8n, or, for audio, inside the request, which Kling's reference takes as Base64.
 *
 * @throws Problem before anything is spent, when it can't be handed over
 */
export function inputFile(
	context: IExecuteFunctions,
	itemIndex: number,
	field: string,
	{ kind, apiBaseUrl, transfer }: HandOver,
): InputFile {
	const data = binaryOf(context, itemIndex, field, kind);
	const name = data.fileName ?? field;
	const identity = data.id
		? `binary ${data.id}`
		: `data ${createHash('sha256').update(data.data).digest('hex')}`;
	const inline = async () =>
		(await context.helpers.getBinaryDataBuffer(itemIndex, field)).toString('base64');
	if (kind === 'audio' && transfer === 'inline') return { data, name, identity, send: inline };
	const link = attempt(() => linkTo(context, data, kind, apiBaseUrl));
	if (!(link instanceof Problem)) return { data, name, identity, send: async () => link };
	if (kind === 'audio' && transfer === 'auto') return { data, name, identity, send: inline };
	throw link;
}

function linkTo(
	context: IExecuteFunctions,
	data: IBinaryData,
	kind: 'video' | 'audio',
	apiBaseUrl: string,
): string {
	if (!data.id) {
		throw inputProblem(
			`This n8n keeps files in memory, so Kling can't fetch the ${kind} from it`,
			kind === 'audio'
				? "Set the option 'Audio Transfer' to 'Automatic' or 'Inline', or set the environment variable N8N_DEFAULT_BINARY_DATA_MODE of n8n to filesystem and restart it. Nothing was sent or charged."
				: 'Set the environment variable N8N_DEFAULT_BINARY_DATA_MODE of n8n to filesystem (or database, s3), restart it and run the workflow again. Or use the URL of the video. Nothing was sent or charged.',
		);
	}
	if (typeof context.helpers.createBinarySignedUrl !== 'function') {
		throw inputProblem(
			`This n8n is too old to hand over the ${kind} from a binary field`,
			`Update n8n, or use the URL of the ${kind}.`,
		);
	}
	const url = context.helpers.createBinarySignedUrl(data, SIGNED_FOR);
	requireReachable(url, apiBaseUrl, `The ${kind} file of this n8n`);
	return url;
}

/** n8n's own errors say more than any text here, so they reach the user as they are. */
function binaryOf(
	context: IExecuteFunctions,
	itemIndex: number,
	field: string,
	kind: string,
): IBinaryData {
	const files = context.getInputData()[itemIndex].binary ?? {};
	const names = Object.keys(files);
	if (Object.hasOwn(files, field)) return files[field];
	if (names.length === 0) return context.helpers.assertBinaryData(itemIndex, field);
	throw inputProblem(
		`The item has no file in the field "${field}"`,
		`Enter the name of the field that holds the ${kind}. This item has: ${names.map((name) => `"${name}"`).join(', ')}.`,
	);
}
