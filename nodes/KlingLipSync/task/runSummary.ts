import type { Outcome } from './problem';
import { Problem } from './problem';
import { isTerminal } from './task';
import type { TaskRecord } from './itemJson';
import { taskJson } from './itemJson';

/** How many items a sentence names. */
const MOST_NAMED = 5;

/**
 * What a run has come to in one or two sentences: how many tasks are completed, failed or unfinished,
 * whose audio was cut, and what it costs by the published price list.
 *
 * @param outcomes one for each item
 */
export function runSummary(outcomes: Array<Outcome<TaskRecord>>): string {
	const records = outcomes.filter(
		(outcome): outcome is TaskRecord => !(outcome instanceof Problem),
	);
	const counts = new Map<string, number>();
	for (const outcome of outcomes) {
		const word = wordFor(outcome);
		counts.set(word, (counts.get(word) ?? 0) + 1);
	}
	const states = [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
	const cost = records.reduce((sum, record) => sum + costOf(record), 0);
	return [
		`${states}.`,
		cutSentence(outcomes),
		cost > 0 && `Estimated cost: $${cost.toFixed(4)}, by the price list of 2026.`,
	]
		.filter(Boolean)
		.join(' ');
}

function wordFor(outcome: Outcome<TaskRecord>): string {
	if (outcome instanceof Problem) return 'failed';
	if (outcome.timedOut) return 'timed out';
	return isTerminal(outcome.task) ? outcome.task.state : 'not finished';
}

function costOf(record: TaskRecord): number {
	const { estimatedCostUsd } = taskJson(record, false);
	return typeof estimatedCostUsd === 'number' ? estimatedCostUsd : 0;
}

function cutSentence(outcomes: Array<Outcome<TaskRecord>>): string {
	const cuts = outcomes.flatMap((outcome, index) => {
		const cutMs = outcome instanceof Problem ? 0 : (outcome.order?.audioCutMs ?? 0);
		return cutMs > 0 ? [`${(cutMs / 1000).toFixed(2)} s of item ${index}`] : [];
	});
	if (cuts.length === 0) return '';
	const more = cuts.length > MOST_NAMED ? ` and ${cuts.length - MOST_NAMED} more` : '';
	return `The end of the audio did not fit and was cut: ${cuts.slice(0, MOST_NAMED).join(', ')}${more}. The audio ends with the video, or when the face leaves the screen.`;
}
