import {
	postSelfCall,
	RESUMED,
	type SelfCallOutcome,
	TOO_OLD,
} from '../../nodes/KlingLipSync/api/postSelfCall';

type Options = { url: string; method: string; body: object; timeout: number };

/** What becomes of a call that n8n answers so; an Error for one that fails. */
async function callAnswered(status: number | Error, body?: unknown) {
	const sent: Options[] = [];
	const httpRequest = async (options: Options) => {
		sent.push(options);
		if (status instanceof Error) throw status;
		return { statusCode: status, headers: {}, body };
	};
	const url = 'http://127.0.0.1:5678/webhook-waiting/1/kling-lip-sync?signature=s';
	const outcome = await postSelfCall({ helpers: { httpRequest } } as never, url, { at: 1 });
	return { outcome, sent, url };
}

const failed = (code: string) => Object.assign(new Error('it failed'), { code });
const said = (message: string) => ({ message });
const NO_WEBHOOK = 'The workflow for execution "1" does not contain a waiting webhook with a';

it.each<[SelfCallOutcome, number | Error, unknown]>([
	['goesOn', 200, said(RESUMED)],
	['outOfReach', 200, said('Hello from somebody else')],
	['outOfReach', 201, said(RESUMED)],
	['tooOld', 503, said(TOO_OLD)],
	['later', 500, said(TOO_OLD)],
	['later', 503, said('Not now')],
	['later', 500, said('Internal Server Error')],
	['wentOn', 409, said('The execution "1" is running already.')],
	['wentOn', 404, said(NO_WEBHOOK)],
	['outOfReach', 404, said('Cannot POST')],
	['outOfReach', 403, said(NO_WEBHOOK)],
	['outOfReach', 499, said('no')],
	['noAnswer', 502, '<html>'],
	['noAnswer', 503, undefined],
	['noAnswer', 504, null],
	['outOfReach', 500, {}],
	['outOfReach', 200, 'ok'],
	['noAnswer', failed('ETIMEDOUT'), undefined],
	['outOfReach', failed('ECONNREFUSED'), undefined],
])('takes for "%s" what n8n answers with %p %j', async (expected, status, body) => {
	expect((await callAnswered(status, body)).outcome).toBe(expected);
});

it('posts the body once, without following a redirect', async () => {
	const { sent, url } = await callAnswered(302, said('moved'));
	expect(sent).toEqual([
		expect.objectContaining({
			url,
			method: 'POST',
			body: { at: 1 },
			json: true,
			disableFollowRedirect: true,
			timeout: expect.any(Number),
		}),
	]);
});
