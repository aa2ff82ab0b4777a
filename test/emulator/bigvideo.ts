const CHUNK_BYTES = 64 * 1024;

function makeHead(size: number): Buffer {
	const ftyp = Buffer.alloc(24);
	ftyp.writeUInt32BE(24, 0);
	ftyp.write('ftypisom', 4, 'latin1');
	ftyp.writeUInt32BE(0x200, 12);
	ftyp.write('isommp42', 16, 'latin1');
	// The long form of the box header: the short one ends at 4 GB.
	const mdat = Buffer.alloc(16);
	mdat.writeUInt32BE(1, 0);
	mdat.write('mdat', 4, 'latin1');
	mdat.writeBigUInt64BE(BigInt(Math.max(16, size - ftyp.length)), 8);
	return Buffer.concat([ftyp, mdat]).subarray(0, size);
}

/**
 * Yields a file of any size (bytes) that looks like an MP4, without ever holding it: every chunk after the
 * head is the same piece of memory.
 */
export function* bigVideo(size: number): Generator<Buffer> {
	const head = makeHead(size);
	yield head;
	const filling = Buffer.from(
		Array.from({ length: CHUNK_BYTES }, (_, index) => (index * 31) & 0xff),
	);
	for (let left = size - head.length; left > 0; left -= CHUNK_BYTES) {
		yield left < CHUNK_BYTES ? filling.subarray(0, left) : filling;
	}
}
