'use strict';

/** What the harness uses of today's n8n-workflow and an older one lacks. The nodes get the older one as it is. */

const lib = require('n8n-workflow');

/** Expressions had no isolates. */
class Workflow extends lib.Workflow {
	constructor(...args) {
		super(...args);
		this.expression.acquireIsolate ??= async () => {};
		this.expression.releaseIsolate ??= async () => {};
	}
}

module.exports = {
	isExpression: (value) => typeof value === 'string' && value.startsWith('='),
	resolveNodeWebhookId() {},
	resolveWebhookDescriptionField: () => ({ resolved: false }),
	createEmptyRunExecutionData: () => ({ resultData: { runData: {} } }),
	createRunExecutionData: ({ executionData, resultData }) => ({
		startData: {},
		resultData: { runData: {}, ...resultData },
		executionData: {
			contextData: {},
			nodeExecutionStack: [],
			metadata: {},
			waitingExecution: {},
			waitingExecutionSource: {},
			...executionData,
		},
	}),
	...lib,
	Workflow,
};
