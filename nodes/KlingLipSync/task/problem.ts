/** What went wrong, as far as the code has to decide by it. */
export type ProblemKind =
	| 'input'
	| 'refused'
	| 'credential'
	| 'credits'
	| 'unknownTask'
	| 'rateLimited'
	| 'unavailable'
	| 'unanswered'
	| 'malformed'
	| 'taskFailed'
	| 'download'
	| 'cancelled';

/** Facts that travel with a problem into an item's `details`. */
export interface ProblemDetails {
	taskId?: string;
	state?: string;
	httpCode?: number;
	failCode?: string;
	failMsg?: string;
	identifyTaskId?: string;
	[fact: string]: unknown;
}

/** How many characters of a message and a hint are shown: both quote what others wrote. */
const LONGEST_MESSAGE = 1000;
const LONGEST_HINT = 4000;
const KEPT_END = 100;

/**
 * Everything that this package expects to go wrong. `message` says what happened, `hint` what the
 * user can do next. Nothing else is thrown by the code that knows no n8n.
 */
export class Problem extends Error {
	readonly kind: ProblemKind;

	readonly hint: string;

	readonly details: ProblemDetails;

	/** How long the API asked to wait, in ms. */
	readonly retryAfterMs?: number;

	constructor(
		kind: ProblemKind,
		message: string,
		hint = '',
		details: ProblemDetails = {},
		retryAfterMs?: number,
		cause?: unknown,
	) {
		super(shorten(message, LONGEST_MESSAGE), { cause });
		this.name = 'Problem';
		this.kind = kind;
		this.hint = shorten(hint, LONGEST_HINT);
		this.details = details;
		this.retryAfterMs = retryAfterMs;
	}

	/** The same problem with further facts; facts it already has are kept. */
	with(facts: ProblemDetails): Problem {
		return new Problem(
			this.kind,
			this.message,
			this.hint,
			{ ...facts, ...this.details },
			this.retryAfterMs,
			this.cause,
		);
	}
}

/** Input that is refused before anything is sent. */
export function inputProblem(message: string, hint = ''): Problem {
	return new Problem('input', message, hint);
}

/** A problem in an item's JSON: exactly the keys that n8n routes to an error output. */
export function problemJson(problem: Problem): { error: string; details: Record<string, unknown> } {
	const details = { ...problem.details, ...(problem.hint && { hint: problem.hint }) };
	return { error: problem.message, details };
}

/** What something has come to: a value, or the problem that stands in its place. */
export type Outcome<T> = T | Problem;

/** Does `build`; what it throws is given back as a Problem, of which it is the cause. */
export function attempt<T>(build: () => Outcome<T>): Outcome<T> {
	try {
		return build();
	} catch (error) {
		return asProblem(error);
	}
}

/** The same for promises. */
export async function attemptAsync<T>(build: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
	try {
		return await build();
	} catch (error) {
		return asProblem(error);
	}
}

/** Cut before its end, where messages name the task. */
function shorten(text: string, length: number): string {
	return text.length > length
		? `${text.slice(0, length - KEPT_END)}…${text.slice(-KEPT_END)}`
		: text;
}

function asProblem(error: unknown): Problem {
	if (error instanceof Problem) return error;
	const { message, description } = (error ?? {}) as { message?: unknown; description?: unknown };
	return new Problem(
		'input',
		typeof message === 'string' ? message : String(error),
		typeof description === 'string' ? description : '',
		{},
		undefined,
		error,
	);
}
