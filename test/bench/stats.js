'use strict';

/**
 * The median and the spread of some measurements.
 *
 * @param {number[]} values
 * @returns {{ median: number, min: number, max: number }}
 */
function summary(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	return { median, min: sorted[0], max: sorted.at(-1) };
}

/** A figure with its spread, such as `1.20 (1.10–1.40)`. */
function spread(values, digits = 2) {
	const { median, min, max } = summary(values);
	return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/**
 * One line of the table.
 *
 * @param {string} what what was measured
 * @param {string} ours this package's figure
 * @param {string} other the figure it is compared with
 * @param {string} target what it should be
 * @param {boolean} met
 */
const row = (what, ours, other, target, met) => ({ what, ours, other, target, met });

module.exports = { row, spread, summary };
