import { orderDetails, orderOfItem, taskJson } from '../../nodes/KlingLipSync/task/itemJson';
import { Problem, problemJson } from '../../nodes/KlingLipSync/task/problem';

const lipSync = { taskId: 't-1', state: 'completed', model: 'kling-advanced-lip-sync' };
const faces = [
	{ faceId: '0', audio: 'voice.mp3', soundStartTime: 0, soundEndTime: 3000, soundInsertTime: 500 },
];

const order = {
	identifyTaskId: 't-0',
	reference: 'row 12',
	audioCutMs: 250,
	videoDuration: 8,
	faces,
};

describe('the item of a task', () => {
	it('is the task, where nothing else is known', () => {
		const task = { ...lipSync, state: 'processing' };
		expect(taskJson({ task }, false)).toEqual(task);
		expect(taskJson({ task, timedOut: false }, true)).toEqual(task);
	});

	it('tells of its order what the API does not', () => {
		expect(taskJson({ task: lipSync, order }, false)).toEqual({
			...lipSync,
			...order,
			// Two started 5 s, and the faces that were found for it.
			estimatedCostUsd: 0.0133,
		});
	});

	it("has the API's figures where there are both", () => {
		const task = { ...lipSync, videoDuration: 4 };
		expect(taskJson({ task, order: { videoDuration: 8 } }, false)).toEqual({
			...task,
			estimatedCostUsd: 0.0063,
		});
		const identify = { ...lipSync, model: 'kling-identify-face', faces: [{ faceId: '1' }] };
		expect(taskJson({ task: identify, order: { faces } }, false).faces).toEqual([{ faceId: '1' }]);
	});

	it('names no cut of nothing, and no empty reference', () => {
		expect(
			taskJson(
				{ task: lipSync, order: { audioCutMs: 0, reference: '', identifyTaskId: '' } },
				false,
			),
		).toEqual(lipSync);
	});

	it('says that its time was up, and shows the answer of the API to those who want it', () => {
		const record = { task: lipSync, raw: { code: 200 }, timedOut: true };
		expect(taskJson(record, true)).toEqual({ ...lipSync, timedOut: true, raw: { code: 200 } });
		expect(taskJson(record, false)).toEqual({ ...lipSync, timedOut: true });
	});
});

describe('the order that an earlier item tells of', () => {
	it('is read back from the item of the same task', () => {
		const json = { ...lipSync, ...order, estimatedCostUsd: 1 };
		expect(orderOfItem(json, 't-1')).toEqual(order);
		expect(orderOfItem(json, 't-2')).toBeUndefined();
	});

	it('is without fields that are something else in that item', () => {
		const json = {
			taskId: 't-1',
			identifyTaskId: 1,
			reference: { row: 12 },
			audioCutMs: '250',
			videoDuration: null,
			faces: 'two',
		};
		expect(orderOfItem(json, 't-1')).toEqual({});
	});
});

describe('the item of a problem', () => {
	it('has the message and the details with the hint, and nothing else', () => {
		const problem = new Problem('refused', 'Kling refused it', 'Do this', { taskId: 't' });
		expect(problemJson(problem)).toEqual({
			error: 'Kling refused it',
			details: { taskId: 't', hint: 'Do this' },
		});
		expect(problemJson(new Problem('refused', 'Kling refused it'))).toEqual({
			error: 'Kling refused it',
			details: {},
		});
	});

	it('names the order by its reference and the faces that were paid for it', () => {
		const order = { identifyTaskId: 't-0', reference: 'row 12', audioCutMs: 250 };
		expect(orderDetails(order)).toEqual({ identifyTaskId: 't-0', reference: 'row 12' });
		expect(orderDetails({ reference: '' })).toEqual({});
		expect(orderDetails()).toEqual({});
	});
});
