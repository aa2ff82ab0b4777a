import { createHash } from 'node:crypto';
import { reasonOf, type Lifetime } from './lifetime';
import { reportOf, type MediaReport } from './mediaReport';
import type { EmulatorSettings } from './settings';

/** By which the emulator's own openings of files are known. */
export const SERVICE_AGENT = 'kling-lip-sync-emulator';

/** A file that the emulator fetched, with `error` in place of the answer's fields where none came. */
export interface Fetched {
	/** When it began, ms since the epoch. */
	at: number;
	/** The task that it was fetched for; a file that is looked at before the task exists has none. */
	taskId?: string;
	url: string;
	/** 304 where the file had not changed since it was fetched last. */
	status?: number;
	bytes?: number;
	sha256?: string;
	contentType?: string | null;
	error?: string;
}

/** What is known of a file that was read. */
interface Content {
	bytes: number;
	sha256: string;
	contentType: string | null;
	/** Left out when nobody asked for it, or when the file is too large. */
	report?: Promise<MediaReport>;
}

/** A file that was opened, with what is in it where somebody asked for it, or why it could not be. */
export type Opened = { fault: string } | { fault: null; report?: MediaReport };

async function readContent(
	response: Response,
	{ largest = Infinity, keep }: { largest?: number; keep: boolean },
): Promise<Content> {
	const hash = createHash('sha256');
	const chunks: Uint8Array[] = [];
	const announced = Number(response.headers.get('content-length') ?? 0);
	let bytes = 0;
	if (announced > largest) {
		bytes = announced;
		await response.body?.cancel();
	} else {
		for await (const chunk of response.body ?? []) {
			bytes += chunk.length;
			if (bytes > largest) break;
			hash.update(chunk);
			if (keep) chunks.push(chunk);
		}
	}
	const sha256 = hash.digest('hex');
	return {
		bytes,
		sha256,
		contentType: response.headers.get('content-type'),
		...(keep && bytes <= largest ? { report: reportOf(Buffer.concat(chunks), sha256) } : {}),
	};
}

/** Opens the media that tasks name, as the real service does, and logs each opening to `fetched`. */
export class MediaOpener {
	private readonly known = new Map<string, { etag: string; content: Content }>();

	private readonly settings: EmulatorSettings;

	private readonly lifetime: Lifetime;

	private readonly fetched: Fetched[];

	constructor(parts: { settings: EmulatorSettings; lifetime: Lifetime; fetched: Fetched[] }) {
		this.settings = parts.settings;
		this.lifetime = parts.lifetime;
		this.fetched = parts.fetched;
	}

	/**
	 * Fetches a file, and with `largest` (bytes) looks into it. A file that has not changed according to its
	 * server is neither sent nor looked at again.
	 */
	async open(
		url: string,
		{ taskId, largest }: { taskId?: string; largest?: number },
	): Promise<Opened> {
		const entry: Fetched = { at: Date.now(), ...(taskId ? { taskId } : {}), url };
		this.fetched.push(entry);
		try {
			const { status, content } = await this.fetch(url, largest);
			const { bytes, sha256, contentType, report } = content;
			Object.assign(entry, { status, bytes, sha256, contentType });
			if (status !== 304 && (status < 200 || status > 299))
				return { fault: `could not be downloaded: HTTP ${status}` };
			if (bytes === 0) return { fault: 'is empty' };
			if (largest !== undefined && bytes > largest)
				return { fault: `is larger than ${largest / 1024 / 1024} MB` };
			return { fault: null, report: await report };
		} catch (error) {
			entry.error = reasonOf(error);
			return { fault: `could not be downloaded: ${entry.error}` };
		}
	}

	private async fetch(url: string, largest: number | undefined) {
		return await this.lifetime.request(this.settings.mediaTimeoutMs, async (signal) => {
			const known = largest === undefined ? undefined : this.known.get(url);
			const response = await fetch(url, {
				signal,
				headers: {
					connection: 'close',
					'user-agent': SERVICE_AGENT,
					...(known ? { 'if-none-match': known.etag } : {}),
				},
			});
			const { status, ok, headers } = response;
			if (known && status === 304) return { status, content: known.content };
			const keep = ok && largest !== undefined;
			const content = await readContent(response, { largest, keep });
			const etag = headers.get('etag');
			if (etag && content.report) this.known.set(url, { etag, content });
			return { status, content };
		});
	}
}
