import type { IExecuteFunctions } from 'n8n-workflow';

/** For whom n8n runs a node. */
export interface Caller {
	/** Whether n8n says that an agent does; undefined for an old n8n, which says nothing. */
	tool?: boolean;
	/** The type of the node, by which an old n8n tells a tool. */
	type?: string;
	/** Settings of the node. */
	node?: object;
	continues?: boolean;
}

/** What a node is told of it. */
export const toolContext = ({
	tool,
	type = 'klingLipSync',
	node,
	continues = false,
}: Caller): IExecuteFunctions =>
	({
		getNode: () => ({ type, ...node }),
		continueOnFail: () => continues,
		...(tool !== undefined && { isToolExecution: () => tool }),
	}) as unknown as IExecuteFunctions;
