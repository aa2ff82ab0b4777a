import { estimateCostUsd } from '../../nodes/KlingLipSync/task/price';
import { callbackTaskId, readCallback, readTask } from '../../nodes/KlingLipSync/task/readTask';
import type { Task } from '../../nodes/KlingLipSync/task/task';
import { isIdentify, isTerminal, kindOf } from '../../nodes/KlingLipSync/task/task';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import { problemOf } from './problemOf';

const IDENTIFY = 'kling-identify-face';
const LIP_SYNC = 'kling-advanced-lip-sync';
const envelope = (data: unknown) => ({ code: 200, msg: 'success', data });

const faceData = {
	session_id: 's-1',
	face_list: [
		{ face_id: 'face_001', face_reference: 'https://f/1.jpg', start_time: 0, end_time: 5200 },
		{ face_id: 'face_002', face_reference: 'https://f/2.jpg' },
	],
};
const faces = [
	{ faceId: 'face_001', faceReference: 'https://f/1.jpg', startTime: 0, endTime: 5200 },
	{ faceId: 'face_002', faceReference: 'https://f/2.jpg' },
];
const times = { createTime: 1_790_000_000_000, completeTime: 1_790_000_008_000, costTime: 8000 };

describe('one task, whatever path it came by', () => {
	it('reads the answer to a create', () => {
		const answer = envelope({ taskId: 't-1', state: 'pending', model: LIP_SYNC });
		expect(readTask(answer)).toEqual({ taskId: 't-1', state: 'pending', model: LIP_SYNC });
	});

	it('gives a finished identification the same shape from query, callback and newer revision', () => {
		const wanted = {
			taskId: 't-1',
			state: 'completed',
			model: IDENTIFY,
			sessionId: 's-1',
			faces,
			faceCount: 2,
			estimatedCostUsd: 0.0007,
			...times,
		};
		const task = { taskId: 't-1', state: 'completed', model: IDENTIFY, ...times };
		const newer = { sessionId: 's-1', faceList: faces };
		const shapes = [
			{ ...task, faceData },
			{ ...task, faceData: JSON.stringify(faceData) },
			{ ...task, model: `kling-video/${IDENTIFY}`, resultJson: JSON.stringify(faceData) },
			{ ...task, resultJson: JSON.stringify(newer), param: '{"video_url":"https://v"}' },
			{ ...task, resultJson: newer },
			{ ...task, resultJson: JSON.stringify({ faceData }) },
			{ ...task, ...faceData },
			{ task_id: 't-1', state: 'COMPLETED', model: IDENTIFY, faceData, ...times },
		];
		for (const shape of shapes) expect(readTask(envelope(shape))).toEqual(wanted);
	});

	it('gives a finished lip sync the same shape from query, callback and newer revision', () => {
		const resultUrls = ['https://r/a.mp4', 'https://r/b.mp4'];
		const wanted = {
			taskId: 't-2',
			state: 'completed',
			model: LIP_SYNC,
			videoUrl: 'https://r/a.mp4',
			resultUrls,
			videoDuration: 8,
			estimatedCostUsd: 0.0126,
		};
		const task = { taskId: 't-2', state: 'completed', model: LIP_SYNC };
		const nulls = { failCode: null, failMsg: null, costTime: null };
		const resultJson = JSON.stringify({ resultUrls, videoDuration: 8 });
		const shapes = [
			{ ...task, resultUrls, videoDuration: 8 },
			{ ...task, ...nulls, model: `kling-video/${LIP_SYNC}`, resultJson },
			{ ...task, resultJson: JSON.stringify({ result_urls: resultUrls, video_duration: '8' }) },
			{ ...task, resultUrls: JSON.stringify(resultUrls), resultJson },
		];
		for (const shape of shapes) expect(readTask(envelope(shape))).toEqual(wanted);
	});

	it('reads faces that the newer revision gives as bare ids', () => {
		const newer = (result: object) =>
			readTask(
				envelope({
					taskId: 't',
					state: 'completed',
					model: 'kling-identify-face',
					resultJson: JSON.stringify({ sessionId: 's', ...result }),
				}),
			).faces;
		expect(newer({ faceId: 'a' })).toEqual([{ faceId: 'a' }]);
		expect(newer({ faceId: ['a', 'b'] })).toEqual([{ faceId: 'a' }, { faceId: 'b' }]);
		expect(newer({ faces: [{ faceId: 7 }] })).toEqual([{ faceId: '7' }]);
	});

	it('says why a task failed, and leaves out what the vendor left null', () => {
		const failed = { taskId: 't', model: LIP_SYNC, state: 'failed', failMsg: 'no audio' };
		const wanted = { taskId: 't', model: LIP_SYNC, state: 'failed', failMsg: 'no audio' };
		for (const resultJson of [null, '{"resultUrls":[]}', undefined, 'null', 'not json']) {
			expect(readTask(envelope({ ...failed, failCode: null, resultJson }))).toEqual(wanted);
		}
		expect(readTask(envelope({ ...failed, failCode: 1102 }))).toEqual({
			...wanted,
			failCode: '1102',
		});
	});

	it('has no reason of failure and no result before the end', () => {
		const task = readTask(
			envelope({
				taskId: 't',
				model: LIP_SYNC,
				state: 'processing',
				resultUrls: [],
				failMsg: '',
				resultJson: null,
			}),
		);
		expect(task).toEqual({ taskId: 't', model: LIP_SYNC, state: 'processing' });
	});

	it('keeps every field of a face in camel case, but no empty ones', () => {
		const task = readTask(
			envelope({
				taskId: 't',
				state: 'completed',
				model: IDENTIFY,
				faceData: {
					session_id: 829418374651,
					face_list: [
						{
							face_id: 'face_001',
							face_reference: '',
							bounding_box: { left_x: 1 },
							is_main: false,
							start_time: 0,
							confidence_2d: 0.5,
							note: null,
						},
						null,
						'face_002',
						{ face_reference: 'https://no.id' },
					],
				},
			}),
		);
		expect(task.sessionId).toBe('829418374651');
		expect(task.faces).toEqual([
			{
				faceId: 'face_001',
				boundingBox: { left_x: 1 },
				isMain: false,
				startTime: 0,
				confidence2d: 0.5,
			},
			{ faceId: 'face_002' },
		]);
		expect(task.faceCount).toBe(2);
	});

	it('is not led astray by a face field called __proto__', () => {
		const hostile = JSON.parse(
			'{"session_id":"s","face_list":[{"face_id":"a","__proto__":{"polluted":1}},{"face_id":"__proto__"}]}',
		);
		const task = readTask(
			envelope({ taskId: 't', state: 'completed', model: IDENTIFY, faceData: hostile }),
		);
		expect(task.faces?.map(({ faceId }) => faceId)).toEqual(['a', '__proto__']);
		expect(({} as Record<string, unknown>).polluted).toBeUndefined();
	});

	it('uses what is known of the task where the answer does not say it', () => {
		const hint = { taskId: 't', model: LIP_SYNC };
		expect(readTask(envelope({ state: 'pending' }), hint)).toEqual({ ...hint, state: 'pending' });
	});
});

