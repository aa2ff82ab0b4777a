/** What the harness uses of today's n8n-core and an older one has in another form. */

import * as core from 'n8n-core';

class ExecutionLifecycleHooks extends core.ExecutionLifecycleHooks {
	constructor(...args: ConstructorParameters<typeof core.ExecutionLifecycleHooks>) {
		super(...args);
		// Where the server worked out the status of a failed execution itself.
		this.addHandler('workflowExecuteAfter', (run) => {
			if (run.status === 'running' && run.data.resultData.error) run.status = 'error';
		});
	}
}

class FileLocation {
	constructor(
		readonly workflowId: string,
		readonly executionId: string,
	) {}

	static ofExecution(workflowId: string, executionId: string) {
		return new FileLocation(workflowId, executionId);
	}
}

if (!core.FileLocation) {
	// The place came as two arguments.
	type Store = (...args: unknown[]) => Promise<unknown>;
	const service = core.BinaryDataService.prototype as unknown as { store: Store };
	const { store } = service;
	service.store = async function (where, ...rest) {
		const ids = where instanceof FileLocation ? [where.workflowId, where.executionId] : [where];
		return await store.call(this, ...ids, ...rest);
	};
}

export = { ...core, FileLocation: core.FileLocation ?? FileLocation, ExecutionLifecycleHooks };
