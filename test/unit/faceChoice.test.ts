import {
	faceLabel,
	findFaces,
	listFaces,
	positionName,
	positionOf,
	voicesFromJson,
	voicesOfAll,
} from '../../nodes/KlingLipSync/task/faceChoice';
import type { Voice } from '../../nodes/KlingLipSync/task/faceChoice';
import type { FaceMapping } from '../../nodes/KlingLipSync/task/faceMapping';
import { timingFieldId, voicesFromMapping } from '../../nodes/KlingLipSync/task/faceMapping';
import type { Face } from '../../nodes/KlingLipSync/task/task';
import { problemOf } from './problemOf';

const faces: Face[] = ['face_001', 'face_002', 'face_003'].map((faceId) => ({ faceId }));
const audio = 'https://a/voice.mp3';

const voice = (face: string, more: Partial<Voice> = {}): Voice => ({
	face,
	audio: { url: audio },
	timing: {},
	...more,
});
const mapped = (values: FaceMapping['values'], more: Partial<FaceMapping> = {}, known = faces) =>
	voicesFromMapping(
		{ values, expressions: new Set(), isAutomatic: false, audioSource: 'url', ...more },
		known,
	);

describe('the mapping', () => {
	test('gives each face its audio and its timing; an empty face is not driven', () => {
		const values = {
			face_001: ` ${audio} `,
			[timingFieldId('face_001', 'sound_insert_time')]: '1500.4',
			[timingFieldId('face_001', 'sound_volume')]: 0,
			face_002: '',
			face_003: audio,
			'face_003:sound_start_time': null,
		};
		expect(mapped(values)).toEqual([
			voice('face_001', { timing: { sound_insert_time: 1500, sound_volume: 0 } }),
			voice('face_003'),
		]);
	});

	test('names faces by their position, too', () => {
		expect(mapped({ '#2': audio, '#2:sound_insert_time': 3000 })).toEqual([
			voice('#2', { timing: { sound_insert_time: 3000 } }),
		]);
	});

	test('takes the name of a binary field for the audio of a face', () => {
		expect(mapped({ '#1': ' voice_1 ' }, { audioSource: 'binary' })).toEqual([
			voice('#1', { audio: { field: 'voice_1' } }),
		]);
	});

	test('needs no faces to know the audios', () => {
		expect(
			voicesFromMapping({
				values: { face_009: audio },
				expressions: new Set(),
				isAutomatic: false,
				audioSource: 'url',
			}),
		).toEqual([voice('face_009')]);
	});

	test('lets an automatic mapping have fields of other things', () => {
		const item = { id: 7, face_002: audio, '#3': audio, title: 'x', face_001: '' };
		expect(mapped(item, { isAutomatic: true })).toEqual([voice('face_002'), voice('#3')]);
	});

	test('refuses an expression that returned nothing, naming the face', () => {
		const expressions = new Set(['face_002']);
		const problem = problemOf(() => mapped({ face_001: audio, face_002: null }, { expressions }));
		expect(problem.message).toBe(
			'The expression for the audio of Face 2 ("face_002") returned nothing',
		);
	});

	test('refuses settings of a face without an audio, naming the face', () => {
		for (const values of [
			{ face_001: audio, 'face_002:sound_volume': 1 },
			{ face_001: audio, face_002: ' ', 'face_002:sound_volume': 1 },
		]) {
			const problem = problemOf(() => mapped(values));
			expect(problem.message).toBe('Face 2 ("face_002") has settings, but no audio');
		}
	});

	test('is refused when no face has an audio', () => {
		for (const isAutomatic of [true, false]) {
			const problem = problemOf(() => mapped({ face_001: '  ' }, { isAutomatic }));
			expect(problem.message).toBe('No face has an audio');
		}
	});

	test('names face and field of a value that is no number', () => {
		const values = { face_001: audio, 'face_001:sound_volume': 'loud' };
		expect(problemOf(() => mapped(values)).message).toBe(
			`'Voice Volume' of Face 1 ("face_001") must be a number`,
		);
	});

	test('tells apart faces whose ids look like fields or like properties of objects', () => {
		const odd = ['a', 'a:sound_volume', 'constructor', '__proto__'].map((faceId) => ({ faceId }));
		expect(problemOf(() => mapped({}, {}, odd)).message).toMatch(/No face/);
		const values = JSON.parse('{"a:sound_volume":"https://x/1.mp3","__proto__":"https://x/2.mp3"}');
		expect(mapped(values, {}, odd)).toEqual([
			voice('a:sound_volume', { audio: { url: 'https://x/1.mp3' } }),
			voice('__proto__', { audio: { url: 'https://x/2.mp3' } }),
		]);
	});
});

