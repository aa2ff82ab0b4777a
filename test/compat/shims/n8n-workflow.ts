/** What the harness uses of today's n8n-workflow and an older one lacks. The nodes get the older one as it is. */

import * as lib from 'n8n-workflow';

/** Expressions had no isolates. */
class Workflow extends lib.Workflow {
	constructor(...args: ConstructorParameters<typeof lib.Workflow>) {
		super(...args);
		this.expression.acquireIsolate ??= async () => true;
		this.expression.releaseIsolate ??= async () => {};
	}
}

const lacking = {
	isExpression: (value: unknown) => typeof value === 'string' && value.startsWith('='),
	resolveNodeWebhookId() {},
	resolveWebhookDescriptionField: () => ({ resolved: false }),
	createEmptyRunExecutionData: () => ({ resultData: { runData: {} } }),
	createRunExecutionData: ({ executionData, resultData }: Partial<lib.IRunExecutionData>) => ({
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
};

export = { ...lacking, ...lib, Workflow };
