import type { Timing } from '../../nodes/KlingLipSync/task/audioTiming';
import { timingFromOptions } from '../../nodes/KlingLipSync/task/audioTiming';
import type { FaceChoice } from '../../nodes/KlingLipSync/task/faceChoice';
import { checkedChoice, choiceFromJson } from '../../nodes/KlingLipSync/task/faceChoice';
import { choiceFromMapping, timingFieldId } from '../../nodes/KlingLipSync/task/faceMapping';
import { checkedUrl, parseJson } from '../../nodes/KlingLipSync/task/userInput';
import type { Face } from '../../nodes/KlingLipSync/task/task';
import { problemOf } from './problemOf';

const faces = ['face_001', 'face_002', 'face_003'].map((faceId) => ({ faceId }));
const audio = 'https://a/voice.mp3';
const entry = (more: object = {}): FaceChoice => ({
	face_id: 'face_001',
	sound_file: audio,
	...more,
});

describe('timing from the options', () => {
	it('has the names of the API, and only what was set', () => {
		expect(
			timingFromOptions({
				soundStartTime: 0,
				soundEndTime: '4000',
				soundInsertTime: 1500,
				soundVolume: 1.5,
				originalAudioVolume: '',
				includeRaw: true,
			}),
		).toEqual({
			sound_start_time: 0,
			sound_end_time: 4000,
			sound_insert_time: 1500,
			sound_volume: 1.5,
		});
	});

	it.each(['soon', NaN, true, [1]])('refuses %p for a time', (value) => {
		expect(problemOf(() => timingFromOptions({ soundStartTime: value })).message).toMatch(/number/);
	});
});

describe('the mapping', () => {
	it('gives each face its audio and its timing; an empty face is not driven', () => {
		const values = {
			face_001: ` ${audio} `,
			[timingFieldId('face_001', 'sound_insert_time')]: '1500',
			[timingFieldId('face_001', 'sound_volume')]: 0,
			face_002: '',
			[timingFieldId('face_002', 'sound_volume')]: 1,
			face_003: audio,
			'face_003:sound_start_time': null,
		};
		expect(choiceFromMapping(values, faces, true)).toEqual([
			{ face_id: 'face_001', sound_file: audio, sound_insert_time: 1500, sound_volume: 0 },
			{ face_id: 'face_003', sound_file: audio },
		]);
	});

	it('refuses a face that the session does not have, by name, also by its timing', () => {
		for (const values of [{ face_009: audio }, { face_001: audio, 'face_009:sound_volume': 1 }]) {
			const problem = problemOf(() => choiceFromMapping(values, faces, true));
			expect(problem.message).toContain('"face_009"');
			expect(problem.hint).toContain('"face_001", "face_002", "face_003"');
		}
	});

	it('lets an automatic mapping have fields of other things', () => {
		const values = { id: 7, face_002: audio, title: 'x' };
		expect(choiceFromMapping(values, faces, false)).toEqual([
			{ face_id: 'face_002', sound_file: audio },
		]);
	});

	it('is refused when no face is given an audio', () => {
		for (const values of [{}, { face_001: '  ' }, { other: audio }]) {
			const problem = problemOf(() => choiceFromMapping(values, faces, false));
			expect(problem.message).toBe('No face is given an audio');
		}
	});

	it('names face and field of a value that is no number', () => {
		const values = { face_001: audio, 'face_001:sound_volume': 'loud' };
		const problem = problemOf(() => choiceFromMapping(values, faces, true));
		expect(problem.message).toContain('face_001');
		expect(problem.message).toMatch(/volume/);
	});

	it('tells apart faces whose ids look like fields or like properties of objects', () => {
		const odd = ['a', 'a:sound_volume', 'constructor', '__proto__'].map((faceId) => ({ faceId }));
		expect(problemOf(() => choiceFromMapping({}, odd, true)).message).toMatch(/No face/);
		const values = JSON.parse('{"a:sound_volume":"https://x/1.mp3","__proto__":"https://x/2.mp3"}');
		expect(choiceFromMapping(values, odd, true)).toEqual([
			{ face_id: 'a:sound_volume', sound_file: 'https://x/1.mp3' },
			{ face_id: '__proto__', sound_file: 'https://x/2.mp3' },
		]);
	});
});

describe('the JSON', () => {
	it('may be text or an array', () => {
		expect(choiceFromJson(JSON.stringify([entry()]))).toEqual([entry()]);
		expect(choiceFromJson([entry()])).toEqual([entry()]);
	});

	it('is refused when it is malformed or no list', () => {
		expect(problemOf(() => choiceFromJson('[{')).message).toMatch(/not valid JSON/);
		for (const value of ['{}', '3', 'null', {}, undefined])
			expect(problemOf(() => choiceFromJson(value)).message).toMatch(/has to be a list/);
	});

	it('names the field that holds it', () => {
		expect(problemOf(() => parseJson('{', 'Extra')).message).toContain("'Extra'");
	});
});

