import type { Face } from '../task/task';

/** The side of a face's picture, in px; in the list the editor then has room for three faces at once. */
const PICTURE_SIDE = { list: 48, table: 56 };
const PICTURES_PER_ROW = 5;
/** How many faces a table shows: two rows of them. */
export const MOST_PICTURES = 2 * PICTURES_PER_ROW;

/** `Face 2 · 1.5–8 s`: the number of a face in its video, and when it is on screen. */
export function faceTitle(face: Face, index: number): string {
	return [`Face ${index + 1}`, onScreen(face)].filter(Boolean).join(' · ');
}

/**
 * The picture of a face, for the places in which the editor shows HTML.
 *
 * @param place where it is shown
 * @returns nothing for a face without one; only pictures from the web are shown
 */
export function facePicture({ faceReference }: Face, place: keyof typeof PICTURE_SIDE): string {
	if (typeof faceReference !== 'string' || !URL.canParse(faceReference)) return '';
	const { protocol, href } = new URL(faceReference);
	if (protocol !== 'https:' && protocol !== 'http:') return '';
	const side = PICTURE_SIDE[place];
	return `<img src="${escapeHtml(href)}" width="${side}" height="${side}" alt="">`;
}

/** The pictures of several faces in rows, each with what it is called below. */
export function pictureTable(
	faces: Face[],
	caption: (face: Face, index: number) => string,
): string {
	const cells = faces.map(
		(face, index) =>
			`<td>${facePicture(face, 'table')}<br>${escapeHtml(caption(face, index))}</td>`,
	);
	const rows: string[] = [];
	for (let first = 0; first < cells.length; first += PICTURES_PER_ROW)
		rows.push(`<tr>${cells.slice(first, first + PICTURES_PER_ROW).join('')}</tr>`);
	return `<table>${rows.join('')}</table>`;
}

/** What others wrote, as text in HTML. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function onScreen({ startTime, endTime }: Face): string {
	if (typeof startTime !== 'number' || typeof endTime !== 'number') return '';
	return `${seconds(startTime)}–${seconds(endTime)} s`;
}

function seconds(ms: number): string {
	return String(Math.round(ms / 100) / 10);
}
