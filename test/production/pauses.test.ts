import { randomInt } from 'node:crypto';
import { until } from '../server/client';
import { useProduction } from './production';

const EXECUTIONS = 100;
/** As many as two cores can take: more at once would test how n8n works off a flood. */
const UNDER_WAY = 16;
const PATIENCE_MS = 900_000;

/** In ms. */
const randomTime = () => randomInt(200, 3_000);

/** How many callbacks there are, not counting those that are sent again for want of a 200. */
let told = 0;

const world = useProduction('Two pauses in a row', {
	identifyMs: randomTime,
	lipSyncMs: randomTime,
	callbacks: () => {
		const once = [0];
		const twiceAtOnce = [0, 0];
		const threeTimes = [0, randomTime(), randomTime()];
		const times = [once, twiceAtOnce, threeTimes][randomInt(3)];
		told += times.length;
		return times;
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
async function callMany(workflowId: string, name: string, count: number) {
	for (let number = 0; number < count; number++) {
		await until(
			async () => (await world.underWay(workflowId)) < UNDER_WAY,
			PATIENCE_MS,
			() => `After ${number} calls none of the last ${UNDER_WAY} executions ends`,
		);
		await world.call(name, { items: 1 + (number % 3) });
	}
}

async function expectAllFinishedOnce(workflowId: string, count: number) {
	await world.allEnded(workflowId, count);
	const arrived = () => world.api.deliveries.filter(({ attempt }) => attempt === 1).length;
	await until(
		() => arrived() >= told,
		PATIENCE_MS,
		() => `${arrived()} of ${told} callbacks have come`,
	);
	const executions = await world.allEnded(workflowId, count);
	expect(executions).toHaveLength(count);
	for (const { id } of executions)
		world.expectFinishedOnce(await world.server.execution(id), 'Identify', 'Sync');
	world.expectNothingPaidTwice();
}

describe('executions with two pauses in a row', () => {
	test('go on once each time, however often and at whichever processor Kling calls back', async () => {
		const workflowId = await publishTwoPauses('often');
		await callMany(workflowId, 'often', EXECUTIONS);
		await expectAllFinishedOnce(workflowId, EXECUTIONS);
		const [one, other] = world.server.proxy.answered;
		expect(Math.min(one, other)).toBeGreaterThan(EXECUTIONS);
	});

	test('go on when the proxy has answered 502 to everything for ten seconds', async () => {
		const workflowId = await publishTwoPauses('unreachable');
		for (let call = 0; call < UNDER_WAY; call++) await world.call('unreachable', { items: 2 });
		await world.server.proxy.answerBadGateway(10_000);
		expect(world.server.proxy.answered.at(-1)).toBeGreaterThan(0);
		await expectAllFinishedOnce(workflowId, UNDER_WAY);
	});
});
