/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';
import { drawPoll } from './drawPoll';
import { POLLINGS, sweep } from './pollSweep';
import { row } from './stats';

const PICTURE = path.join(__dirname, '../../docs/images/poll-delay.svg');
const COLORS = { ours: '#ea580c', every2s: '#94a3b8', every5s: '#2563eb', waitLoop: '#7c3aed' };

const percent = (share: number, digits: number) => `${(share * 100).toFixed(digits)} %`;

/**
 * How late a finished task is noticed and how often it was asked for, over all durations from 4 s to
 * 10 min, when the node waits by asking; also as a picture in the docs.
 */
export function poll() {
	const names = Object.keys(POLLINGS) as Array<keyof typeof POLLINGS>;
	const swept = names.map((name) => ({ name, polling: POLLINGS[name], ...sweep(POLLINGS[name]) }));
	const [ours, ...others] = swept;
	const summary = ({ worst, mean, queriesOf3Minutes }: (typeof swept)[number]) =>
		`at most ${percent(worst, 0)}, ${percent(mean, 1)} on average, ${queriesOf3Minutes} queries for 3 min`;
	fs.writeFileSync(
		PICTURE,
		drawPoll(
			swept.map((way) => ({
				label: `${way.polling.name}: ${summary(way)}`,
				color: COLORS[way.name],
				noticed: way.noticed,
			})),
		),
	);
	const beside = (figure: (way: (typeof swept)[number]) => string) =>
		others.map((way) => `${figure(way)} ${way.polling.name}`).join('; ');
	const worst = (way: (typeof swept)[number]) => percent(way.worst, 0);
	const mean = (way: (typeof swept)[number]) => percent(way.mean, 1);
	const queries = (way: (typeof swept)[number]) => String(way.queriesOf3Minutes);
	const what = 'poll, tasks of 4 s to 10 min (calculated)';
	return [
		row(
			`${what}: longest delay beside the task's time`,
			worst(ours),
			beside(worst),
			'≤ 30 %',
			ours.worst <= 0.3,
		),
		row(`${what}: the same on average`, mean(ours), beside(mean), '≤ 3 %', ours.mean <= 0.03),
		row(
			'poll, a task of 3 min (calculated): queries',
			queries(ours),
			beside(queries),
			'≤ 40',
			ours.queriesOf3Minutes <= 40,
		),
	];
}
