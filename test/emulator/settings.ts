import type { CreateRequest } from './requests';
import type { Face, Task, TaskState } from './tasks';

/** A setting that is either a value or a function that yields one. */
export type ValueOrFunction<T, A extends unknown[]> = T | ((...args: A) => T);

/** Why a task fails. */
export type Failure = string | { failMsg: string; failCode?: string | number | null } | null;

/** Functions among these get the request and its index among the requests of its model, from 0. */
type PerRequest<T> = ValueOrFunction<T, [request: CreateRequest, index: number]>;

/** How the emulator behaves. Durations are in ms unless they say otherwise. */
export interface EmulatorSettings {
	/**
	 * Whether requests are judged like Kling's reference describes it, which means opening the media, or only by
	 * what the vendor's page says.
	 */
	strict: boolean;
	/** The accepted keys. */
	apiKey: string | string[];
	/** A key whose account has no credits. */
	noCreditsKey: string | null;
	identifyMs: PerRequest<number>;
	lipSyncMs: PerRequest<number>;
	/** The delay before each answer. */
	latencyMs: number;
	/** The faces found in a video: how many, or what is special about each. */
	faces: ValueOrFunction<number | Array<Partial<Face>>, [request: CreateRequest]>;
	/** Lets tasks fail. */
	failWith: PerRequest<Failure | undefined>;
	/** The size of result files, bytes. */
	resultBytes: number | null;
	/**
	 * How long videos are (s): `real` means as long as the file that was opened, or 8 s where none was; null the
	 * same, without a word of it in results.
	 */
	videoDuration: number | 'real' | null;
	/** Further fields of each query's answer. */
	queryExtras: Record<string, unknown>;
	/** Where a query's answer has the result: as documented, or as in callbacks. */
	resultInQuery: 'plain' | 'resultJson';
	timesInQuery: boolean;
	/** Whose names results have: those of the vendor's page, or those of Kling's reference. */
	vocabulary: 'vendor' | 'kling';
	/** Names that queries give to states in place of the usual ones. */
	stateNames: Partial<Record<TaskState, string>>;
	/** How results give the ids of faces. */
	faceIds: 'string' | 'number';
	/** In which unit results give the intervals of faces. */
	faceTimes: 'ms' | 's';
	/** How long a new task can't be found. */
	unknownForMs: number;
	/**
	 * How often a task is told: once, never, twice in a row, once more so long after it was accepted, or
	 * once for each of these delays after its end. Whatever is not accepted is repeated.
	 */
	callbacks: ValueOrFunction<
		'normal' | 'dropped' | 'twice' | { againAfterMs: number } | number[],
		[task: Task]
	>;
	callbackTimeoutMs: number;
	callbackRetriesMs: number[];
	backgroundRetryMs: number;
	backgroundForMs: number;
	/** Whether the media of each task are fetched where they are not judged. */
	fetchMedia: boolean;
	mediaTimeoutMs: number;
	/** The base URL of pictures and results, where it is another. */
	resultsHost: string | null;
	/** The clock by which sessions expire. */
	now: () => number;
}

const defaults: EmulatorSettings = {
	strict: true,
	apiKey: 'test-key',
	noCreditsKey: null,
	identifyMs: 3000,
	lipSyncMs: 6000,
	latencyMs: 0,
	faces: 2,
	failWith: null,
	resultBytes: null,
	videoDuration: 'real',
	queryExtras: {},
	resultInQuery: 'plain',
	timesInQuery: true,
	vocabulary: 'vendor',
	stateNames: {},
	faceIds: 'string',
	faceTimes: 'ms',
	unknownForMs: 0,
	callbacks: 'normal',
	callbackTimeoutMs: 10_000,
	callbackRetriesMs: [1000, 2000, 4000],
	backgroundRetryMs: 60_000,
	backgroundForMs: 30 * 60_000,
	fetchMedia: false,
	mediaTimeoutMs: 30_000,
	resultsHost: null,
	now: Date.now,
};

const choices: { [name in keyof EmulatorSettings]?: unknown[] } = {
	strict: [true, false],
	resultInQuery: ['plain', 'resultJson'],
	vocabulary: ['vendor', 'kling'],
	faceIds: ['string', 'number'],
	faceTimes: ['ms', 's'],
};

/**
 * Writes settings over others in place, so that everyone who holds the object sees the change.
 * A name or a choice that does not exist throws: a typing error would otherwise make a test pass for nothing.
 */
export function mergeSettings(
	target: EmulatorSettings,
	changes: Partial<EmulatorSettings>,
): EmulatorSettings {
	for (const [name, value] of Object.entries(changes)) {
		if (!Object.hasOwn(defaults, name)) throw new Error(`Unknown emulator setting "${name}"`);
		const allowed = choices[name as keyof EmulatorSettings];
		if (allowed && !allowed.includes(value))
			throw new Error(`The emulator setting "${name}" is one of ${allowed.join(', ')}`);
	}
	return Object.assign(target, changes);
}

/** A new, mutable settings object: the default settings with some of them replaced. */
export function createSettings(changes: Partial<EmulatorSettings> = {}): EmulatorSettings {
	return mergeSettings({ ...defaults }, changes);
}

/** Reads a setting that is either a value or a function that is called with `args` and yields one. */
export function valueOf<T, A extends unknown[]>(setting: ValueOrFunction<T, A>, ...args: A): T {
	return typeof setting === 'function' ? (setting as (...args: A) => T)(...args) : setting;
}
