import { startEmulator } from '../emulator';
import type { EmulatorOptions } from '../emulator';
import { until } from '../engine/helpers';
import { createEngine } from '../engine/harness';
import { kling, loadPackage, NODE, TRIGGER } from '../engine/setup';
import type { NodeData } from '../engine/workflows';
import { wired } from '../engine/workflows';
import { KlingLipSyncApi } from '../../credentials/KlingLipSyncApi.credentials';
import type { Plan, Stage } from './stage';
import { identifyParameters } from './stage';

const collect = (name: string): NodeData => ({ name, type: 'test.collect' });

/** n8n's engine in this process. */
export async function openEngineStage(options: EmulatorOptions): Promise<Stage> {
	const api = await startEmulator(options);
	const engine = await createEngine({
		// What a process remembers dies with it.
		nodeTypes() {
			const { KlingLipSync, KlingLipSyncTrigger } = loadPackage();
			return { [NODE]: new KlingLipSync(), [TRIGGER]: new KlingLipSyncTrigger() };
		},
		credentialTypes: { klingLipSyncApi: new KlingLipSyncApi() },
		credentials: { apiKey: 'test-key', baseUrl: api.url },
	});
	const base = await engine.serveBinary();
	const rowOf = (execution: string) => engine.database.all().find(({ id }) => id === execution)!;

	return {
		api,

		async start({ items, parameters, settings }: Plan) {
			const { executionId } = engine.start({
				nodes: [
					kling(identifyParameters(api, parameters), settings),
					collect('Next'),
					collect('Failed'),
				],
				connections: wired({ Kling: [['Next'], ['Failed']] }),
				input: Array.from({ length: items }, (_, n) => ({ json: { n } })),
			});
			await until(() => rowOf(executionId));
			return executionId;
		},

		status: async (execution) => rowOf(execution).status,

		async arrived(execution, node) {
			const run = await engine.finished(execution);
			return run.items(node).map(({ json }) => json);
		},

		async timeIsUp(execution) {
			engine.setTimers();
			await engine.ring({ executionId: execution });
		},

		async retry(execution) {
			const { executionId } = await engine.retry({ executionId: execution });
			return executionId;
		},

		async publish() {
			const workflowId = 'published';
			await engine.publish('Trigger', {
				workflowId,
				workflow: {
					nodes: [{ name: 'Trigger', type: TRIGGER }, collect('Next')],
					connections: wired({ Trigger: [['Next']] }),
				},
			});
			const starts = async () =>
				engine.database
					.all()
					.filter(
						({ workflowData, status }) => workflowData.id === workflowId && status === 'success',
					).length;
			return { url: `${base}/webhook/${workflowId}/kling-lip-sync`, starts };
		},

		async refuse(what) {
			engine.database.refused.clear();
			if (what) engine.database.refused.add(what);
		},

		async crash() {
			for (const process of engine.processes) engine.kill(process);
			engine.startProcess('main');
		},

		async close() {
			await engine.close();
			await api.close();
		},
	};
}
