import { mayPass } from '../api/networkErrors';
import { retryAfterMs } from '../api/retries';
import type { Response, Sender } from '../api/httpRequest';
import { TIMEOUTS } from '../api/timeouts';
import { clock } from '../clock';
import type { Outcome } from '../task/problem';
import { Problem } from '../task/problem';
import type { ByteSource, ByteStream } from './byteSource';
import { StreamSource } from './byteSource';
import type { Given, Need } from './fileWindow';
import type { MediumKind } from './klingLimits';
import { mostBytes } from './klingLimits';
import { fetchFile } from './fetchFile';

/** How much is asked for at once, in bytes: the index of most videos lies within it. */
const PIECE = 128 * 1024;
const BEGINNING: Need = { start: 0, length: PIECE };

/** How much of a video is read where the other side knows no ranges, in bytes. */
const MOST_OF_A_STREAM = 32_000_000;

/** How a link is read. */
interface LinkUse {
	/** Whether parts of the file are enough, in any order. */
	wantsRanges: boolean;
	/** How large a file may be that is read to its end, in bytes. */
	largest: number;
	/** How many bytes are read at most where the other side does not take ranges. */
	limit: number;
}

/** Of a video parts are enough; of an audio all is read, because its length depends on all of it. */
function useOf(kind: MediumKind): LinkUse {
	const largest = mostBytes(kind);
	return kind === 'video'
		? { wantsRanges: true, largest, limit: MOST_OF_A_STREAM }
		: { wantsRanges: false, largest, limit: largest + 1 };
}

/**
 * Opens a link to read of it what is needed.
 *
 * @returns a Problem whose `details.httpCode` is the status, if there was one: of kind `unavailable`
 * when it may pass (429, 5xx, no answer), else of kind `download`
 */
export async function openLink(
	sender: Sender,
	url: string,
	kind: MediumKind,
	signal?: AbortSignal,
): Promise<Outcome<ByteSource>> {
	const use = useOf(kind);
	const range = use.wantsRanges ? BEGINNING : undefined;
	const response = await request(sender, url, range, signal);
	if (response instanceof Problem) return response;
	const { total } = contentOf(response);
	if (response.statusCode === 200) return streamOf(response, total, use);
	const beginning = await readPiece(response, BEGINNING, use.limit);
	if (total !== undefined) {
		return new RangeSource(beginning, total, async (need) => {
			const piece = await request(sender, url, need, signal);
			if (piece instanceof Problem) throw piece;
			return await readPiece(piece, need, use.limit);
		});
	}
	// A server that does not say how large the file is, is asked for the whole of it.
	const whole = await request(sender, url, undefined, signal);
	if (whole instanceof Problem) return whole;
	return streamOf(whole, contentOf(whole).total, use);
}

/** What to do about a link that does not open. */
export function openingAdvice({ kind: why }: Problem, kind: MediumKind): string {
	return why === 'unavailable'
		? 'The server may be busy: try again later.'
		: `Open the link in a private browser window: it must show the ${kind} without a login.`;
}

function streamOf(response: Response, total: number | undefined, use: LinkUse): StreamSource {
	// What is too large anyway is read only as far as its format is told.
	const limit = total !== undefined && total > use.largest ? PIECE : use.limit;
	return new StreamSource(response.body as ByteStream, total, limit);
}

async function request(
	sender: Sender,
	url: string,
	need: Need | undefined,
	signal?: AbortSignal,
): Promise<Outcome<Response>> {
	const range = need && `bytes=${need.start}-${need.start + need.length - 1}`;
	// Ranges and sizes are those of the file only where it is not compressed on the way.
	const headers = { 'Accept-Encoding': 'identity', ...(range && { Range: range }) };
	const response = await fetchFile(sender, url, TIMEOUTS.look, signal, headers);
	if (response instanceof Problem) return response;
	const { statusCode } = response;
	if (statusCode === 200 || (statusCode === 206 && need)) return response;
	(response.body as ByteStream).destroy();
	// An empty file has no range.
	if (statusCode === 416 && need?.start === 0) return await request(sender, url, undefined, signal);
	return new Problem(
		mayPass(statusCode) ? 'unavailable' : 'download',
		`HTTP ${statusCode}`,
		'',
		{ httpCode: statusCode },
		retryAfterMs(response.headers['retry-after'], clock.now()),
	);
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
		if (start >= size) return { bytes: Buffer.alloc(0), size };
		if (Math.min(start + length, size) <= beginning.length) {
			return { bytes: beginning.subarray(start), size };
		}
		const wanted = Math.min(Math.max(length, PIECE), size - start);
		const bytes = await this.fetchPiece({ start, length: wanted });
		// A piece that is shorter than asked for is not the end of the file.
		return { bytes, size: bytes.length < Math.min(length, wanted) ? undefined : size };
	}

	close(): void {}
}

/** Reads the part that was asked for, from an answer that may begin earlier and go on behind it. */
async function readPiece(response: Response, need: Need, limit: number): Promise<Buffer> {
	const source = new StreamSource(
		response.body as ByteStream,
		undefined,
		Math.max(limit, need.length),
	);
	const skipped = need.start - contentOf(response).start;
	try {
		if (skipped < 0) return Buffer.alloc(0);
		const { bytes } = await source.read({ start: skipped, length: need.length });
		return bytes.subarray(0, need.length);
	} finally {
		source.close();
	}
}

/** Which part of the file an answer is, and the size of the whole in bytes, as its headers tell. */
function contentOf({ statusCode, headers }: Response): { start: number; total?: number } {
	const {
		'content-range': range,
		'content-length': length,
		'content-encoding': encoding,
	} = headers;
	if (statusCode === 206) {
		const [, start, total] = /^bytes (\d+)-\d+\/(\d+)?/.exec(String(range ?? '')) ?? [];
		return { start: Number(start ?? 0), ...(total && { total: Number(total) }) };
	}
	const isPlain = encoding === undefined || encoding === 'identity';
	const isTold = length !== undefined && isPlain && Number.isSafeInteger(Number(length));
	return { start: 0, ...(isTold && { total: Number(length) }) };
}
