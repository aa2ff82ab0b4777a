/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** The examples, as someone has them who has imported them and filled them in. */

import fs from 'node:fs';
import path from 'node:path';
import type { StoredCredential, TestWorkflow, WorkflowNode } from './client';

const FOLDER = path.join(__dirname, '../../examples');

/** The names of the examples. */
export const examples = () => fs.readdirSync(FOLDER).map((file) => path.basename(file, '.json'));

interface Credentials {
	kling: StoredCredential;
	/** For OpenAI's nodes. */
	model?: StoredCredential;
}

/** Values for fields that are empty in an example, by the name of the node. */
export type Filled = Record<string, Record<string, string>>;

/** An example with its credentials chosen and its empty fields filled in. */
export function exampleWorkflow(name: string, credentials: Credentials, filled: Filled = {}) {
	const text = fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8');
	const workflow = JSON.parse(text) as TestWorkflow;
	for (const node of workflow.nodes) {
		if (node.type.startsWith('n8n-nodes-kling-lip-sync.')) {
			node.credentials = { klingLipSyncApi: credentials.kling };
		}
		if (credentials.model && /\.(lmChatOpenAi|openAi)$/.test(node.type)) {
			node.credentials = { openAiApi: credentials.model };
		}
		fill(node, filled[node.name] ?? {});
	}
	return workflow;
}

function fill({ parameters = {} }: WorkflowNode, values: Record<string, string>) {
	const { assignments = [] } = (parameters.assignments ?? {}) as {
		assignments?: Array<{ name: string; value: string }>;
	};
	for (const [field, value] of Object.entries(values)) {
		const assignment = assignments.find(({ name }) => name === field);
		if (assignment?.value === '') assignment.value = value;
		if (parameters[field] === '') parameters[field] = value;
	}
}
