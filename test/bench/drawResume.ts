import { summary } from './stats';
import { line, picture, round, text } from './svg';

/** What one way of waiting took, in ms, each time it was measured. */
export interface Way {
	label: string;
	color: string;
	delays: number[];
}

/** The ways beside each other, for one number of items. */
export interface Group {
	title: string;
	ways: Way[];
}

const WIDTH = 900;
const LEFT = 330;
const RIGHT = WIDTH - 90;
const TOP = 40;
const ROW = 20;
const GAP = 26;
/** The axis: ms, logarithmic. */
const TIMES = {
	from: 50,
	to: 20_000,
	ticks: [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000],
};

const x = (ms: number) =>
	LEFT +
	((RIGHT - LEFT) * Math.log(Math.max(ms, TIMES.from) / TIMES.from)) /
		Math.log(TIMES.to / TIMES.from);
const label = (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${round(ms / 1_000)} s`);

/** How soon paused executions go on after the last task's end, as an SVG picture: medians and spreads. */
export function drawResume(groups: Group[]): string {
	const drawn: string[] = [];
	let top = TOP;
	for (const { title, ways } of groups) {
		drawn.push(text(16, top, title, 'font-weight="bold"'));
		for (const { label: name, color, delays } of ways) {
			top += ROW;
			const { median, min, max } = summary(delays);
			drawn.push(
				text(LEFT - 12, top, name, 'text-anchor="end"'),
				line(x(min), top - 4, x(max), top - 4, `stroke="${color}" stroke-width="3"`),
				`<circle cx="${round(x(median))}" cy="${top - 4}" r="5" fill="${color}"/>`,
				text(x(max) + 10, top, label(median)),
			);
		}
		top += GAP;
	}
	const bottom = top - GAP + 14;
	const axis = TIMES.ticks.flatMap((ms) => [
		line(x(ms), TOP - 10, x(ms), bottom, 'stroke="#e2e8f0"'),
		text(x(ms), bottom + 18, label(ms), 'text-anchor="middle"'),
	]);
	return picture(WIDTH, bottom + 34, 'From the end of the last task to the next node', [
		...axis,
		...drawn,
	]);
}
