import type { IExecuteFunctions } from 'n8n-workflow';

import { resumeUrlOf } from '../../nodes/KlingLipSync/wait/resumeUrl';
import { problemOf } from './problemOf';

const toldBy = (url: unknown) =>
	({ evaluateExpression: () => url }) as unknown as IExecuteFunctions;

it('takes the URL at which n8n waits as n8n tells it', () => {
	const url = 'https://n8n.example.com/webhook-waiting/7?signature=ab';
	expect(resumeUrlOf(toldBy(url))).toBe(url);
});

it.each([undefined, null, '', 7, '/webhook-waiting/7'])(
	'says what to do where n8n tells %p in place of a URL',
	(told) => {
		const problem = problemOf(() => resumeUrlOf(toldBy(told)));
		expect(problem.message).toBe('This n8n has no URL at which Kling can call it back');
		expect(problem.hint).toBe("Set 'Wait for Result' to 'Wait in This Node'.");
	},
);
