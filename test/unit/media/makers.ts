/** Makers of media, byte by byte, for the rules that files from a program don't show one by one. */

/** Numbers in big-endian order, as [value, bytes]. */
export function numbers(...fields: Array<[value: number, bytes: number]>): Buffer {
	return Buffer.concat(
		fields.map(([value, length]) => {
			const field = Buffer.alloc(length);
			if (length === 8) field.writeBigInt64BE(BigInt(value));
			else if (value < 0) field.writeIntBE(value, 0, length);
			else field.writeUIntBE(value, 0, length);
			return field;
		}),
	);
}

/** The headers of frames of MPEG audio: rate, kind, length in bytes and samples. */
export const FRAMES = {
	'mp3 128k 44100': { header: 'fffb9064', length: 417, samples: 1152, rate: 44100 },
	'mp3 32k 8000': { header: 'ffe34864', length: 288, samples: 576, rate: 8000 },
	'mp3 64k 22050': { header: 'fff380c4', length: 208, samples: 576, rate: 22050 },
	'mp2 192k 48000': { header: 'fffda404', length: 576, samples: 1152, rate: 48000 },
	'mp1 128k 32000': { header: 'ffff4804', length: 192, samples: 384, rate: 32000 },
} as const;

export function mpegFrames(kind: keyof typeof FRAMES, count: number): Buffer {
	const { header, length } = FRAMES[kind];
	const frame = Buffer.alloc(length, 0x11);
	frame.write(header, 'hex');
	return Buffer.concat(Array.from({ length: count }, () => frame));
}

/** The first frame of a stereo file of 44100 Hz, with an encoder's note of delay and padding. */
export function noteFrame(
	mark: 'Xing' | 'Info' | 'VBRI',
	frames: number | undefined,
	delay: number,
	padding: number,
	encoder = 'LAME3.100',
): Buffer {
	const frame = mpegFrames('mp3 128k 44100', 1);
	frame.fill(0, 4);
	frame.write(mark, 36);
	frame.writeUInt32BE(frames === undefined ? 0 : 1, 40);
	let at = 44;
	if (frames !== undefined) at = frame.writeUInt32BE(frames, at);
	frame.write(encoder, at);
	frame.writeUIntBE((delay << 12) | padding, at + 21, 3);
	return frame;
}

export function id3v2(size: number, flags = 0): Buffer {
	const header = Buffer.from([0x49, 0x44, 0x33, 4, 0, flags, 0, 0, 0, 0]);
	for (let at = 0; at < 4; at++) header[9 - at] = (size >> (7 * at)) & 0x7f;
	return Buffer.concat([header, Buffer.alloc(size + (flags & 0x10 ? 10 : 0), 0xff)]);
}

