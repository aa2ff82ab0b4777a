import {
	createProblem,
	excerpt,
	queryProblem,
	statusOf,
	unreachable,
} from '../../nodes/KlingLipSync/api/errorMessages';

const answer = (statusCode: number, body: unknown = {}, headers = {}) => ({
	statusCode,
	headers,
	body,
});

const CREDENTIAL = {
	kind: 'credential',
	message: 'The API does not accept the API key',
	hint: 'Open the credential, paste a valid API key of your account and save it.',
};
const COMMON: Array<[number, object]> = [
	[401, CREDENTIAL],
	[403, CREDENTIAL],
	[
		402,
		{
			kind: 'credits',
			message: 'The account has no credits left',
			hint: 'Top up the account of this API key, then run the workflow again. Nothing was charged for this item.',
		},
	],
	[
		429,
		{
			kind: 'rateLimited',
			message: 'The API is receiving too many requests (HTTP 429)',
			hint: "Try again later, or lower the option 'Max Concurrency'. Nothing was created.",
			retryAfterMs: 7000,
		},
	],
	[
		302,
		{
			kind: 'refused',
			message: 'The Base URL redirects to https://elsewhere.example/',
			hint: 'If you trust that address, enter it as the Base URL in the credential. The key is not sent along a redirect.',
		},
	],
];
const HEADERS = { 'retry-after': '7', location: 'https://elsewhere.example/' };

describe('a create', () => {
	it.each(COMMON)('that is answered %i means the same as any request', (status, problem) => {
		expect(createProblem(status, answer(status, {}, HEADERS))).toMatchObject({
			...problem,
			details: { httpCode: status },
		});
	});

	it.each([
		[400, 'The API refused the request: bad face', "Check this item's video, session, faces and"],
		[404, 'The API responded with code 404: bad face', 'Check the Base URL in the credential.'],
		[409, 'The API responded with code 409: bad face', "Check this item's video, session, faces"],
		[499, 'The API responded with code 499: bad face', "Check this item's video, session, faces"],
	])(
		'that is answered %i was refused for the reason that the vendor gives',
		(status, message, hint) => {
			const problem = createProblem(status, answer(status, { msg: 'bad face' }));
			expect(problem).toMatchObject({
				kind: 'refused',
				message,
				details: { httpCode: status, vendorMessage: 'bad face' },
			});
			expect(problem.hint).toContain(hint);
			expect(problem.hint).toMatch(/Nothing was (created|charged)\.$/);
			const silent = createProblem(status, answer(status));
			expect(silent.message).toBe(message.replace(': bad face', ''));
			expect(silent.details).toEqual({ httpCode: status });
		},
	);

	it.each([
		[500, 'the API responded with HTTP 500'],
		[503, 'the API responded with HTTP 503'],
		[200, 'the API responded with code 200'],
		[299, 'the API responded with code 299'],
	])('that is answered %i may have led to a task', (status, told) => {
		expect(createProblem(status, answer(status, { message: 'oops' }))).toMatchObject({
			kind: 'unanswered',
			message: `A task may have been created and charged, but its ID is unknown: ${told}: oops`,
			hint: "The request was not repeated, so that you don't pay twice. Check your account before you run this item again.",
			details: { httpCode: status, vendorMessage: 'oops' },
		});
	});
});

describe('a query', () => {
	it.each(COMMON)('that is answered %i means the same, and names the task', (status, problem) => {
		const { message } = problem as { message: string };
		expect(queryProblem(status, answer(status, {}, HEADERS), 'cl1')).toMatchObject({
			...problem,
			message: `${message} (task cl1)`,
			details: { httpCode: status, taskId: 'cl1' },
		});
	});

	it('that is answered 404 says that the API does not know the task', () => {
		expect(queryProblem(404, answer(404, { msg: 'gone' }), 'cl1')).toMatchObject({
			kind: 'unknownTask',
			message: 'The API does not know task cl1',
			hint: 'Check the task ID, and that the credential belongs to the account that created the task.',
			details: { taskId: 'cl1', httpCode: 404, vendorMessage: 'gone' },
		});
	});

	it.each([
		[408, 'unavailable', 'The API has a problem at the moment. The task is not lost'],
		[500, 'unavailable', 'The API has a problem at the moment. The task is not lost'],
		[400, 'refused', 'Check the task ID.'],
		[418, 'refused', 'Check the task ID.'],
	])('that is answered %i tells whether it may pass', (status, kind, hint) => {
		const problem = queryProblem(status, answer(status, { msg: 'no' }), 'cl1');
		expect(problem).toMatchObject({
			kind,
			message: 'The task could not be queried: no (task cl1)',
			details: { taskId: 'cl1', httpCode: status, vendorMessage: 'no' },
		});
		expect(problem.hint).toContain(hint);
		expect(queryProblem(status, answer(status, 'no JSON'), 'cl1').message).toBe(
			`The task could not be queried: HTTP ${status} (task cl1)`,
		);
	});
});

it('takes an envelope at its word only where HTTP says that all is well', () => {
	const told = [
		answer(200, { code: 402 }),
		answer(200, { code: '404' }),
		answer(200, { code: 200 }),
		answer(200, { code: 4.5 }),
		answer(200, { code: 'busy' }),
		answer(200, 'text'),
		answer(200, null),
		answer(500, { code: 402 }),
		answer(201, { code: 402 }),
	].map((response) => statusOf(response));
	expect(told).toEqual([402, 404, 200, 200, 200, 200, 200, 500, 201]);
});

it('quotes no more than the beginning of what the vendor says, and nothing but text', () => {
	const reasonOf = (body: unknown) =>
		queryProblem(500, answer(500, body), 'cl1').details.vendorMessage;
	expect(reasonOf({ msg: 'x'.repeat(600) })).toBe('x'.repeat(500));
	expect(reasonOf({ msg: 'this', message: 'not that' })).toBe('this');
	for (const body of [{ msg: 7 }, { msg: { text: 'no' } }, {}, null, undefined, 'text'])
		expect(reasonOf(body)).toBeUndefined();
});

it('keeps the beginning of an answer that can not be read', () => {
	expect(excerpt('<html>')).toBe('<html>');
	expect(excerpt({ a: 1 })).toBe('{"a":1}');
	expect(excerpt(undefined)).toBe('');
	expect(excerpt('x'.repeat(600))).toBe('x'.repeat(500));
	expect(excerpt(['y'.repeat(600)])).toBe(`["${'y'.repeat(498)}`);
});

it('says which address does not respond, and for which task', () => {
	const access = { apiKey: 'k', baseUrl: 'https://api.example', revision: 'audio' as const };
	const error = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
	expect(unreachable(error, access, 'The task was not created', {})).toMatchObject({
		kind: 'unavailable',
		message: 'The task was not created: https://api.example does not respond (connection refused)',
		hint: 'Check the Base URL in the credential and the network of this n8n, or try again later.',
	});
	expect(unreachable(error, access, 'No', { taskId: 'cl1' }).message).toMatch(/\(task cl1\)$/);
});

it('says where a redirect leads as far as it is told', () => {
	const to = (location?: string) => createProblem(308, answer(308, {}, { location })).message;
	expect(to()).toBe('The Base URL redirects to another address');
	expect(to('z'.repeat(300))).toBe(`The Base URL redirects to ${'z'.repeat(200)}`);
	const redirects = [299, 300, 399, 400].filter((status) =>
		createProblem(status, answer(status)).message.includes('redirects'),
	);
	expect(redirects).toEqual([300, 399]);
});
