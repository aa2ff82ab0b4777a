import type { IWebhookFunctions } from 'n8n-workflow';
import type { Access } from '../../nodes/KlingLipSync/api/credential';
import { clock } from '../../nodes/KlingLipSync/clock';
import { createLimit } from '../../nodes/KlingLipSync/concurrency';
import { confirmTask } from '../../nodes/KlingLipSync/trigger/confirmTask';

const access: Access = { apiKey: 'key', baseUrl: 'https://api.example.com', revision: 'audio' };

/** An API that answers when it is told to. */
function silentApi() {
	const answers: Array<() => void> = [];
	const httpRequest = async ({ qs }: { qs: { task_id: string } }) => {
		await new Promise<void>((resolve) => answers.push(resolve));
		const data = { taskId: qs.task_id, state: 'pending' };
		return { statusCode: 200, headers: {}, body: { code: 200, data } };
	};
	const context = { helpers: { httpRequest } } as unknown as IWebhookFunctions;
	return { context, answers };
}

it('a callback that waits too long for its turn is not asked for any more', async () => {
	const { context, answers } = silentApi();
	const ask = async (taskId: string) => await confirmTask(context, access, 'place', taskId);
	const asked = Array.from({ length: 10 }, async (_, n) => await ask(`cl-${n}`));
	const tooLate = ask('cl-late');
	const start = clock.now();
	const now = jest.spyOn(clock, 'now').mockReturnValue(start + 9_000);
	for (const answer of answers) answer();
	expect(await tooLate).toMatchObject({ kind: 'unavailable' });
	now.mockRestore();
	expect(answers).toHaveLength(10);
	for (const answer of await Promise.all(asked)) expect(answer).toHaveProperty('task');
});

it('of many works only so many run at once, in the order in which they came, whatever fails', async () => {
	const limit = createLimit(2);
	const begun: number[] = [];
	const ends: Array<(error?: Error) => void> = [];
	const works = [0, 1, 2, 3].map(
		async (n) =>
			await limit(async () => {
				begun.push(n);
				await new Promise<void>((resolve, reject) =>
					ends.push((error) => (error ? reject(error) : resolve())),
				);
				return n;
			}).catch((error: Error) => error.message),
	);
	expect(begun).toEqual([0, 1]);
	ends[1](new Error('failed'));
	expect(await works[1]).toBe('failed');
	expect(begun).toEqual([0, 1, 2]);
	ends[0]();
	ends[2]();
	await works[2];
	expect(begun).toEqual([0, 1, 2, 3]);
	ends[3]();
	expect(await Promise.all(works)).toEqual([0, 'failed', 2, 3]);
	const free = limit(async () => 'free');
	expect(await free).toBe('free');
});
