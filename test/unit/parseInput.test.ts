import { isEmpty, parseJson, toNumber } from '../../nodes/KlingLipSync/task/parseInput';
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
