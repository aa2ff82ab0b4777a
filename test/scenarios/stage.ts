import type { ExecutionStatus, INode } from 'n8n-workflow';
import type { Emulator, EmulatorOptions } from '../emulator';

/** What n8n can be told to refuse, as if its database failed: to start an execution, or to let one go on. */
export type Refusal = 'start' | 'resume';

/** An execution of items through the node: Start, Items, Kling, Next, and with an error output also Failed. */
export interface Plan {
	/** How many items come in. */
	items: number;
	/** Parameters of the node, over those of an identification whose video is named by the item. */
	parameters?: Record<string, unknown>;
	/** Settings of the node. */
	settings?: Partial<Pick<INode, 'onError' | 'retryOnFail' | 'maxTries'>>;
}

/** A published workflow of a trigger and Next. */
export interface Published {
	/** Where the trigger is called. */
	url: string;
	/** How many executions it has started that are over. */
	starts(): Promise<number>;
}

/**
 * An n8n with this package and a task API, on which a scenario is played. Tasks end when the scenario says so, and
 * callbacks come when it sends them.
 */
export interface Stage {
	api: Emulator;
	/** Starts an execution: its id. */
	start(plan: Plan): Promise<string>;
	status(execution: string): Promise<ExecutionStatus>;
	/** The JSON of the items that have come to a node. */
	arrived(execution: string, node: 'Next' | 'Failed'): Promise<Array<Record<string, unknown>>>;
	/** Lets the time of a wait be over. */
	timeIsUp(execution: string): Promise<void>;
	/** A person's retry of a failed execution: the id of the new one. */
	retry(execution: string): Promise<string>;
	publish(): Promise<Published>;
	/** From now on, until it is told otherwise. */
	refuse(what?: Refusal): Promise<void>;
	/** Kills n8n and starts it again; returns when it takes calls. */
	crash(): Promise<void>;
	close(): Promise<void>;
}

/** Sets up a stage with these options of the API. */
export type OpenStage = (api: EmulatorOptions) => Promise<Stage>;

/** The video of an item. */
export const videoUrl = (api: Emulator, number: number | string): string =>
	`${api.url}/files/sample/video.mp4?n=${number}`;

/** Parameters of the node on every stage. */
export const identifyParameters = (api: Emulator, more: Plan['parameters'] = {}) => ({
	operation: 'identifyFace',
	videoUrl: `=${videoUrl(api, '{{ $json.n + 1 }}')}`,
	waitMode: 'callback',
	...more,
});
