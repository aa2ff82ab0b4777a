import type { Noticed } from './pollSweep';
import { line, picture, round, text } from './svg';

/** A line of the drawing. */
export interface Line {
	label: string;
	color: string;
	noticed: Noticed[];
}

const WIDTH = 900;
const HEIGHT = 460;
const AREA = { left: 64, right: WIDTH - 24, top: 24, bottom: HEIGHT - 132 };
/** The axes: the task's time from 4 s to 10 min, in ms and logarithmic, and the delay up to half of it. */
const TIMES = { from: 4_000, to: 600_000, ticks: [4, 10, 20, 30, 60, 120, 180, 300, 600] };
const SHARES = { to: 0.5, ticks: [0, 0.1, 0.2, 0.3, 0.4, 0.5] };
/** What the package promises. */
const PROMISE = 0.3;

const x = (ms: number) =>
	AREA.left +
	((AREA.right - AREA.left) * Math.log(ms / TIMES.from)) / Math.log(TIMES.to / TIMES.from);
const y = (share: number) => AREA.bottom - ((AREA.bottom - AREA.top) * share) / SHARES.to;
const timeLabel = (s: number) => (s < 60 ? `${s} s` : `${s / 60} min`);

/** The delay falls until a query is missed and jumps then: the ends of these pieces are all there is to draw. */
function path(noticed: Noticed[]): string {
	const ends = noticed.filter(
		({ queries }, index) =>
			queries !== noticed[index - 1]?.queries || queries !== noticed[index + 1]?.queries,
	);
	const points = ends.map(
		({ durationMs, delayMs }) => `${round(x(durationMs))},${round(y(delayMs / durationMs))}`,
	);
	return `M${points.join('L')}`;
}

/** How late tasks are noticed, beside their time, as an SVG picture. */
export function drawPoll(lines: Line[]): string {
	const grid = SHARES.ticks.flatMap((share) => [
		line(AREA.left, y(share), AREA.right, y(share), 'stroke="#e2e8f0"'),
		text(AREA.left - 8, y(share) + 4, `${share * 100} %`, 'text-anchor="end"'),
	]);
	const times = TIMES.ticks.flatMap((s) => [
		line(x(s * 1000), AREA.bottom, x(s * 1000), AREA.bottom + 5, 'stroke="#64748b"'),
		text(x(s * 1000), AREA.bottom + 20, timeLabel(s), 'text-anchor="middle"'),
	]);
	const drawn = lines.map(
		({ color, noticed }, index) =>
			`<path d="${path(noticed)}" stroke="${color}" stroke-width="${index === 0 ? 2 : 1.2}"/>`,
	);
	const legend = lines.flatMap(({ label, color }, index) => {
		const top = AREA.bottom + 62 + index * 18;
		const bar = `stroke="${color}" stroke-width="${index === 0 ? 4 : 2}"`;
		return [
			line(AREA.left, top - 4, AREA.left + 24, top - 4, bar),
			text(AREA.left + 34, top, label),
		];
	});
	return picture(WIDTH, HEIGHT, 'How late a finished task is noticed, in per cent of its time', [
		...grid,
		...times,
		text(
			(AREA.left + AREA.right) / 2,
			AREA.bottom + 40,
			'time that the task takes',
			'text-anchor="middle"',
		),
		text(AREA.left + 8, AREA.top - 8, 'delay, in per cent of that time'),
		line(AREA.left, y(PROMISE), AREA.right, y(PROMISE), 'stroke="#dc2626" stroke-dasharray="6 4"'),
		`<clipPath id="area"><rect x="${AREA.left}" y="${AREA.top}" width="${AREA.right - AREA.left}" height="${AREA.bottom - AREA.top}"/></clipPath>`,
		'<g clip-path="url(#area)" fill="none" stroke-linejoin="round">',
		// The first line on top.
		...drawn.reverse(),
		'</g>',
		...legend,
	]);
}
