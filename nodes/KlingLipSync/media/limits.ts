import { inputProblem } from '../task/problem';
import { FORMAT_NAMES } from './format';
import type { Format } from './format';
import type { Medium } from './readMedium';

/** What Kling publishes as accepted. */
interface Limits {
	formats: Format[];
	/** As a message lists them. */
	names: string;
	megabytes: number;
	/** ms. */
	shortest: number;
	longest: number;
	/** Of each side, in pixels. */
	sides?: { least: number; most: number };
}

const LIMITS: Record<'video' | 'audio', Limits> = {
	video: {
		formats: ['mp4', 'mov'],
		names: 'mp4 and mov',
		megabytes: 100,
		shortest: 2_000,
		longest: 60_000,
		sides: { least: 512, most: 2160 },
	},
	audio: {
		formats: ['mp3', 'wav', 'm4a', 'aac'],
		names: 'mp3, wav, m4a and aac',
		megabytes: 5,
		shortest: 2_000,
		longest: 60_000,
	},
};

/** Megabytes of either definition, because Kling does not say which it means. */
const MEGABYTE = 1024 * 1024;
/** How much longer than told a medium may be, in ms: players and encoders round differently. */
const TOLERANCE = 100;

const DEFECTS: Record<NonNullable<Medium['defect']>, string> = {
	incomplete: 'is incomplete: its end is missing',
	noIndex: 'is broken: the part that lists its contents is missing',
	noContent: 'is broken: there is nothing in it to play',
};

/** How many bytes of a medium Kling takes at most. */
export function mostBytes(kind: 'video' | 'audio'): number {
	return LIMITS[kind].megabytes * MEGABYTE;
}

/**
 * Refuses what Kling does not take. What could not be found out is no error.
 *
 * @param what the medium as the subject of the message
 * @throws Problem with the figure that was found and the one that is allowed
 */
export function checkLimits(medium: Medium, kind: 'video' | 'audio', what: string): void {
	const { formats, names, megabytes, shortest, longest, sides } = LIMITS[kind];
	const { format, durationMs, bytes, width, height, defect } = medium;
	const refuse = (found: string, hint: string) => {
		throw inputProblem(`${what} ${found}`, `${hint} Nothing was sent or charged.`);
	};
	if (format === 'empty' || bytes === 0) {
		refuse('is empty', 'Check the node or the service that made it.');
	}
	if (format !== 'unknown' && !formats.includes(format)) {
		const isOtherKind = LIMITS[kind === 'video' ? 'audio' : 'video'].formats.includes(format);
		refuse(
			`is ${FORMAT_NAMES[format]}${isOtherKind ? `, not a${kind === 'video' ? ' video' : 'n audio'}` : ''}`,
			`Kling takes ${names}. ${isOtherKind ? `Use the ${kind} here.` : 'Convert the file first.'}`,
		);
	}
	if (bytes !== undefined && bytes > megabytes * MEGABYTE) {
		refuse(
			`is too large: ${(bytes / 1_000_000).toFixed(1)} MB`,
			`Kling takes ${kind} files of up to ${megabytes} MB. Compress or cut it first.`,
		);
	}
	if (defect) refuse(DEFECTS[defect], 'Make or download the file again.');
	if (durationMs !== undefined && durationMs < shortest - TOLERANCE) {
		refuse(
			`is too short: ${seconds(durationMs)} s`,
			`Kling needs at least ${shortest / 1000} seconds of ${kind}.`,
		);
	}
	if (durationMs !== undefined && durationMs > longest + TOLERANCE) {
		refuse(
			`is too long: ${seconds(durationMs)} s`,
			`Kling takes up to ${longest / 1000} seconds of ${kind}. Cut it first.`,
		);
	}
	if (!sides || width === undefined || height === undefined) return;
	const [small, large] = [Math.min(width, height), Math.max(width, height)];
	if (small < sides.least || large > sides.most) {
		refuse(
			`is ${width} × ${height} pixels`,
			`Kling takes videos whose sides are ${sides.least} to ${sides.most} pixels long. Resize it first.`,
		);
	}
}

function seconds(ms: number): string {
	return String(Math.round(ms / 100) / 10);
}