describe('the JSON', () => {
	const entry = (more = {}) => ({ face_id: 'face_001', sound_file: audio, ...more });

	test('may be text or an array', () => {
		expect(voicesFromJson(JSON.stringify([entry()]))).toEqual([voice('face_001')]);
		expect(voicesFromJson([entry()])).toEqual([voice('face_001')]);
	});

	test('takes numbers for text, positions, audio IDs, timing, and fields that nobody knows', () => {
		expect(
			voicesFromJson([
				{ face_id: 0, audio_id: 77, sound_start_time: '10', new_field: { a: 1 } },
				{ face_id: '#2', sound_file: audio, sound_volume: 0.5 },
			]),
		).toEqual([
			voice('0', {
				audio: { audioId: '77' },
				timing: { sound_start_time: 10 },
				extra: { new_field: { a: 1 } },
			}),
			voice('#2', { timing: { sound_volume: 0.5 } }),
		]);
	});

	test.each([
		['half an array', '[{', /not valid JSON/],
		['an object', '{}', /must be a list/],
		['null', 'null', /must be a list/],
		['nothing', undefined, /must be a list/],
		['an entry that is no object', ['face_001'], /must be an object/],
		['an entry that is null', [null], /must be an object/],
		['an entry without a face', [entry({ face_id: undefined })], /no face ID/],
		['a face without an audio', [{ face_id: 'face_001' }], /"face_001" has no audio/],
		['a face with two audios', [entry({ audio_id: 'x' })], /"face_001" has two audios/],
		[
			'a time that is none',
			[entry({ sound_start_time: 'x' })],
			/'Trim Audio From' of face "face_001" must be a number/,
		],
		[
			'a negative time',
			[entry({ sound_insert_time: -1 })],
			/'Start Speaking At' of face "face_001" must be 0 or more/,
		],
		[
			'a volume over 2',
			[entry({ sound_volume: 2.01 })],
			/'Voice Volume' of face "face_001" must be between 0 and 2/,
		],
	])('is refused when it is %s', (_, value, message) => {
		const problem = problemOf(() => voicesFromJson(value));
		expect(problem.kind).toBe('input');
		expect(problem.message).toMatch(message);
	});
});

describe('what can not hold says what to do', () => {
	const twice = [voice('face_001'), voice('#1')];
	const oneEmpty = { expressions: new Set(['face_001']) };
	test.each<[() => unknown, string, string]>([
		[
			() => voicesFromJson('{}'),
			"'Faces (JSON)' must be a list",
			'Write a JSON array with one object per face, such as [{"face_id": "#1", "sound_file": "https://example.com/voice.mp3"}].',
		],
		[
			() => voicesFromJson(['x']),
			"Each entry of 'Faces (JSON)' must be an object",
			'Each entry needs at least "face_id" and "sound_file".',
		],
		[
			() => voicesFromJson([{ sound_file: audio }]),
			"An entry of 'Faces (JSON)' has no face ID",
			'Each entry needs the "face_id" that Identify Face returned, or "#1" for the first face.',
		],
		[
			() => voicesFromJson([{ face_id: '#1' }]),
			'Face 1 has no audio',
			'Each face needs either "sound_file" (a URL) or "audio_id".',
		],
		[() => findFaces([], faces), 'No face is chosen', 'Choose at least one face.'],
		[
			() => findFaces(twice, faces),
			'Face 1 ("face_001") is chosen twice',
			'Give each face one audio only.',
		],
		[
			() => findFaces([voice('#4')], faces),
			'There is no Face 4 in this video',
			'The faces found are: 1 ("face_001"), 2 ("face_002"), 3 ("face_003").',
		],
		[
			() => mapped({ face_001: '' }, oneEmpty),
			'The expression for the audio of Face 1 ("face_001") returned nothing',
			'Check the expression and the data of this item. Clear the field if the face is not meant to speak.',
		],
		[
			() =>
				mapped(
					{ face_001: audio, 'face_001:sound_volume': '' },
					{ expressions: new Set(['face_001:sound_volume']) },
				),
			'The expression for a setting of Face 1 ("face_001") returned nothing',
			'Check the expression and the data of this item. Clear the field if the face is not meant to speak.',
		],
		[
			() => mapped({ face_001: audio, 'face_002:sound_volume': 1 }),
			'Face 2 ("face_002") has settings, but no audio',
			'Give this face its audio, or remove its settings.',
		],
		[() => mapped({}), 'No face has an audio', 'Give at least one face its audio.'],
		[
			() => mapped({ title: 'x' }, { isAutomatic: true }),
			'No face has an audio',
			"The item needs a field named after a face, such as '#1' for the first face, that holds the audio of that face.",
		],
	])('%#', (check, message, hint) => {
		expect(problemOf(check)).toMatchObject({ message, hint });
	});
});

