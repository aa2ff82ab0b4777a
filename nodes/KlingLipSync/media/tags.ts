import type { FileWindow, Reading } from './fileWindow';

/** Length of the header of an ID3v2 tag, of its optional footer, and of an APE tag's header. */
const ID3V2_HEADER = 10;
const APE_HEADER = 32;
const ID3V1_TAG = 128;

/**
 * The length of the tag that begins with these bytes; 0 when none does.
 *
 * ID3v2: https://id3.org/id3v2.4.0-structure, section 3.1 (four bytes of 7 bits, footer by flag 0x10).
 * ID3v1: 128 bytes. APEv2: https://wiki.hydrogenaud.io/index.php?title=APE_Tags_Header (the size
 * includes the footer, not the header).
 *
 * @param bytes at least 32 of them, where the file has so many
 */
export function tagLength(bytes: Buffer): number {
	if (bytes.length >= ID3V2_HEADER && startsWith(bytes, 'ID3')) {
		const isSize = [6, 7, 8, 9].every((at) => bytes[at] < 0x80);
		if (!isSize || bytes[3] === 0xff || bytes[4] === 0xff) return 0;
		const size = (bytes[6] << 21) | (bytes[7] << 14) | (bytes[8] << 7) | bytes[9];
		const footer = bytes[5] & 0x10 ? ID3V2_HEADER : 0;
		return ID3V2_HEADER + size + footer;
	}
	if (startsWith(bytes, 'TAG')) return ID3V1_TAG;
	if (bytes.length >= APE_HEADER && startsWith(bytes, 'APETAGEX')) {
		const isHeader = (bytes.readUInt32LE(20) & 0x20000000) !== 0;
		return isHeader ? APE_HEADER + bytes.readUInt32LE(12) : APE_HEADER;
	}
	return 0;
}

/** Where the file goes on behind the ID3v2 tags at its beginning, of which there may be several. */
export function* behindTags(file: FileWindow): Reading<number> {
	for (let position = 0; ; ) {
		const head = yield* file.at(position, APE_HEADER);
		if (!startsWith(head, 'ID3')) return position;
		const length = tagLength(head);
		if (length === 0) return position;
		position += length;
	}
}

function startsWith(bytes: Buffer, text: string): boolean {
	return bytes.toString('latin1', 0, text.length) === text;
}
