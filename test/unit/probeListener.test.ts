import { takesPosts } from '../../nodes/KlingLipSync/api/probeListener';

/** What is made of an answer at an address of this n8n; undefined for none. */
const answered = async (status?: number, body?: unknown, headers: object = {}) =>
	await takesPosts(
		{
			helpers: {
				async httpRequest() {
					if (status === undefined) throw new Error('no answer');
					return { statusCode: status, headers, body };
				},
			},
		},
		'https://n8n.example/webhook-test/x',
	);

const methods = (allowed: unknown) => ({ 'access-control-allow-methods': allowed });
const NOT_REGISTERED = { message: 'The requested webhook "POST x" is not registered.' };

it.each([
	['n8n says that nothing is registered', 404, NOT_REGISTERED, {}, false],
	['a proxy has no such page', 404, '<html>', {}, undefined],
	['an answer has no body', 404, null, {}, undefined],
	['another status says so', 200, NOT_REGISTERED, {}, undefined],
	['POST is allowed', 204, '', methods('OPTIONS, post'), true],
	['only GET is allowed', 204, '', methods('OPTIONS, GET'), false],
	['methods are no text', 204, '', methods(['POST']), undefined],
	['nothing is said of methods', 204, '', {}, undefined],
	['there is no answer', undefined, undefined, {}, undefined],
])('when %s', async (_, status, body, headers, expected) => {
	expect(await answered(status, body, headers)).toBe(expected);
});
