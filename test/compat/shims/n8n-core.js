'use strict';

/** What the harness uses of today's n8n-core and an older one has in another form. */

const core = require('n8n-core');

class ExecutionLifecycleHooks extends core.ExecutionLifecycleHooks {
	constructor(...args) {
		super(...args);
		// Where the server worked out the status of a failed execution itself.
		this.addHandler('workflowExecuteAfter', (run) => {
			if (run.status === 'running' && run.data.resultData.error) run.status = 'error';
		});
	}
}

class FileLocation {
	static ofExecution(workflowId, executionId) {
		return Object.assign(new FileLocation(), { workflowId, executionId });
	}
}

if (!core.FileLocation) {
	const { store } = core.BinaryDataService.prototype;
	core.BinaryDataService.prototype.store = async function (where, ...rest) {
		const ids = where instanceof FileLocation ? [where.workflowId, where.executionId] : [where];
		return await store.call(this, ...ids, ...rest);
	};
}

module.exports = { FileLocation, ...core, ExecutionLifecycleHooks };
