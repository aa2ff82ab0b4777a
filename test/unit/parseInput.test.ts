import { base64Of, isEmpty, parseJson, toNumber } from '../../nodes/KlingLipSync/task/parseInput';
import { inWords, shorten } from '../../nodes/KlingLipSync/task/quote';
import { problemOf } from './problemOf';

test('JSON that is malformed is refused with the name of its field', () => {
	const problem = problemOf(() => parseJson('{', 'Extra'));
	expect(problem.message).toMatch(/^'Extra' is not valid JSON: \S/);
	expect(problem.hint).toBe('Check quotes, commas and brackets.');
});

test('JSON may come as text, or as what it stands for', () => {
	const list = [1];
	expect(parseJson('[1]', 'Extra')).toEqual(list);
	expect(parseJson(list, 'Extra')).toBe(list);
});

test.each([
	['5', 5],
	[' 0.5 ', 0.5],
	[0, 0],
	['', undefined],
	['  ', undefined],
	[null, undefined],
	[undefined, undefined],
])('the number that was meant by %p is %p', (value, number) => {
	expect(toNumber(value, 'Start')).toBe(number);
	expect(isEmpty(value)).toBe(number === undefined);
});

test.each([
	['five', 'five'],
	[NaN, 'NaN'],
	['Infinity', 'Infinity'],
	[true, 'true'],
	[{ a: 1 }, '{"a":1}'],
	[Object.create(null), '{}'],
])('%p is refused as no number', (value, words) => {
	const problem = problemOf(() => toNumber(value, 'Start'));
	expect(problem.message).toBe('Start must be a number');
	expect(problem.hint).toBe(`It is "${words}".`);
	expect(inWords(value)).toBe(words);
});

test('what others wrote is quoted up to 200 characters', () => {
	expect(shorten('a'.repeat(200))).toBe('a'.repeat(200));
	expect(shorten('a'.repeat(201))).toBe(`${'a'.repeat(200)}…`);
});

describe('an audio in place of its link', () => {
	const bytes = Buffer.alloc(900, 251).toString('base64');

	test.each([
		['Base64 of some length', bytes, bytes],
		['Base64 with line breaks', `${bytes}\n${bytes}`, `${bytes}\n${bytes}`],
		['Base64 that is padded', `${bytes}AA==`, `${bytes}AA==`],
		['a data URL, however short', 'data:audio/mpeg;base64,AAAA', 'AAAA'],
		['a data URL with parameters', 'data:audio/wav;rate=8000;base64,AAAA', 'AAAA'],
	])('is %s', (_, text, base64) => expect(base64Of(text)).toBe(base64));

	test.each([
		['a link', 'https://example.com/a.mp3'],
		['a long link', `https://example.com/${'a'.repeat(2_000)}`],
		['a word', 'AAAA'],
		['1,000 characters, which are no audio', 'A'.repeat(1_000)],
		['text behind which Base64 follows', `audio: ${bytes}`],
		['Base64 behind which text follows', `${bytes}= audio!`],
		['a data URL that is not Base64', 'data:audio/mpeg,AAAA'],
		['a data URL behind other text', ' data:audio/mpeg;base64,AAAA'],
	])('is not %s', (_, text) => expect(base64Of(text)).toBeUndefined());

	test('begins at 1,001 characters', () =>
		expect(base64Of('A'.repeat(1_001))).toBe('A'.repeat(1_001)));
});
