import type { IWebhookFunctions } from 'n8n-workflow';

import { signedTriggerUrl } from '../../nodes/KlingLipSync/task/signedCallbackUrl';
import { takeCallback } from '../../nodes/KlingLipSync/trigger/takeCallback';

const IDENTIFY = 'kling-identify-face';
const MODEL = 'kling-advanced-lip-sync';
const VIDEO = 'https://a.example/v.mp4';

let places = 0;
const responses: Array<{ writableEnded: boolean }> = [];
afterEach(() => {
	for (const response of responses.splice(0)) response.writableEnded = true;
});

/** A trigger of its own, with these parameters; what the API says of a task is a state or a status. */
function trigger(parameters: Record<string, unknown> = {}, says: string | number = 'completed') {
	const id = `trigger ${places++}`;
	const settings: Record<string, unknown> = {
		events: ['completed', 'failed'],
		models: [IDENTIFY, MODEL],
		options: {},
		...parameters,
	};
	const warned: string[] = [];
	/** A delivery: what the node makes of it and answers itself; n8n answers the others with `status`. */
	async function deliver(body: unknown, { query = {}, status = 200, key = 'key' as unknown } = {}) {
		const answers: Array<[number, string]> = [];
		const response = {
			writableEnded: false,
			statusCode: 200,
			status: (code: number) => ({
				json: ({ message }: { message: string }) => answers.push([code, message]),
			}),
		};
		responses.push(response);
		const context = {
			getBodyData: () => body,
			getQueryData: () => query,
			getNodeParameter: (name: string) => settings[name],
			getMode: () => 'webhook',
			getNode: () => ({ id }),
			getWorkflow: () => ({ id: 'w1' }),
			getWorkflowStaticData: () => ({}),
			getResponseObject: () => response,
			getCredentials: async () => {
				if (key instanceof Error) throw key;
				return { apiKey: key, baseUrl: 'https://api.example' };
			},
			logger: { warn: (message: string) => warned.push(message) },
			helpers: {
				async httpRequest({ qs }: { qs: { task_id: string } }) {
					if (typeof says === 'number')
						return { statusCode: says, headers: {}, body: { code: says } };
					const data = { taskId: qs.task_id, model: MODEL, state: says, resultUrls: [VIDEO] };
					return { statusCode: 200, headers: {}, body: { code: 200, data } };
				},
			},
		} as unknown as IWebhookFunctions;
		const { workflowData, webhookResponse } = await takeCallback(context);
		if (workflowData) Object.assign(response, { writableEnded: true, statusCode: status });
		return { json: workflowData?.[0][0].json, webhookResponse, answer: answers[0] };
	}
	return { deliver, warned };
}

const callback = (taskId: string, result: object = { resultUrls: [VIDEO], videoDuration: 8 }) => ({
	code: 200,
	data: { taskId, model: MODEL, state: 'completed', resultJson: JSON.stringify(result) },
});
const signed = (reference?: string, key = 'key') =>
	Object.fromEntries(
		new URL(signedTriggerUrl('https://n8n.example/webhook/w1/kling-lip-sync', key, reference))
			.searchParams,
	);

it('a finished task starts the workflow once', async () => {
	const { deliver } = trigger();
	const first = await deliver(callback('cl1'));
	expect(first.json).toMatchObject({
		taskId: 'cl1',
		state: 'completed',
		videoUrl: VIDEO,
		videoDuration: 8,
	});
	expect(first.json).not.toHaveProperty('raw');
	expect(first.webhookResponse).toEqual({ message: 'Workflow started' });
	expect((await deliver(callback('cl1'))).answer).toEqual([200, 'Already delivered']);
	expect((await deliver(callback('cl2'))).json).toMatchObject({ taskId: 'cl2' });
});

it('every delivery starts the workflow where that is wanted', async () => {
	const { deliver } = trigger({ options: { deduplicate: false, includeRaw: true } });
	for (let time = 0; time < 2; time++)
		expect((await deliver(callback('cl1'))).json).toMatchObject({ taskId: 'cl1', raw: {} });
});

it('what n8n could not start is started by the next delivery', async () => {
	const { deliver } = trigger();
	await deliver(callback('cl1'), { status: 500 });
	expect((await deliver(callback('cl1'))).json).toMatchObject({ taskId: 'cl1' });
});

it.each([{ hello: 'there' }, undefined, { data: { taskId: 'x'.repeat(201) } }])(
	'what is no callback is refused (%j)',
	async (body) => {
		const told = [400, 'This is no callback of a task'];
		expect((await trigger().deliver(body)).answer).toEqual(told);
	},
);

it.each([
	['a state', { events: ['failed'] }],
	['a kind of task', { models: [IDENTIFY] }],
])('%s that is not wanted starts nothing', async (_, parameters) => {
	const { answer } = await trigger(parameters).deliver(callback('cl1'));
	expect(answer).toEqual([200, 'Filtered by the trigger']);
});

it.each([
	['processing', 503, 'The task is not finished at the API', false],
	[404, 404, 'The API does not know this task', false],
	[503, 503, 'The task could not be confirmed yet', true],
])('what the API does not confirm (%j) starts nothing', async (says, status, told, isLogged) => {
	const { deliver, warned } = trigger({}, says);
	expect((await deliver(callback('cl1'))).answer).toEqual([status, told]);
	expect(warned.map((line) => line.slice(0, 62))).toEqual(
		isLogged ? ['Kling Lip Sync Trigger: a callback could not be confirmed: The'] : [],
	);
	if (status === 404) expect((await deliver(callback('cl1'))).answer).toEqual([status, told]);
});

it('a credential that can not be read is not the end of it', async () => {
	const { answer } = await trigger().deliver(callback('cl1'), { key: new Error('gone') });
	expect(answer).toEqual([503, 'The credential of the trigger could not be read']);
});

describe('without verification', () => {
	const unverified = () => trigger({ options: { verify: false } }, 500);

	it('only what is signed with the key is believed', async () => {
		const { deliver } = unverified();
		const told = [401, 'The signature is missing or wrong'];
		expect((await deliver(callback('cl1'))).answer).toEqual(told);
		const forged = { query: signed(undefined, 'guess') };
		expect((await deliver(callback('cl1'), forged)).answer).toEqual(told);
		expect((await deliver(callback('cl1'), { query: signed() })).json).toMatchObject({
			taskId: 'cl1',
			videoUrl: VIDEO,
		});
	});

	it('a callback has to tell a whole task', async () => {
		const { answer } = await unverified().deliver(callback('cl1', {}), { query: signed() });
		expect(answer[0]).toBe(400);
		expect(answer[1]).toContain('cl1');
	});
});

it('brings back the reference of an order, when it is signed', async () => {
	const { deliver } = trigger();
	const { json } = await deliver(callback('cl1'), { query: signed('row 7') });
	expect(json).toMatchObject({ taskId: 'cl1', reference: 'row 7' });
	const changed = { ...signed('row 7'), reference: 'row 8' };
	expect((await deliver(callback('cl2'), { query: changed })).json).not.toHaveProperty('reference');
});
