import { readAdts } from './aac';
import { FileWindow, readAll } from './fileWindow';
import type { Reading } from './fileWindow';
import type { Format } from './format';
import { formatBySignature, SIGNATURE_LENGTH } from './format';
import { readMpegAudio } from './mp3';
import { readMp4 } from './mp4';
import { behindTags } from './tags';
import { readWav } from './wav';

/** What the bytes of a medium say. What they don't say is not there. */
export interface Medium {
	format: Format;
	/** Whole ms: never longer than the medium, and less than 60 ms shorter. */
	durationMs?: number;
	/** The size of the file in bytes. */
	bytes?: number;
	/** Whether the file is larger than that, because it was read no further. */
	isLarger?: boolean;
	/** Of the picture, in pixels, as shown. */
	width?: number;
	height?: number;
	/** Four characters from an MP4 or MOV file, such as `avc1`, `hvc1` or `mp4a`. */
	codec?: string;
	/**
	 * Why nobody can play it: it ends before it should (`incomplete`), lacks the part that lists the
	 * rest (`noIndex`), or has no sound or picture at all (`noContent`).
	 */
	defect?: 'incomplete' | 'noIndex' | 'noContent';
}

/**
 * Finds out what a file is, how long it plays and how large its picture is. Never throws, whatever
 * the bytes are, and needs few of them: MP4 and MOV only their index, other kinds that Kling takes
 * the headers of their frames, everything else the beginning.
 *
 * @param canSeek whether bytes may be asked for in any order; else from front to back only
 */
export function* readMedium(canSeek: boolean): Reading<Medium> {
	const file = new FileWindow(canSeek);
	const { durationMs, defect, ...others } = yield* readFormat(file);
	return given({
		...others,
		// What was not read to its end has neither an end nor a missing one.
		durationMs: file.isUnread ? undefined : durationMs,
		defect: file.isUnread ? undefined : defect,
		bytes: file.size,
	});
}

/** The same for a file that lies in memory. */
export function mediumOf(file: Buffer): Medium {
	return readAll(file, readMedium(false));
}

function* readFormat(file: FileWindow): Reading<Medium> {
	const start = yield* behindTags(file);
	const head = yield* file.at(start, SIGNATURE_LENGTH);
	const format = formatBySignature(head);
	if (format === 'wav' && start === 0) {
		const { durationMs, isBroken } = yield* readWav(file);
		return given({ format, durationMs, defect: isBroken ? 'noContent' : undefined });
	}
	if (format === 'mp4' && start === 0) return yield* readMp4Family(file);
	if (format === 'empty' && start > 0) return { format: 'mp3', defect: 'noContent' };
	if (format !== 'unknown') return { format };
	const aac = yield* readAdts(file, start);
	if (aac) return { format: 'aac', ...aac };
	const mpeg = yield* readMpegAudio(file, start);
	if (!mpeg) return { format };
	const { layer, durationMs } = mpeg;
	return given({ format: layer === 3 ? 'mp3' : layer === 2 ? 'mp2' : 'mp1', durationMs });
}

function* readMp4Family(file: FileWindow): Reading<Medium> {
	const { isQuickTime, hasVideo, hasAudio, ...found } = yield* readMp4(file);
	const isAudio = hasVideo === false && hasAudio === true;
	const isEmpty = hasVideo === false && hasAudio === false;
	return given({
		format: isAudio ? 'm4a' : isQuickTime ? 'mov' : 'mp4',
		...found,
		defect: found.defect ?? (isEmpty ? 'noContent' : undefined),
	});
}

/** Leaves out what is undefined. */
function given(medium: Medium): Medium {
	return Object.fromEntries(
		Object.entries(medium).filter(([, value]) => value !== undefined),
	) as unknown as Medium;
}
