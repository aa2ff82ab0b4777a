import type { IDataObject } from 'n8n-workflow';

import { networkReason } from '../api/networkErrors';
import { retryAfterMs, retryPause } from '../api/retryPause';
import type { Response, Sender } from '../api/send';
import { TIMEOUTS } from '../api/timeouts';
import { clock } from '../clock';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { ByteSource, ByteStream } from './byteSource';
import { StreamSource } from './byteSource';
import type { Given, Need } from './fileWindow';

/** How much is asked for at once, in bytes: the index of most videos lies within it. */
const PIECE = 128 * 1024;
/** How often a link that does not answer is opened. */
const TRIES = 3;
const LONGEST_PAUSE = 10_000;

/**
 * Opens a link to read of it what is needed. The key is not sent: media may lie on any host. What
 * passes (429, 5xx, no answer) is tried again.
 *
 * @param limit how many bytes are read at most where the other side does not take ranges
 * @returns a Problem of kind `download` whose `details.httpCode` is the status, if there was one
 */
export async function openLink(
	sender: Sender,
	url: string,
	{ wantsRanges, limit, signal }: { wantsRanges: boolean; limit: number; signal?: AbortSignal },
): Promise<Outcome<ByteSource>> {
	for (let tries = 1; ; tries++) {
		const opened = await openOnce(
			sender,
			url,
			wantsRanges ? { start: 0, length: PIECE } : undefined,
			signal,
		);
		if (!(opened instanceof Problem)) return await sourceOf(sender, url, opened, limit, signal);
		if (opened.kind === 'download' || tries === TRIES || signal?.aborted) return opened;
		await clock.sleep(retryPause(tries - 1, opened.retryAfterMs, LONGEST_PAUSE), signal);
	}
}

async function openOnce(
	sender: Sender,
	url: string,
	need: Need | undefined,
	signal?: AbortSignal,
): Promise<Outcome<Response>> {
	let response: Response;
	try {
		response = (await sender.helpers.httpRequest({
			url,
			method: 'GET',
			encoding: 'stream',
			headers: need ? { Range: `bytes=${need.start}-${need.start + need.length - 1}` } : {},
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: TIMEOUTS.look,
			abortSignal: signal,
		})) as Response;
	} catch (error) {
		return new Problem('unavailable', networkReason(error));
	}
	const { statusCode, headers } = response;
	if (statusCode === 200 || statusCode === 206) return response;
	(response.body as ByteStream).destroy();
	// An empty file has no range.
	if (statusCode === 416 && need?.start === 0)
		return await openOnce(sender, url, undefined, signal);
	const mayPass = statusCode === 429 || statusCode === 408 || statusCode >= 500;
	return new Problem(
		mayPass ? 'unavailable' : 'download',
		`HTTP ${statusCode}`,
		'',
		{ httpCode: statusCode },
		retryAfterMs(headers?.['retry-after'], clock.now()),
	);
}

async function sourceOf(
	sender: Sender,
	url: string,
	response: Response,
	limit: number,
	signal?: AbortSignal,
): Promise<ByteSource> {
	const stream = response.body as ByteStream;
	const total = totalOf(response);
	if (response.statusCode === 200 || total === undefined) {
		return new StreamSource(stream, total, limit);
	}
	return new RangeSource(await collect(stream), total, async (need) => {
		const piece = await openOnce(sender, url, need, signal);
		if (piece instanceof Problem) throw piece;
		return await collect(piece.body as ByteStream, need.length);
	});
}

/** Reads pieces in any order, each by a request of its own. */
class RangeSource implements ByteSource {
	readonly canSeek = true;

	constructor(
		private readonly beginning: Buffer,
		readonly size: number,
		private readonly fetchPiece: (need: Need) => Promise<Buffer>,
	) {}

	async read({ start, length }: Need): Promise<Given> {
		const { beginning, size } = this;
		if (start + length <= beginning.length || beginning.length === size) {
			return { bytes: beginning.subarray(start), size };
		}
		const wanted = Math.min(Math.max(length, PIECE), Math.max(0, size - start));
		const bytes = wanted > 0 ? await this.fetchPiece({ start, length: wanted }) : Buffer.alloc(0);
		return { bytes, size };
	}

	close(): void {}
}

/** The size of the whole file, in bytes, as the headers tell it. */
function totalOf({ statusCode, headers }: Response): number | undefined {
	const {
		'content-range': range,
		'content-length': length,
		'content-encoding': encoding,
	} = (headers ?? {}) as IDataObject;
	if (statusCode === 206) {
		const total = /\/(\d+)\s*$/.exec(String(range ?? ''))?.[1];
		return total === undefined ? undefined : Number(total);
	}
	return length === undefined || encoding !== undefined ? undefined : Number(length);
}

async function collect(stream: ByteStream, limit = PIECE): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of stream) {
		chunks.push(chunk as Buffer);
		length += (chunk as Buffer).length;
		if (length >= limit) break;
	}
	stream.destroy();
	return Buffer.concat(chunks);
}
