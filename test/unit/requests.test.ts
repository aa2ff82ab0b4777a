import { answerOnly } from '../../nodes/KlingLipSync/api/callbackAnswer';
import type { Access } from '../../nodes/KlingLipSync/api/credential';
import { send } from '../../nodes/KlingLipSync/api/httpRequest';
import { createTask, queryTask } from '../../nodes/KlingLipSync/api/tasks';

const MODEL = 'kling-identify-face';
const access: Access = { apiKey: 'key', baseUrl: 'https://api.example', revision: 'audio' };

/** An API that gives one answer, or fails. */
const api = (answer: { status?: number; body?: unknown } | Error) => ({
	helpers: {
		async httpRequest() {
			if (answer instanceof Error) throw answer;
			return { statusCode: answer.status ?? 200, headers: {}, body: answer.body };
		},
	},
});

const failed = (code: string) => Object.assign(new Error('it failed'), { code });

describe('a create', () => {
	const create = async (answer: Parameters<typeof api>[0]) =>
		await createTask(api(answer), access, { model: MODEL });

	it('without an answer may have been charged', async () => {
		expect(await create(failed('ECONNRESET'))).toMatchObject({
			kind: 'unanswered',
			message:
				'A task may have been created and charged, but its ID is unknown: there was no response (connection closed)',
			details: {},
		});
	});

	it('that never left was not charged', async () => {
		expect(await create(failed('ECONNREFUSED'))).toMatchObject({
			kind: 'unavailable',
			message:
				'The task was not created: https://api.example does not respond (connection refused)',
		});
	});

	it('whose answer can not be read keeps the beginning of it', async () => {
		expect(await create({ body: { code: 200, data: 'soon' } })).toMatchObject({
			kind: 'unanswered',
			message:
				"A task may have been created and charged, but its ID is unknown: the response can't be read",
			details: { answer: '{"code":200,"data":"soon"}' },
		});
	});

	it('whose answer names a task, and nothing else of it, has begun it', async () => {
		const body = { code: 200, data: { taskId: 'cl1' } };
		expect(await create({ body })).toEqual({
			task: { taskId: 'cl1', state: 'pending', model: MODEL },
			raw: body,
		});
	});
});

it('a query without an answer says so, and for which task', async () => {
	const problem = await queryTask(api(failed('ETIMEDOUT')), access, {
		taskId: 'cl1',
		model: MODEL,
	});
	expect(problem).toMatchObject({
		kind: 'unavailable',
		message:
			'The task could not be queried: https://api.example does not respond (no response in time) (task cl1)',
	});
});

describe('a key that the vendor quotes', () => {
	const quoting = async (apiKey: string) =>
		await send(
			api({ body: { msg: `no ${apiKey}`, list: [apiKey, 7], nested: { [apiKey]: null } } }),
			{ ...access, apiKey },
			'GET',
			{},
		);

	it('is left out of the answer', async () => {
		expect((await quoting('secret')).body).toEqual({
			msg: 'no ***',
			list: ['***', 7],
			nested: { '***': null },
		});
	});

	it('stays where it is too short to be told from an id', async () => {
		expect((await quoting('short')).body).toMatchObject({ msg: 'no short' });
	});
});

it('a callback is answered with a status and its reason', () => {
	const answers: unknown[] = [];
	const response = {
		status(code: number) {
			answers.push(code);
			return { json: (body: object) => answers.push(body) };
		},
	};
	const result = answerOnly({ getResponseObject: () => response } as never, 503, 'Not now');
	expect(answers).toEqual([503, { message: 'Not now' }]);
	expect(result).toEqual({ noWebhookResponse: true });
});
