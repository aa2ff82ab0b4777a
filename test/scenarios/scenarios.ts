/* eslint-disable @n8n/community-nodes/require-node-api-error */
import type { OpenStage } from './stage';
import type { Story } from './play';
import { Play } from './play';

/** What a user goes through, and the story that every n8n has to tell of it. */
export interface Scenario {
	name: string;
	/** Whether the node asks by itself in this one. */
	polls?: boolean;
	play(play: Play): Promise<void>;
	story: Story;
}

const ONE_AT_A_TIME = { options: { maxConcurrency: 1 } };
/** n8n looks once a minute whether a wait is over. */
const SOON_OVER = { options: { timeoutMinutes: 0.05 } };

const ONE_START = 'the workflow was started 1 times';
const PAUSED = ['create 1: 200', 'the execution is waiting'];
const PAUSED_FOR_TWO = ['create 1: 200', 'create 2: 200', 'the execution is waiting'];
const COMES_OUT = ['the execution is success', 'Next gets completed'];
const RECOVERS = ['the execution is waiting', 'callback 1: 200', ...COMES_OUT];
const BOTH_COME_OUT = ['the execution is success', 'Next gets completed; completed'];

const STARTS_ONCE = ['callback 1: 200', ONE_START, 'callback 1: 200', ONE_START];