describe("the words of Kling's own reference and of services in between", () => {
	const kling = {
		task_id: 't-1',
		model: IDENTIFY,
		session_id: 's-1',
		face_data: [
			{ face_id: 0, face_image: 'https://f/1.jpg', start_time: 0, end_time: 5200 },
			{ face_id: 1, face_image: '' },
		],
	};

	it('name the list and the picture of a face otherwise, and number the faces', () => {
		expect(readTask(envelope({ ...kling, state: 'succeed' }))).toMatchObject({
			state: 'completed',
			sessionId: 's-1',
			faceCount: 2,
			faces: [
				{ faceId: '0', faceReference: 'https://f/1.jpg', startTime: 0, endTime: 5200 },
				{ faceId: '1' },
			],
		});
	});

	it.each(['succeed', 'succeeded'])('%s without a result is not known to be finished', (state) => {
		const task = readTask(envelope({ taskId: 't', state, model: LIP_SYNC }));
		expect(task).toEqual({ taskId: 't', state, model: LIP_SYNC });
		expect(isTerminal(task)).toBe(false);
		const video = { taskId: 't', state, model: LIP_SYNC, resultUrls: ['https://v/1.mp4'] };
		expect(readTask(envelope(video))).toMatchObject({
			state: 'completed',
			videoUrl: 'https://v/1.mp4',
		});
	});

	it.each(['submitted', 'queued', 'running', 'paused'])(
		'%s is a task that is not known to be finished, and is shown',
		(state) => {
			const task = readTask(envelope({ taskId: 't', state: state.toUpperCase(), model: LIP_SYNC }));
			expect(task.state).toBe(state);
			expect(isTerminal(task)).toBe(false);
		},
	);

	it('may tell times in seconds', () => {
		const task = { taskId: 't', state: 'pending', model: LIP_SYNC, createTime: 1_790_000_000 };
		expect(readTask(envelope(task)).createTime).toBe(1_790_000_000_000);
	});
});

