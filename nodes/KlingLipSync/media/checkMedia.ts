import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { RETRIES, retry } from '../api/retries';
import { AT_ONCE, createLimit } from '../concurrency';
import { attemptAsync, inputProblem, Problem } from '../task/problem';
import type { Outcome } from '../task/problem';
import { withoutLogin } from '../task/quote';
import type { ByteStream } from './byteSource';
import { readFrom, StreamSource } from './byteSource';
import { FORMAT_NAMES } from './format';
import type { MediumKind } from './klingLimits';
import { checkLimits, isText, mostBytes } from './klingLimits';
import { openingAdvice, openLink } from './openLink';
import type { Medium } from './readMedium';
import { mediumOf, readMedium } from './readMedium';
import { sharingLinkOf } from './sharingLink';

/** Size of a piece of a stored file, in bytes. */
const CHUNK = 256 * 1024;

const SKIP = "To skip this check, turn off the option 'Check Media'. Nothing was sent or charged.";

/**
 * The looks at the media of a run, before anything is spent on them: each link is opened once, without
 * the key, a bounded number at a time. What can't be found out is no error.
 */
export class MediaChecks {
	private readonly looks = new Map<string, Promise<Outcome<Medium>>>();

	private readonly inTurn = createLimit(AT_ONCE.looks);

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly signal?: AbortSignal,
	) {}

	/** @throws Problem when nothing usable lies there: what it is, and what Kling takes */
	async atUrl(url: string, kind: MediumKind): Promise<Medium> {
		return await this.once(`${kind} ${url}`, async () => await this.openUrl(url, kind));
	}

	/** @throws Problem when the file can't be used */
	async atFile(data: IBinaryData, kind: MediumKind): Promise<Medium> {
		const name = data.fileName ? `The ${kind} file "${data.fileName}"` : `The ${kind} file`;
		const look = async () => checked(await this.readFile(data, kind), kind, name);
		return data.id ? await this.once(`${kind} ${data.id}`, look) : await look();
	}

	/** @throws Problem when the bytes can't be used */
	atBytes(base64: string, what: string): Medium {
		return checked(mediumOf(Buffer.from(base64, 'base64')), 'audio', `The ${what}`);
	}

	private async once(key: string, look: () => Promise<Medium>): Promise<Medium> {
		const known = this.looks.get(key) ?? attemptAsync(async () => await this.inTurn(look));
		this.looks.set(key, known);
		const outcome = await known;
		if (outcome instanceof Problem) throw outcome;
		return outcome;
	}

	private async openUrl(url: string, kind: MediumKind): Promise<Medium> {
		const link = withoutLogin(url);
		const medium = await retry(
			async () => await this.readLink(url, kind),
			RETRIES.look,
			this.signal,
		);
		if (medium instanceof Problem) {
			throw inputProblem(
				`The ${kind} link does not open (${medium.message}): ${link}`,
				sharingLinkOf(url)?.advice ?? `${openingAdvice(medium, kind)} ${SKIP}`,
			);
		}
		if (isText(medium) || medium.format === 'playlist') {
			throw inputProblem(
				`The ${kind} link opens ${FORMAT_NAMES[medium.format]}, not the file: ${link}`,
				sharingLinkOf(url)?.advice ??
					`Use the direct link to the file: one that downloads it. ${SKIP}`,
			);
		}
		return checked(medium, kind, `The ${kind} at ${link}`);
	}

	private async readLink(url: string, kind: MediumKind): Promise<Outcome<Medium>> {
		try {
			const source = await openLink(this.context, url, kind, this.signal);
			if (source instanceof Problem) return source;
			try {
				const medium = await readFrom(source, readMedium(source.canSeek));
				const isWhole = kind === 'audio' && source instanceof StreamSource;
				const read = isWhole ? await source.skipToEnd() : undefined;
				return { ...medium, ...sizeOf(source.size, read, mostBytes(kind)) };
			} finally {
				source.close();
			}
		} catch (error) {
			return error instanceof Problem
				? error
				: new Problem('unavailable', 'the connection was interrupted');
		}
	}

	private async readFile(data: IBinaryData, kind: MediumKind): Promise<Medium> {
		if (!data.id) return mediumOf(Buffer.from(data.data, 'base64'));
		const { helpers } = this.context;
		const { fileSize } = await helpers.getBinaryMetadata(data.id);
		const stream = (await helpers.getBinaryStream(data.id, CHUNK)) as unknown as ByteStream;
		const limit = fileSize > mostBytes(kind) ? CHUNK : Infinity;
		const source = new StreamSource(stream, fileSize, limit);
		try {
			return { ...(await readFrom(source, readMedium(false))), bytes: fileSize };
		} finally {
			source.close();
		}
	}
}

/** The size of a file, or how far it was read in vain to find that out. */
function sizeOf(
	size: number | undefined,
	read: number | undefined,
	largest: number,
): Pick<Medium, 'bytes' | 'isLarger'> {
	if (size !== undefined) return { bytes: size };
	return read !== undefined && read > largest ? { bytes: read, isLarger: true } : {};
}

function checked(medium: Medium, kind: MediumKind, what: string): Medium {
	checkLimits(medium, kind, what);
	return medium;
}
