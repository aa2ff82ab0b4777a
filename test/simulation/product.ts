import type * as CreateAndWait from '../../nodes/KlingLipSync/operations/createAndWait';
import type * as Clock from '../../nodes/KlingLipSync/clock';
import type * as PausedRuns from '../../nodes/KlingLipSync/wait/pausedRuns';
import type * as PauseTiming from '../../nodes/KlingLipSync/wait/pauseTiming';
import type * as PausedCallback from '../../nodes/KlingLipSync/wait/pausedCallback';
import type * as RunOfNode from '../../nodes/KlingLipSync/run/run';
import type * as StoredWait from '../../nodes/KlingLipSync/wait/storedWait';
import type * as WaitPlan from '../../nodes/KlingLipSync/wait/waitPlan';

const HOUSE = '../../nodes/KlingLipSync';

/** The product's code as one process of n8n has loaded it, with memory of its own. */
export interface Product {
	clock: typeof Clock.clock;
	pausedRuns: typeof PausedRuns;
	timing: typeof PauseTiming.PAUSE_TIMING;
	takePausedCallback: typeof PausedCallback.takePausedCallback;
	startRun: typeof RunOfNode.startRun;
	planWait: typeof WaitPlan.planWait;
	createAndWait: typeof CreateAndWait.createAndWait;
}

/** A fault to be put into the product, to see that the simulation finds it. */
export interface Fault {
	timing?: Partial<typeof PauseTiming.PAUSE_TIMING>;
	/** Every copy of the execution is taken for one that waits for what the URL names. */
	comparesNothing?: boolean;
	/** Several handlers of one process may return items. */
	claimsNothing?: boolean;
	/** A run behind a pause ends as soon as it can. */
	settlesNothing?: boolean;
}

/** Loads the product's code once more. */
export function loadProduct(fault: Fault = {}): Product {
	let product: Product | undefined;
	jest.isolateModules(() => {
		for (const [path, change] of changes(fault)) {
			jest.doMock(`${HOUSE}/${path}`, () => ({
				...jest.requireActual<object>(`${HOUSE}/${path}`),
				...change(),
			}));
		}
		const load = <T extends object>(path: string) => jest.requireActual<T>(`${HOUSE}/${path}`);
		product = {
			clock: load<typeof Clock>('clock').clock,
			pausedRuns: load<typeof PausedRuns>('wait/pausedRuns'),
			timing: load<typeof PauseTiming>('wait/pauseTiming').PAUSE_TIMING,
			takePausedCallback: load<typeof PausedCallback>('wait/pausedCallback').takePausedCallback,
			startRun: load<typeof RunOfNode>('run/run').startRun,
			planWait: load<typeof WaitPlan>('wait/waitPlan').planWait,
			createAndWait: load<typeof CreateAndWait>('operations/createAndWait').createAndWait,
		};
		for (const [path] of changes(fault)) jest.dontMock(`${HOUSE}/${path}`);
	});
	Object.assign(product!.timing, fault.timing);
	return product!;
}

function changes(fault: Fault): Array<[path: string, change: () => object]> {
	return [
		...(fault.comparesNothing
			? [['wait/storedWait', storedWaitOfUrl] as [string, () => object]]
			: []),
		...(fault.claimsNothing
			? [['wait/pausedRuns', () => ({ isGoingOn: () => false })] as [string, () => object]]
			: []),
		...(fault.settlesNothing
			? [
					['wait/previousPause', () => ({ settlePreviousPause: () => async () => {} })] as [
						string,
						() => object,
					],
				]
			: []),
	];
}

/** Finds the wait that the URL names among all that ever were, whatever n8n has read for the call. */
function storedWaitOfUrl(): Partial<typeof StoredWait> {
	return {
		storedWait: (context) => {
			const { wait } = context.getQueryData() as { wait: string };
			const all = context.evaluateExpression('{{ all waits }}', 0) as unknown as string[];
			return all
				.map((text) => JSON.parse(text) as ReturnType<typeof StoredWait.storedWait>)
				.find((known) => known?.marker === wait);
		},
	};
}
