import type { IBinaryKeyData, INodeExecutionData, IRun, IRunExecutionData } from 'n8n-workflow';

/** What a face is in an item, by the contract of the node. */
export interface FaceJson {
	faceId: string;
	faceReference: string;
	startTime: number;
	endTime: number;
}

/** The fields of an item as the contract of the node names them; a test reads those that it expects. */
export interface ItemJson {
	[field: string]: unknown;
	taskId: string;
	state: string;
	model: string;
	sessionId: string;
	identifyTaskId: string;
	faces: FaceJson[];
	face: FaceJson;
	faceCount: number;
	videoUrl: string;
	timedOut: boolean;
	error: string;
	details: Record<string, unknown>;
	raw: { data: Record<string, unknown> };
}

/** An item as a test reads it. */
export type Item<Json = ItemJson> = Omit<INodeExecutionData, 'json' | 'binary'> & {
	json: Json;
	binary: IBinaryKeyData;
};

/** The error that ended an execution, as far as tests read it. */
export interface RunError {
	name: string;
	message: string;
	description: string;
	httpCode: string;
	context: { itemIndex?: number };
}

/** The result of an execution: n8n's IRun with ways to read it. */
export class Run {
	readonly data: IRunExecutionData;

	readonly status: IRun['status'];

	readonly waitTill?: Date | null;

	readonly error?: RunError;

	constructor(
		raw: Pick<IRun, 'data' | 'status' | 'waitTill'>,
		readonly executionId: string,
	) {
		Object.assign(this, raw);
		this.data = raw.data;
		this.status = raw.status;
		this.error = raw.data.resultData.error as unknown as RunError | undefined;
	}

	/** Items of a node's last run. */
	items<Json = ItemJson>(nodeName: string, output = 0): Array<Item<Json>> {
		const { data } = this.data.resultData.runData[nodeName]?.at(-1) ?? {};
		return ((data?.main ?? data?.ai_tool)?.[output] ?? []) as Array<Item<Json>>;
	}

	/** How often a node ran (tries of one run are not counted). */
	runs(nodeName: string): number {
		return this.data.resultData.runData[nodeName]?.length ?? 0;
	}
}
