/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { run } from './ffmpeg';

/** Changes to the bytes of a file, such as other programs and broken transfers make them. */
type Change = (file: Buffer) => Buffer;

/** Looks like the beginnings of frames. */
const TREACHEROUS = Buffer.from('fffb9064', 'hex');

/** An ID3v2 tag in front, with a picture of so many bytes. */
export function withPicture(bytes: number, content = TREACHEROUS): Change {
	return (file) => {
		const size = bytes + 10;
		const header = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0]);
		for (let at = 0; at < 4; at++) header[9 - at] = (size >> (7 * at)) & 0x7f;
		const frame = Buffer.from('APIC\0\0\0\0\0\0', 'latin1');
		frame.writeUInt32BE(bytes, 4);
		return Buffer.concat([header, frame, Buffer.alloc(bytes, content), file]);
	};
}

/** An ID3v1 tag behind. */
export const withTagBehind: Change = (file) => {
	const tag = Buffer.alloc(128);
	tag.write('TAGTone');
	return Buffer.concat([file, tag]);
};

/** An APEv2 tag of one item behind, with its header and footer. */
export const withApeTag: Change = (file) => {
	const item = Buffer.from('\x04\0\0\0\0\0\0\0Title\0Tone', 'latin1');
	const mark = (flags: number) => {
		const part = Buffer.alloc(32);
		part.write('APETAGEX');
		part.writeUInt32LE(2000, 8);
		part.writeUInt32LE(item.length + 32, 12);
		part.writeUInt32LE(1, 16);
		part.writeUInt32LE(flags, 20);
		return part;
	};
	return Buffer.concat([file, mark(0xa0000000), item, mark(0x80000000)]);
};

const JUNK = 500;

/** Zeros in front of the frame that comes next behind the middle of an mp3 file. */
export const withZerosBetweenFrames: Change = (file) => {
	const header = file.subarray(0, 2);
	return withAt(file, file.indexOf(header, file.length / 2), Buffer.alloc(JUNK));
};

export function withJunkAt(at: number): Change {
	return (file) => withAt(file, at, Buffer.alloc(JUNK, 'junk'));
}

function withAt(file: Buffer, at: number, inserted: Buffer): Buffer {
	return Buffer.concat([file.subarray(0, at), inserted, file.subarray(at)]);
}

export function cutAt(part: number): Change {
	return (file) => file.subarray(0, Math.floor(file.length * part));
}

export const twice: Change = (file) => Buffer.concat([file, file]);

/** Frauenhofer's note in the place of LAME's: 32 bytes behind the header of the first frame. */
export const withVbri: Change = (file) => {
	const at = file.indexOf('Info');
	const frame = file.lastIndexOf(0xff, at);
	const changed = Buffer.from(file);
	changed.fill(0, frame + 4, frame + 200);
	changed.write('VBRI', frame + 36);
	changed.writeUInt16BE(1, frame + 40);
	return changed;
};

/** What stands as the size of the sound in a WAV file. */
export function withDataSize(size: number): Change {
	return (file) => {
		const changed = Buffer.from(file);
		changed.writeUInt32LE(size, changed.indexOf('data') + 4);
		return changed;
	};
}

/** A further chunk in front of the sound of a WAV file. */
export function withChunk(id: string, size: number): Change {
	return (file) => {
		const at = file.indexOf('data');
		const chunk = Buffer.alloc(8 + size + (size % 2), 'data');
		chunk.write(id);
		chunk.writeUInt32LE(size, 4);
		return withAt(file, at, chunk);
	};
}

interface Box {
	type: string;
	bytes: Buffer;
}

function boxesOf(file: Buffer): Box[] {
	const boxes: Box[] = [];
	for (let at = 0; at < file.length; ) {
		const end = at + file.readUInt32BE(at);
		boxes.push({ type: file.toString('latin1', at + 4, at + 8), bytes: file.subarray(at, end) });
		at = end;
	}
	return boxes;
}

function box(type: string, content: Buffer): Buffer {
	const head = Buffer.alloc(8);
	head.writeUInt32BE(content.length + 8);
	head.write(type, 4, 'latin1');
	return Buffer.concat([head, content]);
}

/** Metadata with a cover at the end of the index of an M4A file. */
export function withCover(bytes: number): Change {
	return (file) =>
		Buffer.concat(
			boxesOf(file).map((part) => {
				if (part.type !== 'moov') return part.bytes;
				const cover = box('udta', box('meta', box('covr', Buffer.alloc(bytes, 0xff))));
				return box('moov', Buffer.concat([part.bytes.subarray(8), cover]));
			}),
		);
}

export const withLongSize: Change = (file) =>
	Buffer.concat(
		boxesOf(file)
			// The same position for the data: the free box in front is as long as the longer header.
			.filter(({ type }) => type !== 'free')
			.map(({ type, bytes }) => {
				if (type !== 'mdat') return bytes;
				const head = Buffer.alloc(16);
				head.writeUInt32BE(1);
				head.write('mdat', 4);
				head.writeBigUInt64BE(BigInt(bytes.length + 8), 8);
				return Buffer.concat([head, bytes.subarray(8)]);
			}),
	);

/** Behind the data, so that positions hold; the index comes last. */
export const withFreeBox: Change = (file) => {
	const boxes = boxesOf(file);
	const rest = boxes.slice(0, -1).map(({ bytes }) => bytes);
	return Buffer.concat([
		...rest,
		box('free', Buffer.alloc(100_000)),
		boxes[boxes.length - 1].bytes,
	]);
};

export const withoutIndex: Change = (file) =>
	Buffer.concat(
		boxesOf(file)
			.filter(({ type }) => type !== 'moov')
			.map(({ bytes }) => bytes),
	);

/** As a telephone that was held on its side writes it. */
export function turned(degrees: number, file: Buffer, folder: string): Buffer {
	const args = ['-metadata:s:v', `rotate=${degrees}`];
	return copied(file, folder, [], args);
}

/** Cut without encoding anew: the file keeps the frames before, and says where to begin. */
export function startingAt(seconds: number, file: Buffer, folder: string): Buffer {
	return copied(file, folder, ['-ss', String(seconds)], []);
}

function copied(file: Buffer, folder: string, before: string[], after: string[]): Buffer {
	const [from, to] = ['from.mp4', 'to.mp4'].map((name) => path.join(folder, name));
	writeFileSync(from, file);
	run('ffmpeg', ['-y', ...before, '-i', from, '-c', 'copy', ...after, to]);
	return readFileSync(to);
}
