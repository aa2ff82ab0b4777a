/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** A service like OpenAI's for n8n's own nodes: it says what the test tells it to, and speaks with one voice. */

import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { RestClient } from './client';

interface ChatMessage {
	role: string;
	content: string | null;
	tool_calls?: object[];
}

interface ChatRequest {
	model: string;
	messages: ChatMessage[];
	tools: Array<{ function: { name: string } }>;
}

/** Sees the conversation and says the next thing in it. */
export type Turn = (request: ChatRequest) => ChatMessage;

export interface ChatModel {
	url: string;
	/** What is said next, first to last. */
	turns: Turn[];
	/** What was to be spoken. */
	spoken: Array<{ input: string; voice: string }>;
	close(): void;
}

const VOICE = path.join(__dirname, '../emulator/files/voice.mp3');
/** What every file is heard to say. */
export const HEARD = 'Good morning';

/** Starts a service of OpenAI's chat completions, speech and transcriptions. */
export async function startChatModel(): Promise<ChatModel> {
	const turns: Turn[] = [];
	const spoken: ChatModel['spoken'] = [];
	const service = createServer(async (request, response) => {
		const body = await buffer(request);
		if (request.url?.endsWith('/audio/speech')) {
			spoken.push(JSON.parse(String(body)) as ChatModel['spoken'][number]);
			response.setHeader('content-type', 'audio/mpeg');
			response.end(fs.readFileSync(VOICE));
			return;
		}
		if (request.url?.endsWith('/audio/transcriptions')) {
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({ text: HEARD }));
			return;
		}
		const asked = JSON.parse(String(body)) as ChatRequest;
		const message = turns.shift()!(asked);
		const finish_reason = message.tool_calls ? 'tool_calls' : 'stop';
		response.setHeader('content-type', 'application/json');
		response.end(
			JSON.stringify({
				id: 'chat',
				object: 'chat.completion',
				created: 1,
				model: asked.model,
				choices: [{ index: 0, message, finish_reason }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			}),
		);
	});
	service.listen(0, '127.0.0.1');
	await once(service, 'listening');
	return {
		url: `http://127.0.0.1:${(service.address() as AddressInfo).port}/v1`,
		turns,
		spoken,
		close: () => service.close(),
	};
}

/** A turn's message: a tool is to be called. */
export const callTool = (name: string, args: object): ChatMessage => ({
	role: 'assistant',
	content: null,
	tool_calls: [
		{ id: `call-${name}`, type: 'function', function: { name, arguments: JSON.stringify(args) } },
	],
});

/** A turn's message: the agent's last word. */
export const say = (content: string): ChatMessage => ({ role: 'assistant', content });

/** What the tool that was called last has answered. */
export const toolAnswer = ({ messages }: ChatRequest) =>
	messages.filter(({ role }) => role === 'tool').at(-1)?.content ?? '';

/** The credential with which a server's nodes reach the model. */
export const chatCredential = async (server: RestClient, model: Pick<ChatModel, 'url'>) =>
	await server.createCredential({
		name: 'Chat',
		type: 'openAiApi',
		data: { apiKey: 'model-key', url: model.url },
	});