describe('the JSON of someone who is not careful', () => {
	test('is read without blanks around ids and links, and without empty fields', () => {
		expect(
			voicesFromJson([{ face_id: ' #1 ', sound_file: ` ${audio} `, audio_id: '', note: null }]),
		).toEqual([voice('#1')]);
	});
});

describe('the faces of a session', () => {
	test('are found by id and by position, and called by their number', () => {
		expect(findFaces([voice('face_002'), voice('#3')], faces)).toEqual([
			{ ...voice('face_002'), faceId: 'face_002', known: faces[1], label: 'Face 2 ("face_002")' },
			{ ...voice('#3'), faceId: 'face_003', known: faces[2], label: 'Face 3 ("face_003")' },
		]);
	});

	test('are believed where they are not known', () => {
		expect(findFaces([voice('whoever')])).toMatchObject([{ faceId: 'whoever' }]);
	});

	test.each([
		['no face', [], /No face is chosen/],
		[
			'a face twice',
			[voice('face_001'), voice('face_001')],
			/Face 1 \("face_001"\) is chosen twice/,
		],
		['a face twice, by id and by position', [voice('face_002'), voice('#2')], /is chosen twice/],
		['a face that is not there', [voice('face_009')], /"face_009" is not in this video/],
		['a position that is not there', [voice('#4')], /There is no Face 4 in this video/],
	])('refuse %s', (_, voices, message) => {
		expect(problemOf(() => findFaces(voices, faces)).message).toMatch(message);
	});

	test('are listed where one is missing, with the way that serves every video', () => {
		const { hint } = problemOf(() => findFaces([voice('face_009')], faces));
		expect(hint).toContain('1 ("face_001"), 2 ("face_002"), 3 ("face_003")');
		expect(hint).toContain("'Match Faces By'");
	});

	test('do not print endless ids into a message', () => {
		const many = Array.from({ length: 500 }, (_, index) => ({ faceId: `face_${index}` }));
		const problem = problemOf(() => findFaces([voice('x'.repeat(10_000))], many));
		expect((problem.message + problem.hint).length).toBeLessThan(1000);
		expect(problem.hint).toContain('and 490 more');
	});

	test.each([
		['#1', 1],
		['#12', 12],
		['#0', undefined],
		['a#1', undefined],
		['#1a', undefined],
		['1', undefined],
	])('named %s have the position %p', (face, position) => {
		expect(positionOf(face)).toBe(position);
	});

	test('are all listed up to ten, and counted beyond', () => {
		const listOf = (count: number) =>
			listFaces(Array.from({ length: count }, (_, index) => ({ faceId: `f${index}` })));
		expect(listOf(2)).toBe('1 ("f0"), 2 ("f1")');
		expect(listOf(10)).toMatch(/10 \("f9"\)$/);
		expect(listOf(11)).toMatch(/10 \("f9"\) and 1 more$/);
	});

	test('are named by their position as they are found by it', () => {
		expect(positionName(3)).toBe('#3');
		expect(positionOf(positionName(3))).toBe(3);
	});

	test('have a name for people before they are known', () => {
		expect(faceLabel('#2')).toBe('Face 2');
		expect(faceLabel('face_002')).toBe('face "face_002"');
	});
});

test('One audio for all faces: a voice for each; where they are not known, for the first one', () => {
	expect(voicesOfAll({ url: audio }, faces)).toEqual([
		voice('face_001'),
		voice('face_002'),
		voice('face_003'),
	]);
	expect(voicesOfAll({ field: 'data' })).toEqual([voice('#1', { audio: { field: 'data' } })]);
});
