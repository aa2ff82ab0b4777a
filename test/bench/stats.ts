/** One line of the table. */
export interface Row {
	/** What was measured. */
	what: string;
	/** This package's figure. */
	ours: string;
	/** The figure it is compared with. */
	other: string;
	/** What it should be, and whether it is; '' for what is only told. */
	target: string;
	met: boolean;
}

/** The median and the spread of some measurements. */
export function summary(values: number[]): { median: number; min: number; max: number } {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** A figure with its spread, such as `1.20 (1.10–1.40)`. */
export function spread(values: number[], digits = 2): string {
	const { median, min, max } = summary(values);
	return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** A line with a target, or without one when it is only told. */
export const row = (what: string, ours: string, other: string, target = '', met = true): Row => ({
	what,
	ours,
	other,
	target,
	met,
});
