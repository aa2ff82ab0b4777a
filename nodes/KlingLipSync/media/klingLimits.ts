import { inputProblem } from '../task/problem';
import { FORMAT_NAMES } from './format';
import type { Format } from './format';
import type { Medium } from './readMedium';

/** What a medium is used for. */
export type MediumKind = 'video' | 'audio';

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

const LIMITS: Record<MediumKind, Limits> = {
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
/** How much shorter and longer than told a medium may be, in ms: lengths are read up to 60 ms too
 * short, encoders add a part of a second to what they are given, and Kling does not say how it rounds. */
const TOLERANCE = { shorter: 100, longer: 500 };

const DEFECTS: Record<NonNullable<Medium['defect']>, string> = {
	incomplete: 'is incomplete: its end is missing',
	noIndex: 'is broken: the part that lists its contents is missing',
	noContent: 'is broken: there is nothing in it to play',
};

/** Texts in the place of a file: error messages, and pages about it. */
const TEXTS: Format[] = ['html', 'xml', 'json', 'text'];

/** How many bytes of a medium Kling takes at most. */
export function mostBytes(kind: MediumKind): number {
	return LIMITS[kind].megabytes * MEGABYTE;
}

/** Whether a file is a text that was sent in the place of a medium. */
export function isText({ format }: Medium): boolean {
	return TEXTS.includes(format);
}

/**
 * Refuses what Kling does not take. What could not be found out is no error.
 *
 * @param what the medium as the subject of the message
 * @throws Problem with the figure that was found and the one that is allowed
 */
export function checkLimits(medium: Medium, kind: MediumKind, what: string): void {
	const refusal =
		wrongContent(medium, kind) ??
		wrongSize(medium, kind) ??
		wrongLength(medium, kind) ??
		wrongSides(medium, kind);
	if (!refusal) return;
	const [found, hint] = refusal;
	throw inputProblem(`${what} ${found}`, `${hint} Nothing was sent or charged.`);
}

/** What was found and what is allowed, behind the subject of a sentence; and what to do. */
type Refusal = [found: string, hint: string];

function wrongContent(medium: Medium, kind: MediumKind): Refusal | undefined {
	const { format, defect } = medium;
	const { formats, names } = LIMITS[kind];
	if (format === 'empty') return ['is empty', 'Check the node or the service that made it.'];
	const isAccepted = formats.includes(format);
	// What a broken file of the MP4 family holds is not known.
	const isBroken = defect && (isAccepted || format === 'mp4' || format === 'mov');
	if (isBroken) return [DEFECTS[defect], 'Make or download the file again.'];
	// Too large, whatever it is: the size says more than what could be read.
	if (isAccepted || medium.isLarger) return undefined;
	const aKind = kind === 'video' ? 'a video' : 'an audio file';
	if (isText(medium)) {
		return [
			`is ${FORMAT_NAMES[format]}, not ${aKind}`,
			'Check the node or the service that it comes from: it may have sent a message in place of the file.',
		];
	}
	if (format === 'm4a') {
		return ['has no picture, only sound', `Kling takes ${names}. Use the video file here.`];
	}
	const isOtherKind = LIMITS[kind === 'video' ? 'audio' : 'video'].formats.includes(format);
	if (isOtherKind) {
		return [
			`is ${FORMAT_NAMES[format]}, not ${aKind}`,
			`Kling takes ${names}. Use the ${kind} file here.`,
		];
	}
	return [`is ${FORMAT_NAMES[format]}`, `Kling takes ${names}. Convert the file first.`];
}

function wrongSize({ bytes, isLarger }: Medium, kind: MediumKind): Refusal | undefined {
	const { megabytes } = LIMITS[kind];
	if (bytes === undefined || bytes <= mostBytes(kind)) return undefined;
	return [
		`is too large: ${isLarger ? 'more than ' : ''}${(bytes / 1_000_000).toFixed(1)} MB`,
		`Kling takes ${kind} files of up to ${megabytes} MB. ${kind === 'audio' ? 'Save it as mp3, or cut it first.' : 'Compress or cut it first.'}`,
	];
}

function wrongLength({ durationMs }: Medium, kind: MediumKind): Refusal | undefined {
	const { shortest, longest } = LIMITS[kind];
	if (durationMs === undefined) return undefined;
	const found = `${(durationMs / 1000).toFixed(1)} s`;
	if (durationMs < shortest - TOLERANCE.shorter) {
		return [
			`is too short: ${found}`,
			`Kling needs at least ${shortest / 1000} seconds of ${kind}.`,
		];
	}
	if (durationMs <= longest + TOLERANCE.longer) return undefined;
	return [
		`is too long: ${found}`,
		`Kling takes up to ${longest / 1000} seconds of ${kind}. Cut it first.`,
	];
}

function wrongSides({ width, height }: Medium, kind: MediumKind): Refusal | undefined {
	const { sides } = LIMITS[kind];
	if (!sides || !width || !height) return undefined;
	const { least, most } = sides;
	if (Math.min(width, height) >= least && Math.max(width, height) <= most) return undefined;
	return [
		`is ${width} × ${height} pixels`,
		`Kling takes videos whose sides are ${least} to ${most} pixels long. Resize it first.`,
	];
}
