import { isTool, mostTries, textForAgent } from '../../nodes/KlingLipSync/run/agentTool';
import { type Caller, toolContext } from './toolContext';

describe('an agent', () => {
	it.each<[boolean, Caller]>([
		[true, { tool: true }],
		[true, { tool: false, type: 'klingLipSyncTool' }],
		[true, { type: 'klingLipSyncTool' }],
		[false, { tool: false }],
		[false, {}],
		[false, { type: 'klingLipSyncToolbox' }],
	])('is who the node works for (%j) where n8n says %j', (expected, situation) => {
		expect(isTool(toolContext(situation))).toBe(expected);
	});

	it.each([
		[3, { retryOnFail: true }, {}],
		[2, { retryOnFail: true, maxTries: 1 }, {}],
		[4, { retryOnFail: true, maxTries: 4 }, {}],
		[5, { retryOnFail: true, maxTries: 9 }, {}],
		[1, { retryOnFail: false, maxTries: 4 }, {}],
		[1, { maxTries: 4 }, {}],
		[1, { retryOnFail: true }, { tool: false }],
		[1, { retryOnFail: true }, { continues: true }],
	])('is tried %i times with %j, %j', (tries, settings, more) => {
		expect(mostTries(toolContext({ tool: true, node: settings, ...more }))).toBe(tries);
	});

	it('is told what happened and what to do', () => {
		expect(textForAgent('No face', 'Take another video.')).toBe('No face. Take another video.');
		expect(textForAgent('No face', '')).toBe('No face');
	});
});
