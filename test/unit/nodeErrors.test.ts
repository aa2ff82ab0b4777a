import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { nodeError } from '../../nodes/KlingLipSync/run/nodeErrors';
import { attempt, Problem } from '../../nodes/KlingLipSync/task/problem';

const node = {
	id: '1',
	name: 'Kling',
	type: 'n8n-nodes-kling-lip-sync.klingLipSync',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
} as INode;
const CREATED = 'Tasks already created by this run, which Get Task retrieves: cl1.';

const thrown = (error: Error): Problem =>
	attempt(() => {
		throw error;
	}) as Problem;

describe("an error of n8n's own", () => {
	const own = (description?: string) =>
		new NodeOperationError(node, 'There is no such field', { description });

	it('is given on as it is, with its item', () => {
		const cause = own('Look again.');
		expect(nodeError(node, thrown(cause), 3)).toBe(cause);
		expect(cause).toMatchObject({ description: 'Look again.', context: { itemIndex: 3 } });
	});

	it('keeps the item that it names', () => {
		const cause = new NodeOperationError(node, 'No', { itemIndex: 7 });
		expect(nodeError(node, thrown(cause), 3).context.itemIndex).toBe(7);
	});

	it.each([
		['Look again.', `Look again. ${CREATED}`],
		[undefined, CREATED],
	])('tells the tasks that exist besides what it says (%j)', (said, told) => {
		expect(nodeError(node, thrown(own(said)), 0, ['cl1']).description).toBe(told);
	});
});

describe('a problem', () => {
	it('becomes a message, advice and the tasks that exist besides its own', () => {
		const problem = new Problem('input', 'No face', 'Take another video.', { taskId: 'cl0' });
		const error = nodeError(node, problem, 2, ['cl0', 'cl1']);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toBe('No face');
		expect(error.description).toBe(`Take another video. ${CREATED}`);
		expect(error.context.itemIndex).toBe(2);
	});

	it('without advice tells the tasks alone, or nothing', () => {
		const problem = new Problem('input', 'No face');
		expect(nodeError(node, problem, 0, ['cl1']).description).toBe(CREATED);
		expect(nodeError(node, problem, 0).description).toBeFalsy();
	});

	it('of HTTP keeps the status and its own words, codes too', () => {
		const problem = new Problem('unavailable', 'It ended: ECONNRESET', 'Wait.', { httpCode: 503 });
		const error = nodeError(node, problem, 1);
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error).toMatchObject({
			message: 'It ended: ECONNRESET',
			description: 'Wait.',
			httpCode: '503',
			context: { itemIndex: 1 },
		});
	});

	it('is not taken for a canceled execution', () => {
		const problem = new Problem('download', 'It was canceled, canceled again');
		expect(nodeError(node, problem, 0).message).toBe('It was cancelled, cancelled again');
	});

	it('is told to an agent in one text', () => {
		const tool = { ...node, type: `${node.type}Tool` };
		const problem = new Problem('input', 'No face', 'Take another video.');
		const error = nodeError(tool, problem, 0);
		expect(error.message).toContain('No face');
		expect(error.message).toContain('Take another video.');
		expect(error.description).toBeUndefined();
	});
});
