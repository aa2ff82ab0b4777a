import {
	attempt,
	attemptAsync,
	inputProblem,
	Problem,
} from '../../nodes/KlingLipSync/task/problem';

test('what others wrote is cut, but not the end of a message, where the task is named', () => {
	const whole = 'a'.repeat(1000);
	expect(inputProblem(whole, 'b'.repeat(4000))).toMatchObject({
		message: whole,
		hint: 'b'.repeat(4000),
	});
	const end = ` (task t-1)`;
	const { message, hint } = inputProblem('a'.repeat(1001) + end, 'b'.repeat(4001));
	expect(message).toBe(`${'a'.repeat(900)}…${('a'.repeat(200) + end).slice(-100)}`);
	expect(hint).toBe(`${'b'.repeat(3900)}…${'b'.repeat(100)}`);
});

test('facts are added to a problem, and replace none that it has', () => {
	const cause = new Error('socket');
	const problem = new Problem('rateLimited', 'Too many', 'Wait', { taskId: 't' }, 7000, cause);
	const more = problem.with({ taskId: 'other', state: 'pending' });
	expect({ ...more }).toEqual({ ...problem, details: { taskId: 't', state: 'pending' } });
	expect(more).toMatchObject({
		name: 'Problem',
		kind: 'rateLimited',
		message: 'Too many',
		hint: 'Wait',
		retryAfterMs: 7000,
		cause,
	});
});

describe('what is thrown is given back as a problem', () => {
	const thrown = (error: unknown) =>
		attempt(() => {
			throw error;
		}) as Problem;

	it('which it is already', () => {
		const problem = inputProblem('A URL is missing');
		expect(thrown(problem)).toBe(problem);
		expect(attempt(() => problem)).toBe(problem);
		expect(attempt(() => 7)).toBe(7);
	});

	it('with everything that n8n says about it', () => {
		const error = Object.assign(new Error('No path back'), { description: 'Check the node' });
		expect(thrown(error)).toMatchObject({
			kind: 'input',
			message: 'No path back',
			hint: 'Check the node',
			details: {},
			cause: error,
		});
	});

	it.each([
		['text', 'text'],
		[undefined, 'undefined'],
		[null, 'null'],
		[7, '7'],
		[{ message: 7, description: 7 }, '[object Object]'],
	])('even when it is no error: %p', (error, message) => {
		expect(thrown(error)).toMatchObject({ message, hint: '' });
	});

	it('by a promise, too', async () => {
		const error = new Error('later');
		const problem = await attemptAsync(async () => await Promise.reject(error));
		expect(problem).toMatchObject({ kind: 'input', message: 'later', hint: '', cause: error });
		expect(await attemptAsync(async () => await Promise.resolve(7))).toBe(7);
	});
});
