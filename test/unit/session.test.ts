import { sessionOfTask } from '../../nodes/KlingLipSync/task/session';
import type { Task } from '../../nodes/KlingLipSync/task/task';
import { problemOf as refusalOf } from './problemOf';

const HOUR = 3_600_000;
const now = 1_800_000_000_000;
const task = (more: Partial<Task> = {}): Task => ({
	taskId: 't-1',
	state: 'completed',
	model: 'kling-identify-face',
	sessionId: 's-1',
	faces: [{ faceId: 'face_001' }],
	completeTime: now - HOUR,
	...more,
});

const problemOf = (identified: Task) => refusalOf(() => sessionOfTask(identified, now));

it('is the session of a finished identification, whose model may be a newer one', () => {
	const session = { sessionId: 's-1', faces: [{ faceId: 'face_001' }] };
	expect(sessionOfTask(task(), now)).toEqual(session);
	expect(sessionOfTask(task({ model: 'kling-lip-sync-video' }), now)).toEqual(session);
});

it('lives for 24 hours, from its end or else its beginning', () => {
	const at = (completeTime?: number, createTime?: number) => task({ completeTime, createTime });
	expect(sessionOfTask(at(now - 24 * HOUR), now).sessionId).toBe('s-1');
	expect(problemOf(at(now - 24 * HOUR - 1)).message).toMatch(/more than 24 hours ago/);
	expect(sessionOfTask(at(now - 23 * HOUR, now - 25 * HOUR), now).sessionId).toBe('s-1');
	expect(problemOf(at(undefined, now - 25 * HOUR))).toMatchObject({
		message: 'The faces were found more than 24 hours ago and have expired (task t-1)',
		hint: 'Run Identify Face again and use the new task ID.',
	});
	expect(sessionOfTask(at(undefined, undefined), now).sessionId).toBe('s-1');
});

it('lives for whoever has opened it just now, whatever the clock of the vendor says', () => {
	const old = task({ completeTime: 0 });
	expect(sessionOfTask(old).sessionId).toBe('s-1');
});

it.each<[string, Partial<Task>, RegExp]>([
	['pending', { state: 'pending', sessionId: undefined, faces: undefined }, /not finished/],
	['processing', { state: 'processing', sessionId: undefined }, /not finished/],
	['processing, with a session already', { state: 'processing' }, /not finished/],
	['completed without a session', { sessionId: undefined }, /not finished/],
	['failed', { state: 'failed', failMsg: 'no faces', failCode: '7' }, /no faces/],
	['failed without a reason', { state: 'failed' }, /gave no reason/],
	['a lip sync', { model: 'kling-advanced-lip-sync', sessionId: undefined }, /not an Identify/],
	['without faces', { faces: [] }, /No face was found/],
])('is refused for a task that is %s, naming the task and what to do', (_, more, message) => {
	const problem = problemOf(task(more));
	expect(problem.kind).toBe('input');
	expect(problem.message).toMatch(message);
	expect(problem.message).toContain('t-1');
	expect(problem.hint).not.toBe('');
	expect(problem.details).toMatchObject({ taskId: 't-1', state: task(more).state });
});

it('carries the reason of a failed identification', () => {
	expect(problemOf(task({ state: 'failed', failMsg: 'no faces', failCode: '7' })).details).toEqual({
		taskId: 't-1',
		state: 'failed',
		failMsg: 'no faces',
		failCode: '7',
	});
});
