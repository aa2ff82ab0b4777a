/** Numbers as the boxes of ISO base media (MP4, MOV, M4A) hold them. */
export const u16 = (...values: number[]) => {
	const bytes = Buffer.alloc(2 * values.length);
	values.forEach((value, index) => bytes.writeUInt16BE(value, 2 * index));
	return bytes;
};

/** See {@link u16}. */
export const u32 = (...values: number[]) => {
	const bytes = Buffer.alloc(4 * values.length);
	values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
	return bytes;
};

/** A box: its size, its type, its content. */
export function box(type: string, ...content: Buffer[]): Buffer {
	const size = content.reduce((sum, part) => sum + part.length, 8);
	return Buffer.concat([u32(size), Buffer.from(type, 'latin1'), ...content]);
}

/** A box that begins with version 0 and, mostly empty, flags. */
export const fullBox = (type: string, flags: number, ...content: Buffer[]) =>
	box(type, u32(flags), ...content);

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** A movie of one track. Durations are in ticks of `timescale` (Hz). */
export interface Movie {
	/** The major brand, which says what sort of file it is. */
	brand: string;
	timescale: number;
	handler: 'vide' | 'soun';
	/** The box that only this sort of track has: vmhd or smhd. */
	mediaHeader: Buffer;
	/** What describes the samples: avc1, mp4a … */
	sampleEntry: Buffer;
	samples: Buffer[];
	/** How long the samples are, run-length coded: count and duration. */
	durations: Array<[count: number, duration: number]>;
	/** The sides of the picture, in pixels. */
	width?: number;
	height?: number;
	/** Whether every sample can be decoded by itself, or the first one only. */
	onlyFirstIsKey?: boolean;
	/** Whether the index (moov) stands behind the samples. */
	indexBehind?: boolean;
}

function sampleTables({ sampleEntry, samples, durations, onlyFirstIsKey }: Movie, offset: number) {
	return box(
		'stbl',
		fullBox('stsd', 0, u32(1), sampleEntry),
		fullBox('stts', 0, u32(durations.length, ...durations.flat())),
		...(onlyFirstIsKey ? [fullBox('stss', 0, u32(1, 1))] : []),
		fullBox('stsc', 0, u32(1, 1, samples.length, 1)),
		fullBox('stsz', 0, u32(0, samples.length, ...samples.map(({ length }) => length))),
		fullBox('stco', 0, u32(1, offset)),
	);
}

function index(movie: Movie, offset: number): Buffer {
	const { timescale, durations, handler, mediaHeader, width = 0, height = 0 } = movie;
	const duration = durations.reduce((sum, [count, ticks]) => sum + count * ticks, 0);
	const volume = handler === 'soun' ? 0x100 : 0;
	const isEnabled = 3;
	const undetermined = 0x55c4;
	return box(
		'moov',
		fullBox(
			'mvhd',
			0,
			u32(0, 0, timescale, duration, 0x10000),
			u16(0x100, 0),
			u32(0, 0),
			MATRIX,
			Buffer.alloc(24),
			u32(2),
		),
		box(
			'trak',
			fullBox(
				'tkhd',
				isEnabled,
				u32(0, 0, 1, 0, duration, 0, 0),
				u16(0, 0, volume, 0),
				MATRIX,
				u32(width * 0x10000, height * 0x10000),
			),
			box(
				'mdia',
				fullBox('mdhd', 0, u32(0, 0, timescale, duration), u16(undetermined, 0)),
				fullBox('hdlr', 0, u32(0), Buffer.from(handler, 'latin1'), u32(0, 0, 0), Buffer.alloc(1)),
				box(
					'minf',
					mediaHeader,
					box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', 1))),
					sampleTables(movie, offset),
				),
			),
		),
	);
}

/** A whole file. */
export function movieFile(movie: Movie): Buffer {
	const fileType = box(
		'ftyp',
		Buffer.from(movie.brand, 'latin1'),
		u32(0x200),
		Buffer.from(movie.brand === 'qt  ' ? 'qt  ' : `${movie.brand}isommp42`, 'latin1'),
	);
	const data = box('mdat', ...movie.samples);
	const beforeSamples = fileType.length + 8;
	if (movie.indexBehind) return Buffer.concat([fileType, data, index(movie, beforeSamples)]);
	const indexBytes = index(movie, 0).length;
	return Buffer.concat([fileType, index(movie, beforeSamples + indexBytes), data]);
}
