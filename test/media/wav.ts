/** What a WAV file is to be like; `ms` is its length. */
export interface WavOptions {
	ms: number;
	/** Hz */
	sampleRate?: number;
	channels?: number;
	/** The size (bytes) that the header claims for the samples, where it is not the true one. */
	claimedBytes?: number;
}

const BYTES_PER_SAMPLE = 2;

/** A WAV file of silence: 16-bit PCM, as long as asked for to the sample. */
export function wav({ ms, sampleRate = 8000, channels = 1, claimedBytes }: WavOptions): Buffer {
	const frameBytes = channels * BYTES_PER_SAMPLE;
	const dataBytes = Math.round((ms * sampleRate) / 1000) * frameBytes;
	const file = Buffer.alloc(44 + dataBytes);
	const claimed = claimedBytes ?? dataBytes;
	file.write('RIFF', 0, 'latin1');
	file.writeUInt32LE(Math.min(claimed + 36, 0xffffffff), 4);
	file.write('WAVEfmt ', 8, 'latin1');
	file.writeUInt32LE(16, 16);
	file.writeUInt16LE(1, 20);
	file.writeUInt16LE(channels, 22);
	file.writeUInt32LE(sampleRate, 24);
	file.writeUInt32LE(sampleRate * frameBytes, 28);
	file.writeUInt16LE(frameBytes, 32);
	file.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
	file.write('data', 36, 'latin1');
	file.writeUInt32LE(claimed, 40);
	return file;
}
