/* eslint-disable @n8n/community-nodes/no-restricted-globals */

/** Numbers that are the same for the same seed, from 0 up to 1 (mulberry32). */
export function randomOf(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

interface Event {
	at: number;
	/** Breaks ties. */
	order: number;
	/** Missing when it was called off. */
	action?: () => void;
}

/** Time that passes only from one event to the next, so that hours take a moment and nothing is left to chance. */
export class Timeline {
	/** ms since the simulation began. */
	now = 0;

	/** What happened, a line each. */
	readonly story: string[] = [];

	private readonly events: Event[] = [];

	constructor(private readonly random: () => number) {}

	/** Something between two numbers. */
	between(least: number, most: number): number {
		return least + this.random() * (most - least);
	}

	/** Whether something happens that happens with this probability. */
	chance(probability: number): boolean {
		return this.random() < probability;
	}

	/** One of a list. */
	oneOf<T>(list: readonly T[]): T {
		return list[Math.floor(this.random() * list.length)];
	}

	tell(line: string): void {
		this.story.push(`${(this.now / 1000).toFixed(3).padStart(9)} s  ${line}`);
	}

	/** Does something later, unless it is called off; of events at the same moment any may be first. */
	after(ms: number, action: () => void): () => void {
		const event: Event = { at: this.now + Math.max(0, ms), order: this.random(), action };
		let index = this.events.length;
		while (index > 0 && isBefore(event, this.events[index - 1])) index--;
		this.events.splice(index, 0, event);
		return () => (event.action = undefined);
	}

	/** Resolves later. */
	async wait(ms: number): Promise<void> {
		await new Promise<void>((resolve) => this.after(ms, resolve));
	}

	/** What is promised, or undefined when it takes longer. */
	async within<T>(promised: Promise<T>, ms: number): Promise<T | undefined> {
		return await new Promise<T | undefined>((resolve, reject) => {
			const callOff = this.after(ms, () => resolve(undefined));
			promised.then(resolve, reject).finally(callOff);
		});
	}

	/** Lets time pass until nothing is left to happen, `isOver` says so, or it is late. */
	async run(until: number, isOver: () => boolean): Promise<void> {
		for (let happened = 0; ; happened++) {
			// What an event sets going ends at promises, all of which are kept before the next one.
			await new Promise((resolve) => setImmediate(resolve));
			while (this.events.length > 0 && !this.events[0].action) this.events.shift();
			if (this.events.length === 0 || this.events[0].at > until || isOver()) return;
			const { at, action } = this.events.shift()!;
			this.now = at;
			action?.();
			if (happened > 50_000) throw new Error('The simulation does not come to an end');
		}
	}
}

function isBefore(one: Event, other: Event): boolean {
	return one.at < other.at || (one.at === other.at && one.order < other.order);
}