describe('the check before anything is sent', () => {
	const refused = (choices: unknown[], common: Timing = {}, known: Face[] = faces) =>
		problemOf(() => checkedChoice(choices as FaceChoice[], common, known));

	it('fills in common timing where a face has none of its own', () => {
		const choices = [
			entry({ sound_volume: 0.5 }),
			entry({ face_id: 'face_002', audio_id: 'x', sound_file: undefined }),
		];
		expect(checkedChoice(choices, { sound_volume: 2, sound_insert_time: 100 }, faces)).toEqual([
			entry({ sound_volume: 0.5, sound_insert_time: 100 }),
			{ face_id: 'face_002', audio_id: 'x', sound_volume: 2, sound_insert_time: 100 },
		]);
	});

	it('keeps fields that it does not know', () => {
		expect(checkedChoice([entry({ new_field: { a: 1 } })], {})).toEqual([
			entry({ new_field: { a: 1 } }),
		]);
	});

	it.each([
		['no face', [], /No face is chosen/],
		['a face twice', [entry(), entry()], /"face_001" is chosen twice/],
		['an unknown face', [entry({ face_id: 'face_009' })], /"face_009" is not in this session/],
		['no face id', [entry({ face_id: undefined })], /no face ID/],
		['an entry that is no object', ['face_001'], /has to be an object/],
		['null', [null], /has to be an object/],
		['no audio', [{ face_id: 'face_001' }], /"face_001" has no audio/],
		['two audios', [entry({ audio_id: 'x' })], /"face_001" has two audios/],
		['an audio without http', [entry({ sound_file: 'ftp://a/b.mp3' })], /not a web address/],
		['an audio that is no text', [entry({ sound_file: 7 })], /audio of face "face_001"/],
		['a time as text', [entry({ sound_start_time: '5' })], /"sound_start_time".*number/],
		['a time that is none', [entry({ sound_start_time: NaN })], /"sound_start_time".*number/],
		['a negative time', [entry({ sound_insert_time: -1 })], /"sound_insert_time".*range: -1/],
		['too loud', [entry({ sound_volume: 2.01 })], /"sound_volume".*range: 2.01/],
		['less than silent', [entry({ original_audio_volume: -0.1 })], /"original_audio_volume"/],
		['a part of 1999 ms', [entry({ sound_start_time: 1, sound_end_time: 2000 })], /too short/],
		['an end below 2000 without a start', [entry({ sound_end_time: 1999 })], /too short/],
	])('refuses %s', (_, choices, message) => {
		const problem = refused(choices);
		expect(problem.kind).toBe('input');
		expect(problem.message).toMatch(message);
	});

	it('refuses common timing that does not fit the timing of one face', () => {
		expect(refused([entry({ sound_start_time: 9000 })], { sound_end_time: 10000 }).message).toMatch(
			/too short/,
		);
	});

	it('takes the limits themselves', () => {
		const limits = entry({
			sound_start_time: 0,
			sound_end_time: 2000,
			sound_insert_time: 0,
			sound_volume: 2,
			original_audio_volume: 0,
		});
		expect(checkedChoice([limits], {}, faces)).toEqual([limits]);
	});

	it('asks nothing of the session where its faces are not known', () => {
		expect(checkedChoice([entry({ face_id: 'whoever' })], {})).toHaveLength(1);
	});

	it('does not print endless ids into a message', () => {
		const many = Array.from({ length: 500 }, (_, index) => ({ faceId: `face_${index}` }));
		const problem = refused([entry({ face_id: 'x'.repeat(10_000) })], {}, many);
		expect((problem.message + problem.hint).length).toBeLessThan(1000);
		expect(problem.hint).toContain('and 490 more');
	});
});

describe('URLs', () => {
	it('may have blanks around them', () => {
		expect(checkedUrl(`\n ${audio} `, 'audio')).toBe(audio);
		expect(checkedUrl('HTTPS://EXAMPLE.COM/A.mp3', 'audio')).toBe('HTTPS://EXAMPLE.COM/A.mp3');
	});

	it.each(['', '  ', undefined, null, 7, {}])('are missing when they are %p', (value) => {
		expect(problemOf(() => checkedUrl(value, 'video')).message).toBe(
			'The URL of the video is missing',
		);
	});

	it.each([
		'example.com/a.mp4',
		'file:///a.mp4',
		'data:video/mp4;base64,AA',
		'https://',
		'http:///a',
	])('%s is refused', (value) => {
		expect(problemOf(() => checkedUrl(value, 'video')).message).toMatch(/not a web address/);
	});
});
