import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookDescription,
} from 'n8n-workflow';

import type { Outcome } from '../task/problem';
import { inputProblem, Problem } from '../task/problem';
import { isTerminal } from '../task/task';
import { runIndexOf } from './context';
import type { Followed } from './items';
import { item, problemJson, taskJson } from './items';
import type { Run } from './run';
import { remember } from './waits';

/** Behind the resume URL, so that only callbacks of this node's tasks reach its webhook. */
const RESUME_PATH = 'kling-lip-sync';
/** Tells the waits of one execution apart: they share one resume URL. */
export const WAIT_PARAM = 'wait';
/** Under which a wait is kept in the execution's data, as JSON. */
export const WAIT_KEY = 'klingWait';

/**
 * n8n leaves restart webhooks alone when a workflow is activated. A constant, because the linter
 * takes any webhook written into a node's description for a trigger's.
 */
export const resumeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		path: RESUME_PATH,
		restartWebhook: true,
		responseMode: 'onReceived',
		responseData: '',
	},
];

/** What the callbacks need to know of a suspended run; kept in the execution's data. */
export interface Wait {
	marker: string;
	/** ms since the epoch. */
	until: number;
	/** One for each input item: a task to wait for, or an item that is ready. */
	entries: Array<{ task: Task; includeRaw: boolean } | { json: IDataObject }>;
}

type Task = Followed['task'] & { identifyTaskId?: string };

/** Whether the execution can be put to sleep: the command line waits in place. */
export function canSuspend(context: IExecuteFunctions): boolean {
	return context.getMode() !== 'cli' && typeof context.putExecutionToWait === 'function';
}

/** `$execution.resumeUrl`: the only URL of this n8n that an action node is told. */
export function resumeUrlOf(context: IExecuteFunctions): string {
	const url = context.evaluateExpression('{{ $execution.resumeUrl }}', 0);
	if (typeof url !== 'string' || !URL.canParse(url)) {
		throw inputProblem(
			'This n8n names no URL at which it can be called back',
			"Choose 'Wait Here and Ask' as the way to wait.",
		);
	}
	return url;
}

/** The URL that brings the callbacks of this run of the node to this execution. */
export function resumeCallbackUrl(context: IExecuteFunctions): string {
	const url = new URL(resumeUrlOf(context));
	url.pathname += `/${RESUME_PATH}`;
	url.searchParams.set(WAIT_PARAM, markerOf(context));
	return url.toString();
}

/**
 * Puts the execution to sleep until the callbacks have brought every task to its end. On a time-out
 * n8n does not run the node again: it goes on with the node's input, so what is to come out then is
 * put there now.
 *
 * @param includeRaw a flag for each item
 * @returns what the editor shows meanwhile
 */
export async function suspend(
	run: Run,
	outcomes: Array<Outcome<Followed>>,
	timeoutMs: number,
	includeRaw: boolean[],
): Promise<INodeExecutionData[]> {
	const until = Date.now() + timeoutMs;
	const entries = outcomes.map((outcome, index): Wait['entries'][number] => {
		if (outcome instanceof Problem) return { json: problemJson(outcome) };
		if (isTerminal(outcome.task)) return { json: taskJson(outcome, includeRaw[index]) };
		const { task, identifyTaskId } = outcome;
		return {
			task: { ...task, ...(identifyTaskId && { identifyTaskId }) },
			includeRaw: includeRaw[index],
		};
	});
	const wait: Wait = { marker: markerOf(run.context), until, entries };
	// n8n reads the execution's data anew for each callback: one text is quicker to read than objects.
	(run.context.getContext('node') as IDataObject)[WAIT_KEY] = JSON.stringify(wait);
	// With a problem among the items n8n may run the node again, and has to find the tasks.
	if (!outcomes.some((outcome) => outcome instanceof Problem)) run.ledger.clear();

	const afterTimeout = entries.map((entry, index) =>
		item(
			'json' in entry ? entry.json : { ...(entry.task as unknown as IDataObject), timedOut: true },
			index,
		),
	);
	run.context.getExecuteData().data.main[0] = afterTimeout;
	await run.context.putExecutionToWait(new Date(until));
	remember(run.context.getExecutionId(), wait, run.access);
	return entries.map((entry, index) =>
		item('json' in entry ? entry.json : (entry.task as unknown as IDataObject), index),
	);
}

function markerOf(context: IExecuteFunctions): string {
	return `${context.getNode().id}.${runIndexOf(context)}`;
}