describe('answers that are no task', () => {
	const completed = { taskId: 't', state: 'completed' };
	it.each([
		['nothing', undefined],
		['null', null],
		['a page', '<html></html>'],
		['a list', [1]],
		['no data', { code: 200, msg: 'success' }],
		['data that is text', envelope('ok')],
		['no task id', envelope({ state: 'pending', model: LIP_SYNC })],
		['no state', envelope({ taskId: 't', model: LIP_SYNC })],
		['a state that is no text', envelope({ taskId: 't', state: {}, model: LIP_SYNC })],
		[
			'an identification without a list of faces',
			envelope({ ...completed, model: IDENTIFY, faceData: { session_id: 's' } }),
		],
		['faces without a session', envelope({ ...completed, model: IDENTIFY, resultJson: '{}' })],
		['a finished task without a video', envelope({ ...completed, model: LIP_SYNC })],
		['a video that is no URL', envelope({ ...completed, model: LIP_SYNC, resultUrls: ['x', 1] })],
	])('%s is a Problem that says so', (_, body) => {
		const problem = problemOf(() => readTask(body));
		expect(problem).toBeInstanceOf(Problem);
		expect(problem.kind).toBe('malformed');
		expect(problem.message).toMatch(/can't be read/);
		expect(problem.hint).not.toBe('');
	});

	it.each([
		['it contains no task', { code: 200 }],
		['it contains no task ID', envelope({ state: 'pending' })],
		['it contains no state (task t)', envelope({ taskId: 't', state: ' ' })],
		[
			'the finished task names no session (task t)',
			envelope({ ...completed, model: IDENTIFY, faceData: { face_list: [] } }),
		],
		[
			'the finished task holds no list of faces (task t)',
			envelope({ ...completed, model: IDENTIFY, faceData: { session_id: 's' } }),
		],
		['the finished task names no video (task t)', envelope({ ...completed, model: LIP_SYNC })],
	])('is told what is wrong: %s', (what, body) => {
		const problem = problemOf(() => readTask(body));
		expect(problem.message).toBe(`The response of the API can't be read: ${what}`);
		const isKnown = what.endsWith('(task t)');
		expect(problem.hint).toBe(
			isKnown
				? 'The task is not lost: retrieve it later with Get Task.'
				: 'Check the Base URL in the credential, then look for an update of this node package.',
		);
		expect(problem.details).toEqual(isKnown ? { taskId: 't' } : {});
	});

	it('names the task that was asked for, and refuses the answer about another one', () => {
		const other = envelope({ taskId: 'other', state: 'pending', model: LIP_SYNC });
		const problem = problemOf(() => readTask(other, { taskId: 'mine' }));
		expect(problem.message).toContain('mine');
		expect(problem.message).toContain('other');
		expect(problem.details.taskId).toBe('mine');
	});
});

describe('callbacks', () => {
	it('are taken only for finished tasks', () => {
		const callback = (state: string) =>
			envelope({ taskId: 't', state, model: `kling-video/${LIP_SYNC}`, failMsg: 'x' });
		expect(readCallback(callback('failed'))).toMatchObject({ state: 'failed', model: LIP_SYNC });
		expect(problemOf(() => readCallback(callback('processing'))).message).toMatch(/not finished/);
	});

	it('name their task, whatever else they say', () => {
		expect(callbackTaskId(envelope({ taskId: ' t ' }))).toBe('t');
		expect(callbackTaskId(envelope({ task_id: 't' }))).toBe('t');
		for (const body of [
			undefined,
			null,
			'',
			'x',
			[],
			{},
			envelope(null),
			envelope({}),
			envelope([]),
		])
			expect(callbackTaskId(body)).toBeUndefined();
		expect(callbackTaskId(envelope({ taskId: { $ne: 1 } }))).toBeUndefined();
	});
});

it('knows the end of a task and the step it belongs to', () => {
	const states = ['pending', 'processing', 'completed', 'failed'] as const;
	const terminal = states.filter((state) => isTerminal({ state }));
	expect(terminal).toEqual(['completed', 'failed']);
	expect(
		[IDENTIFY, LIP_SYNC, 'kling-lip-sync-video'].map((model) => isIdentify({ model })),
	).toEqual([true, false, false]);
});

describe('the estimated price', () => {
	it.each([
		[0.5, 0.0063],
		[5, 0.0063],
		[5.01, 0.0126],
		[8, 0.0126],
		[10, 0.0126],
		[60, 0.0756],
	])('of a lip sync of %p s is $%p', (videoDuration, price) => {
		expect(estimateCostUsd({ model: LIP_SYNC, state: 'completed', videoDuration })).toBe(price);
	});

	it.each([
		[5, 0.065],
		[5.01, 0.13],
	])('of a lip sync of %p s is $%p in the newer revision', (videoDuration, price) => {
		const task = { model: 'kling-lip-sync-video', state: 'completed', videoDuration };
		expect(estimateCostUsd(task as Task)).toBe(price);
	});

	it('of an identification is that of a call', () => {
		expect(estimateCostUsd({ model: IDENTIFY, state: 'completed' })).toBe(0.0007);
	});

	it('is absent where it can not be known', () => {
		expect(estimateCostUsd({ model: LIP_SYNC, state: 'completed' })).toBeUndefined();
		expect(estimateCostUsd({ model: LIP_SYNC, state: 'failed', videoDuration: 5 })).toBeUndefined();
		const unknown = envelope({
			taskId: 't',
			state: 'completed',
			model: LIP_SYNC,
			resultJson: '{"resultUrls":["https://r/a.mp4"]}',
		});
		expect(readTask(unknown)).not.toHaveProperty('estimatedCostUsd');
		expect(readTask(unknown)).not.toHaveProperty('videoDuration');
	});
});

test.each([
	['kling-identify-face', IDENTIFY],
	['kling-identify-face-v2', IDENTIFY],
	['kling-lip-sync-video', LIP_SYNC],
	[LIP_SYNC, LIP_SYNC],
])('a task of the model %s is of the kind %s, whatever the revision', (model, kind) =>
	expect(kindOf({ model })).toBe(kind),
);
