import { failureOf, failuresAsProblems } from '../../nodes/KlingLipSync/task/failureAdvice';
import { inputProblem } from '../../nodes/KlingLipSync/task/problem';

const task = { taskId: 't-1', state: 'failed', model: 'kling-advanced-lip-sync' };
const FACE =
	'Use a video in which the face is large, well lit and seen from the front, then run this item again.';
const AUDIO =
	'Check the audio: mp3, wav, m4a or aac, 2–60 seconds, up to 5 MB, with at least 2 seconds of it while the face is on screen.';
const VIDEO =
	'Check the video: mp4 or mov, 2–60 seconds, 720p or 1080p, up to 100 MB, at a publicly accessible URL.';
const ANYTHING = 'Check the video and the audio of this item, then run it again.';

test.each([
	['No Face detected', FACE],
	['Audio too short', AUDIO],
	['the SOUND is silent', AUDIO],
	['video too long', VIDEO],
	['could not download it', VIDEO],
	['bad URL', VIDEO],
	['fetch failed', VIDEO],
	['internal error', ANYTHING],
])('a task that failed with "%s" comes with advice', (failMsg, advice) => {
	expect(failureOf({ task: { ...task, failMsg } }).hint).toBe(advice);
});

test('a failure names its step, the reason and the task', () => {
	const problem = failureOf({ task: { ...task, failMsg: 'No face', failCode: '1102' } });
	expect(problem.kind).toBe('taskFailed');
	expect(problem.message).toBe('Lip Sync failed: No face (task t-1)');
	expect(problem.details).toEqual({ ...task, failMsg: 'No face', failCode: '1102' });
	const identify = { ...task, model: 'kling-identify-face' };
	expect(failureOf({ task: identify }).message).toBe(
		'Identify Face failed: the API gave no reason (task t-1)',
	);
});

test('a failure names its order, and no facts that are not there', () => {
	const order = { reference: 'row 12', identifyTaskId: 't-0' };
	const problem = failureOf({ task, order });
	expect(problem.details).toEqual({ ...task, ...order });
	expect(problem.hint).toBe(ANYTHING);
});

test('only failed tasks become problems', () => {
	const completed = { task: { ...task, state: 'completed' } };
	const problem = inputProblem('A URL is missing');
	const [first, second, third] = failuresAsProblems([completed, { task }, problem]);
	expect(first).toBe(completed);
	expect(second).toMatchObject({ kind: 'taskFailed' });
	expect(third).toBe(problem);
});
