import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { attemptAsync, inputProblem, Problem } from '../task/problem';
import type { Outcome } from '../task/problem';
import { withoutLogin } from '../task/userInput';
import type { ByteStream } from './byteSource';
import { readFrom, StreamSource } from './byteSource';
import { checkLimits, mostBytes } from './limits';
import { openLink } from './openLink';
import type { Medium } from './readMedium';
import { mediumOf, readMedium } from './readMedium';
import { sharingLinkOf } from './sharingLink';

type Kind = 'video' | 'audio';

/** How many media are looked at at the same time. */
const CONCURRENCY = 5;
/** How much of a video is read where the other side knows no ranges, in bytes. */
const MOST_OF_A_STREAM = 8_000_000;
/** Size of a piece of a stored file, in bytes. */
const CHUNK = 256 * 1024;

const SKIP = "To skip this check, turn off the option 'Check Media'. Nothing was sent or charged.";

/**
 * The looks at the media of a run, before anything is spent on them: each link is opened once, without
 * the key, a bounded number at a time. What can't be found out is no error.
 */
export class MediaLooks {
	private readonly looks = new Map<string, Promise<Outcome<Medium>>>();

	private free = CONCURRENCY;

	private readonly waiting: Array<() => void> = [];

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly signal?: AbortSignal,
	) {}

	/** @throws Problem when nothing usable lies there: what it is, and what Kling takes */
	async atUrl(url: string, kind: Kind): Promise<Medium> {
		return await this.once(`${kind} ${url}`, async () => await this.openUrl(url, kind));
	}

	/** @throws Problem when the file can't be used */
	async atFile(data: IBinaryData, kind: Kind): Promise<Medium> {
		const name = data.fileName ? `The ${kind} file "${data.fileName}"` : `The ${kind} file`;
		const look = async () => checked(await this.readFile(data), kind, name);
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

	private async inTurn<T>(look: () => Promise<T>): Promise<T> {
		if (this.free > 0) this.free--;
		else await new Promise<void>((resolve) => this.waiting.push(resolve));
		try {
			return await look();
		} finally {
			const next = this.waiting.shift();
			if (next) next();
			else this.free++;
		}
	}

	private async openUrl(url: string, kind: Kind): Promise<Medium> {
		const link = withoutLogin(url);
		const source = await openLink(this.context, url, {
			wantsRanges: kind === 'video',
			limit: kind === 'video' ? MOST_OF_A_STREAM : mostBytes('audio'),
			signal: this.signal,
		});
		const shared = sharingLinkOf(url);
		if (source instanceof Problem) {
			const mayPass = source.kind === 'unavailable';
			throw inputProblem(
				`The ${kind} link does not open (${source.message}): ${link}`,
				shared?.advice ??
					(mayPass
						? `The server may be busy: try again later. ${SKIP}`
						: `Open the link in a private browser window: it must show the ${kind} without a login. ${SKIP}`),
			);
		}
		const medium = await attemptAsync(
			async () => (await readFrom(source, readMedium(source.canSeek))) ?? UNKNOWN,
		);
		if (medium instanceof Problem) {
			throw inputProblem(
				`The ${kind} link breaks off while it is read: ${link}`,
				`Try again later. ${SKIP}`,
			);
		}
		if (isPage(medium)) {
			throw inputProblem(
				`The ${kind} link opens a web page, not the file: ${link}`,
				shared?.advice ?? `Use the direct link to the file: one that downloads it. ${SKIP}`,
			);
		}
		const bytes = medium.bytes ?? source.size;
		return checked(
			{ ...medium, ...(bytes !== undefined && { bytes }) },
			kind,
			`The ${kind} at ${link}`,
		);
	}

	private async readFile(data: IBinaryData): Promise<Medium> {
		if (!data.id) return mediumOf(Buffer.from(data.data, 'base64'));
		const { helpers } = this.context;
		const { fileSize } = await helpers.getBinaryMetadata(data.id);
		const stream = (await helpers.getBinaryStream(data.id, CHUNK)) as unknown as ByteStream;
		const source = new StreamSource(stream, fileSize);
		const medium = await readFrom(source, readMedium(source.canSeek));
		return { ...(medium ?? UNKNOWN), bytes: fileSize };
	}
}

/** A medium of which nothing could be found out. */
const UNKNOWN: Medium = { format: 'unknown' };

function isPage({ format }: Medium): boolean {
	return ['html', 'xml', 'json', 'text', 'playlist'].includes(format);
}

function checked(medium: Medium, kind: Kind, what: string): Medium {
	checkLimits(medium, kind, what);
	return medium;
}
