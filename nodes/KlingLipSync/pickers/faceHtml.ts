import type { Face } from '../task/task';

/** The side of a face's picture, in px; in the list the editor then has room for three faces at once. */
const PICTURE_SIDE = { list: 48, matchOptions: 56 };

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