/** AAC frames of 1024 samples with their headers, at a rate by its index (4: 44100 Hz). */
export function adtsFrames(count: number, rateIndex = 4, length = 200): Buffer {
	const frame = Buffer.alloc(length, 0x22);
	frame.set([0xff, 0xf1, 0x40 | (rateIndex << 2), 0x80 | (length >> 11)]);
	frame.set([(length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc], 4);
	return Buffer.concat(Array.from({ length: count }, () => frame));
}

export function chunk(id: string, content: Buffer, size = content.length): Buffer {
	const head = Buffer.alloc(8);
	head.write(id);
	head.writeUInt32LE(size, 4);
	return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

interface WaveFormat {
	tag?: number;
	rate?: number;
	align?: number;
	more?: Buffer;
}

export function fmt({ tag = 1, rate = 8000, align = 2, more }: WaveFormat = {}): Buffer {
	const content = Buffer.alloc(16);
	content.writeUInt16LE(tag, 0);
	content.writeUInt16LE(1, 2);
	content.writeUInt32LE(rate, 4);
	content.writeUInt32LE(rate * align, 8);
	content.writeUInt16LE(align, 12);
	return chunk('fmt ', Buffer.concat([content, more ?? Buffer.alloc(0)]));
}

export function riff(chunks: Buffer[], id = 'RIFF'): Buffer {
	const content = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
	return chunk(id, content);
}

export function box(type: string, ...content: Buffer[]): Buffer {
	const bytes = Buffer.concat(content);
	return Buffer.concat([numbers([bytes.length + 8, 4]), Buffer.from(type, 'latin1'), bytes]);
}

/** A box with a size of 64 bits. */
export function longBox(type: string, content: Buffer, size = content.length + 16): Buffer {
	return Buffer.concat([numbers([1, 4]), Buffer.from(type), numbers([size, 8]), content]);
}

export function fullBox(
	type: string,
	version: number,
	flags: number,
	...content: Buffer[]
): Buffer {
	return box(type, numbers([version, 1], [flags, 3]), ...content);
}

export interface TrackParts {
	id?: number;
	handler?: string;
	codec?: string;
	timescale?: number;
	/** Runs of samples: how many, and how long each. */
	runs?: Array<[count: number, length: number]>;
	shift?: number;
	/** Of the edit list: length in the movie's units, start in the track's. */
	edits?: Array<[length: number, start: number]>;
	coded?: [number, number];
	shown?: [number, number];
	matrix?: number[];
	chapters?: number[];
	/** 1 for dates, lengths and edits of 64 bits. */
	version?: 0 | 1;
}

const UPRIGHT = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
export const TURNED = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000];

export function trak(parts: TrackParts = {}): Buffer {
	const { id = 1, handler = 'vide', codec = 'avc1', timescale = 1000, version = 0 } = parts;
	const {
		runs = [[100, 40]],
		edits,
		coded = [1280, 720],
		shown = [0, 0],
		matrix = UPRIGHT,
	} = parts;
	const long = version === 1 ? 8 : 4;
	const dates: Array<[number, number]> = [
		[0, long],
		[0, long],
	];
	const entry = [
		[0, 8],
		[0, 8],
		[0, 8],
		[coded[0], 2],
		[coded[1], 2],
		[0, 30],
	] as const;
	return box(
		'trak',
		fullBox(
			'tkhd',
			version,
			3,
			numbers(...dates, [id, 4], [0, 4], [0, long], [0, 8], [0, 8]),
			numbers(...matrix.map((value): [number, number] => [value, 4])),
			numbers([shown[0], 2], [0, 2], [shown[1], 2], [0, 2]),
		),
		...(parts.chapters
			? [box('tref', box('chap', numbers(...parts.chapters.map((n): [number, number] => [n, 4]))))]
			: []),
		...(edits
			? [
					box(
						'edts',
						fullBox(
							'elst',
							version,
							0,
							numbers([edits.length, 4]),
							...edits.map(([length, start]) =>
								numbers([length, long], [start, long], [1, 2], [0, 2]),
							),
						),
					),
				]
			: []),
		box(
			'mdia',
			fullBox('mdhd', version, 0, numbers(...dates, [timescale, 4], [0, long], [0, 4])),
			fullBox('hdlr', 0, 0, numbers([0, 4]), Buffer.from(handler), Buffer.alloc(13)),
			box(
				'minf',
				box(
					'stbl',
					fullBox(
						'stsd',
						0,
						0,
						numbers([1, 4]),
						box(
							codec,
							Buffer.concat(
								entry.map(([value, length]) =>
									length > 8 ? Buffer.alloc(length) : numbers([value, length]),
								),
							),
						),
					),
					fullBox(
						'stts',
						0,
						0,
						numbers([runs.length, 4]),
						...runs.map(([count, length]) => numbers([count, 4], [length, 4])),
					),
					...(parts.shift === undefined
						? []
						: [fullBox('ctts', 0, 0, numbers([1, 4], [100, 4], [parts.shift, 4]))]),
				),
			),
		),
	);
}

export function moov(traks: Buffer[], more: Buffer[] = [], timescale = 1000): Buffer {
	return box(
		'moov',
		fullBox('mvhd', 0, 0, numbers([0, 4], [0, 4], [timescale, 4]), Buffer.alloc(84)),
		...traks,
		...more,
	);
}

export const ftyp = (brand = 'isom') => box('ftyp', Buffer.from(`${brand}\0\0\0\0isom`, 'latin1'));

export const mdat = (length = 1000) => box('mdat', Buffer.alloc(length));

/** That samples of the track follow in fragments, each so long if a fragment does not say. */
export function mvex(trackId: number, sampleLength: number): Buffer {
	return box(
		'mvex',
		fullBox('trex', 0, 0, numbers([trackId, 4], [1, 4], [sampleLength, 4], [0, 4], [0, 4])),
	);
}

interface Fragment {
	trackId?: number;
	start?: number;
	count?: number;
	/** The length of every sample, or of each of them. */
	length?: number | number[];
	shift?: number;
}

export function moof({ trackId = 1, start, count = 10, length, shift }: Fragment): Buffer {
	const lengths = Array.isArray(length) ? length : undefined;
	const flags = 1 | (lengths ? 0x100 : 0) | (shift === undefined ? 0 : 0x800) | 0x200;
	const samples = Array.from({ length: lengths?.length ?? count }, (_, index) =>
		numbers(
			...(lengths ? [[lengths[index], 4] as [number, number]] : []),
			[99, 4],
			...(shift === undefined ? [] : [[shift, 4] as [number, number]]),
		),
	);
	const tfhd =
		typeof length === 'number'
			? fullBox('tfhd', 0, 8, numbers([trackId, 4], [length, 4]))
			: fullBox('tfhd', 0, 0, numbers([trackId, 4]));
	return box(
		'moof',
		fullBox('mfhd', 0, 0, numbers([1, 4])),
		box(
			'traf',
			tfhd,
			...(start === undefined ? [] : [fullBox('tfdt', 1, 0, numbers([start, 8]))]),
			fullBox('trun', 0, flags, numbers([samples.length, 4], [0, 4]), ...samples),
		),
	);
}

/** An index over segments: bytes and length of each. */
export function sidx(
	trackId: number,
	timescale: number,
	start: number,
	segments: Array<[bytes: number, length: number]>,
): Buffer {
	return fullBox(
		'sidx',
		0,
		0,
		numbers([trackId, 4], [timescale, 4], [start, 4], [0, 4], [0, 2], [segments.length, 2]),
		...segments.map(([bytes, length]) => numbers([bytes, 4], [length, 4], [0x90000000, 4])),
	);
}

/** The list at the end of a fragmented file: of a track, the time and position of its fragments. */
export function mfra(trackId: number, entries: Array<[time: number, position: number]>): Buffer {
	const tfra = fullBox(
		'tfra',
		1,
		0,
		numbers([trackId, 4], [0, 4], [entries.length, 4]),
		...entries.map(([time, position]) => numbers([time, 8], [position, 8], [1, 1], [1, 1], [1, 1])),
	);
	return box('mfra', tfra, fullBox('mfro', 0, 0, numbers([tfra.length + 24, 4])));
}
