import type { INodeProperties } from 'n8n-workflow';

import type { Operation } from './commonFields';

/** How the result of a new task is waited for. An agent's tool always waits for it itself. */
export function waitFields(operations: Operation[]): INodeProperties[] {
	return [
		{
			displayName: 'Wait for Result',
			name: 'waitMode',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Wait in This Node',
					value: 'poll',
					description:
						'Checks every few seconds until the task is finished. Best for trying out and for single clips.',
				},
				{
					name: 'Pause Execution',
					value: 'callback',
					description:
						'Sleeps until Kling reports that all tasks are finished. Best for many or long clips; n8n must be reachable from the internet.',
				},
				{
					name: 'Continue in a Trigger',
					value: 'trigger',
					description:
						'Continues at once. Each result starts a workflow with a Kling Lip Sync Trigger, this one or another.',
				},
				{
					name: 'Do Not Wait',
					value: 'none',
					description: 'Continues at once. Get Task retrieves the result later.',
				},
			],
			default: 'poll',
			displayOptions: { show: { operation: operations }, hide: { '@tool': [true] } },
		},
		{
			displayName: 'Callback URL',
			name: 'callbackUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook/…',
			hint: 'Leave empty to use the Kling Lip Sync Trigger of this workflow',
			description:
				'The Production URL of a Kling Lip Sync Trigger in another workflow. Copy it from the panel of that trigger.',
			displayOptions: { show: { operation: operations, waitMode: ['trigger'] } },
		},
	];
}

/** What a way to wait needs, shown where it is chosen. */
export function waitNotices(operations: Operation[]): INodeProperties[] {
	return [
		{
			displayName:
				"A failed task can't stop a paused execution: set 'Settings → On Error' to 'Continue (using error output)', or check 'state' in the next node",
			name: 'callbackNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { operation: operations, waitMode: ['callback'] } },
		},
		{
			displayName:
				'Publish the workflow with the Kling Lip Sync Trigger first: it receives results only while it is published',
			name: 'triggerNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { operation: operations, waitMode: ['trigger'] } },
		},
	];
}

export const timeoutForPoll: INodeProperties = {
	displayName: 'Timeout (Minutes)',
	name: 'timeoutMinutes',
	type: 'number',
	typeOptions: { minValue: 0 },
	default: 30,
	description:
		'How long to wait. Unfinished tasks then continue with their task ID and timedOut set to true; Get Task retrieves them later.',
	displayOptions: { hide: { '/waitMode': ['callback', 'trigger', 'none'] } },
};

export const timeoutForCallback: INodeProperties = {
	...timeoutForPoll,
	default: 60,
	displayOptions: { show: { '/waitMode': ['callback'] } },
};

export const callbackOption: INodeProperties = {
	displayName: 'Callback URL',
	name: 'callbackUrl',
	type: 'string',
	default: '',
	placeholder: 'e.g. https://example.com/finished',
	description: 'A URL of your own that Kling calls when the task is finished',
	displayOptions: { show: { '/waitMode': ['none'] } },
};