export const scenarios: Scenario[] = [
	{
		name: 'an execution is paused until the last of its tasks is finished',
		async play(play) {
			const execution = await play.pause({ items: 2, parameters: ONE_AT_A_TIME });
			play.finish(1);
			await play.call(1);
			await play.look(execution);
			play.finish(2);
			await play.call(2);
			await play.end(execution);
		},
		story: [
			...PAUSED_FOR_TWO,
			'query 1: 200',
			'query 2: 200',
			'callback 1: 200',
			'the execution is waiting',
			'query 2: 200',
			'callback 2: 200',
			...BOTH_COME_OUT,
		],
	},
	{
		name: 'a callback is repeated, before the task is finished, while others run, and after the end',
		async play(play) {
			const execution = await play.pause({ items: 2, parameters: ONE_AT_A_TIME });
			await play.call(1);
			play.finish(1);
			await play.call(1);
			await play.call(1);
			await play.look(execution);
			play.finish(2);
			await play.call(2);
			await play.reach(execution, 'success');
			await play.call(2);
			await play.arrived(execution);
		},
		story: [
			...PAUSED_FOR_TWO,
			'query 1: 200',
			'callback 1: 503',
			'query 1: 200',
			'query 2: 200',
			'callback 1: 200',
			'query 2: 200',
			'callback 1: 200',
			'the execution is waiting',
			'query 2: 200',
			'callback 2: 200',
			'the execution is success',
			'callback 2: 409',
			'Next gets completed; completed',
		],
	},
	{
		name: 'the caller hangs up before he is answered, and his next call lets the execution go on',
		async play(play) {
			const execution = await play.pauseForFinished();
			await play.hangUp(1);
			await play.look(execution);
			await play.call(1);
			await play.end(execution);
			await play.call(1);
		},
		story: [...PAUSED, 'the caller of 1 hangs up', 'query 1: 200', ...RECOVERS, 'callback 1: 409'],
	},
	{
		name: 'n8n can not let the execution go on, and the next callback tries again',
		async play(play) {
			const execution = await play.pauseForFinished();
			await play.stage.refuse('resume');
			await play.call(1);
			await play.recover(execution);
		},
		story: [...PAUSED, 'query 1: 200', 'callback 1: 500', ...RECOVERS],
	},
	{
		name: 'the time is up before the tasks are finished',
		async play(play) {
			const execution = await play.pause({ items: 1, parameters: SOON_OVER });
			await play.stage.timeIsUp(execution);
			await play.reach(execution, 'success');
			play.finish(1);
			await play.call(1);
			await play.arrived(execution);
		},
		story: [
			...PAUSED,
			'the execution is success',
			'callback 1: 409',
			'Next gets pending, timed out',
		],
	},
	{
		name: 'n8n crashes while an execution is paused',
		async play(play) {
			const execution = await play.pauseForFinished();
			await play.stage.crash();
			await play.look(execution);
			await play.callUntilTaken(1);
			await play.end(execution);
		},
		story: [
			...PAUSED,
			'the execution is waiting',
			'query 1: 200',
			'callback 1: 503',
			'callback 1: 200',
			...COMES_OUT,
		],
	},
	{
		name: 'a failed task leaves by the error output, the others by the regular one',
		async play(play) {
			const execution = await play.pause({
				items: 2,
				parameters: ONE_AT_A_TIME,
				settings: { onError: 'continueErrorOutput' },
			});
			play.finish(1, { state: 'failed', failMsg: 'no faces found' });
			play.finish(2);
			await play.call(1);
			await play.reach(execution, 'success');
			await play.arrived(execution, 'Next');
			await play.arrived(execution, 'Failed');
		},
		story: [
			...PAUSED_FOR_TWO,
			'query 1: 200',
			'query 2: 200',
			'callback 1: 200',
			...COMES_OUT,
			'Failed gets error: no faces found',
		],
	},
	{
		name: 'n8n runs the node again after a create was refused, and no task is paid for twice',
		async play(play) {
			play.stage.api.fail({ kind: 'status', method: 'POST', status: 402, after: 1 });
			const execution = await play.pause({
				items: 2,
				parameters: ONE_AT_A_TIME,
				settings: { retryOnFail: true, maxTries: 2 },
			});
			play.finish(1);
			play.finish(2);
			await play.call(2);
			await play.end(execution);
		},
		story: [
			'create 1: 200',
			'create 2: 402',
			'create 2: 200',
			'the execution is waiting',
			'query 2: 200',
			'query 1: 200',
			'callback 2: 200',
			...BOTH_COME_OUT,
		],
	},
	{
		name: 'a person retries an execution of which a create was refused, and what is good serves',
		polls: true,
		async play(play) {
			play.stage.api.settings.identifyMs = 0;
			play.stage.api.fail({ kind: 'status', method: 'POST', status: 402, after: 1 });
			const plan = { items: 2, parameters: { ...ONE_AT_A_TIME, waitMode: 'poll' } };
			const failed = await play.stage.start(plan);
			await play.reach(failed, 'error');
			const execution = await play.stage.retry(failed);
			await play.end(execution);
		},
		story: [
			'create 1: 200',
			'create 2: 402',
			'the execution is error',
			'create 2: 200',
			...BOTH_COME_OUT,
		],
	},
	{
		name: 'a trigger starts its workflow once, however often the vendor calls',
		async play(play) {
			const published = await play.stage.publish();
			await play.order(1);
			await play.call(1, published.url);
			await play.started(published);
			play.finish(1);
			await play.startOnce(published);
		},
		story: [
			'create 1: 200',
			'query 1: 200',
			'callback 1: 503',
			'the workflow was started 0 times',
			'query 1: 200',
			...STARTS_ONCE,
		],
	},
	{
		name: 'n8n can not start the workflow of a trigger, and the next callback does',
		async play(play) {
			const published = await play.publishForFinished();
			await play.stage.refuse('start');
			await play.call(1, published.url);
			await play.started(published);
			await play.stage.refuse();
			await play.startOnce(published);
		},
		story: [
			'create 1: 200',
			'query 1: 200',
			'callback 1: 500',
			'the workflow was started 0 times',
			'query 1: 200',
			...STARTS_ONCE,
		],
	},
	{
		name: 'the caller of a trigger hangs up, and its workflow starts once all the same',
		async play(play) {
			const published = await play.publishForFinished();
			await play.hangUp(1, published.url);
			await play.started(published, 1);
			await play.call(1, published.url);
			await play.started(published);
		},
		story: [
			'create 1: 200',
			'the caller of 1 hangs up',
			'query 1: 200',
			ONE_START,
			'callback 1: 200',
			ONE_START,
		],
	},
];

/** Plays a scenario on a stage of its own: what happened there. */
export async function tell({ play: scenario, polls = false }: Scenario, openStage: OpenStage) {
	const play = new Play(polls);
	await play.open(openStage);
	try {
		await scenario(play);
		return play.story;
	} catch (error) {
		throw new Error(`The story so far: ${play.story.join(', ')}`, { cause: error });
	} finally {
		await play.stage.close();
	}
}
