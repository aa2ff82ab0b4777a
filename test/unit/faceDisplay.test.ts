import {
	faceTitle,
	MOST_PICTURES,
	pictureTable,
	facePicture,
} from '../../nodes/KlingLipSync/pickers/faceDisplay';
import type { Face } from '../../nodes/KlingLipSync/task/task';

const face = (parts: Partial<Face> = {}): Face => ({ faceId: 'f', ...parts });
const withPicture = (name: string) => face({ faceReference: `https://files.example/${name}` });

it('calls a face by its number and its time on screen, as far as it is told', () => {
	expect(faceTitle(face({ startTime: 0, endTime: 8000 }), 0)).toBe('Face 1 · 0–8 s');
	expect(faceTitle(face({ startTime: 1249, endTime: 65_450 }), 1)).toBe('Face 2 · 1.2–65.5 s');
	expect(faceTitle(face({ endTime: 8000 }), 2)).toBe('Face 3');
	expect(faceTitle(face({ startTime: 0 }), 3)).toBe('Face 4');
});

it('shows pictures from the web only, as text that can be nothing else', () => {
	expect(facePicture(withPicture('a.png'), 'list')).toBe(
		'<img src="https://files.example/a.png" width="48" height="48" alt="">',
	);
	expect(facePicture(face({ faceReference: 'http://files.example/?a="&b=\'' }), 'table')).toBe(
		'<img src="http://files.example/?a=%22&#38;b=%27" width="56" height="56" alt="">',
	);
	for (const faceReference of ['data:image/png;base64,AA', 'javascript:alert(1)', 'a.png', ''])
		expect(facePicture(face({ faceReference }), 'list')).toBe('');
	expect(facePicture(face(), 'list')).toBe('');
});

it('sets the pictures of several faces in rows of five', () => {
	const cell = (name: string) =>
		`<td><img src="https://files.example/${name}" width="56" height="56" alt=""><br>&#60;${name}&#62;</td>`;
	const table = (...names: string[]) =>
		pictureTable(names.map(withPicture), (_, index) => `<${names[index]}>`);
	expect(table('a', 'b')).toBe(`<table><tr>${cell('a')}${cell('b')}</tr></table>`);
	const five = ['a', 'b', 'c', 'd', 'e'];
	const row = five.map(cell).join('');
	expect(table(...five)).toBe(`<table><tr>${row}</tr></table>`);
	expect(table(...five, 'f')).toBe(`<table><tr>${row}</tr><tr>${cell('f')}</tr></table>`);
	expect(MOST_PICTURES).toBe(10);
});
