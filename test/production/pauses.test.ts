import { randomInt } from 'node:crypto';
import { useProduction } from './production';

const EXECUTIONS = 100;
const AT_ONCE = 4;

const randomTime = () => randomInt(200, 3_000);

const world = useProduction({
	identifyMs: randomTime,
	lipSyncMs: randomTime,
	callbacks: () => {
		const once = [0];
		const twiceAtOnce = [0, 0];
		const threeTimes = [0, randomTime(), randomTime()];
		return [once, twiceAtOnce, threeTimes][randomInt(3)];
	},
});

/** Identify Face and Lip Sync in a row, both paused until Kling calls back. */
const publishTwoPauses = async (name: string) =>
	await world.publishRow(
		name,
		'$json.body.items',
		world.identifyFace('Identify', { waitMode: 'callback' }),
		world.lipSync('Sync', {
			faceSource: 'identifyTask',
			identifyTaskId: '={{ $json.taskId }}',
			waitMode: 'callback',
		}),
	);

/** Executions with one, two, three items, one, two … */
async function callMany(name: string, count: number) {
	const numbers = Array.from({ length: count }, (_, index) => index);
	const callNext = async (): Promise<void> => {
		const number = numbers.shift();
		if (number === undefined) return;
		await world.call(name, { items: 1 + (number % 3) });
		await callNext();
	};
	await Promise.all(Array.from({ length: AT_ONCE }, callNext));
}

async function expectAllFinishedOnce(workflowId: string, count: number) {
	const executions = await world.allEnded(workflowId, count);
	expect(executions).toHaveLength(count);
	for (const { id } of executions)
		world.expectFinishedOnce(await world.server.execution(id), 'Identify', 'Sync');
	world.expectNothingPaidTwice();
}

describe('executions with two pauses in a row', () => {
	test('go on once each time, however often and at whichever processor Kling calls back', async () => {
		const workflowId = await publishTwoPauses('often');
		await callMany('often', EXECUTIONS);
		await expectAllFinishedOnce(workflowId, EXECUTIONS);
		const processors = world.server.proxy.passed.map(({ processor }) => processor);
		expect(new Set(processors)).toEqual(new Set([0, 1]));
		world.report(`${EXECUTIONS} executions with two pauses`);
	});

	test('go on when the proxy has answered 502 to everything for ten seconds', async () => {
		const workflowId = await publishTwoPauses('unreachable');
		await callMany('unreachable', 12);
		await world.server.proxy.answerBadGateway(10_000);
		expect(world.server.proxy.passed.map(({ status }) => status)).toContain(502);
		await expectAllFinishedOnce(workflowId, 12);
	});
});
