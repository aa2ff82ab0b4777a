import { LIP_SYNC } from '../engine/helpers';
import { callTool, chatCredential, say, startChatModel, toolAnswer } from '../server/chatModel';
import type { ChatModel } from '../server/chatModel';
import { exampleWorkflow } from '../server/exampleWorkflows';
import { manualStart } from '../server/workflows';
import { loadedPictures } from './editor';
import { openStage } from './stage';
import type { Stage } from './stage';

let stage: Stage;
let model: ChatModel;

beforeAll(async () => {
	stage = await openStage();
	model = await startChatModel();
});
afterAll(async () => {
	model?.close();
	await stage?.close();
});

test('as a tool of an agent the node offers no way to wait: it waits itself', async () => {
	const { server, editor, kling } = stage;
	const tool = kling('Lip Sync', { operation: 'lipSync' });
	const main = [[{ node: 'Agent', type: 'main' as const, index: 0 }]];
	const id = await server.createWorkflow({
		name: 'Agent',
		nodes: [
			manualStart,
			{ name: 'Agent', type: '@n8n/n8n-nodes-langchain.agent', typeVersion: 2, parameters: {} },
			{ ...tool, type: `${tool.type}Tool`, position: [300, 250] },
		],
		connections: {
			Start: { main },
			'Lip Sync': { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	});
	await editor.openWorkflow(id);
	const panel = await editor.openNode('Lip Sync');
	await panel.field('videoUrl').waitFor();
	expect(await panel.parameters.getByText('Wait for Result').count()).toBe(0);
	await editor.shot('agent-tool');
	await panel.addOption('Timeout (Minutes)');
	expect(await panel.field('timeoutMinutes').locator('input').inputValue()).toBe('30');
});

test('the agent of the example shows the faces in the chat, asks who speaks, and syncs that one', async () => {
	const { server, editor, api, clip, credential: kling } = stage;
	const credentials = { kling, model: await chatCredential(server, model) };
	await editor.openWorkflow(await server.createWorkflow(exampleWorkflow('ai-agent', credentials)));
	model.turns.push(
		() => callTool('Find_Faces', { videoUrl: clip.videoUrl }),
		(request) => {
			const pictures = toolAnswer(request).match(/https?:[^"\\]+\.png/g)!;
			const shown = pictures.map((url, index) => `Face ${index + 1}: ![Face ${index + 1}](${url})`);
			return say(`${shown.join(' ')}\n\nWho is to speak?`);
		},
	);
	const chat = await editor.openChat();
	await chat.say(`Make a person in ${clip.videoUrl} speak ${clip.audioUrl}`);
	await chat.root.getByText('Who is to speak?').waitFor();
	expect(await loadedPictures(chat.root)).toBe(3);
	await chat.root.getByText('Face 3:').waitFor();
	await editor.shot('agent-asks');
	expect(api.creates(LIP_SYNC)).toEqual([]);

	const [{ taskId: identifyTaskId }] = api.creates();
	model.turns.push(
		() =>
			callTool('Sync_a_Face', {
				identifyTaskId,
				faceId: 'face_002',
				audioUrl: clip.audioUrl,
			}),
		(request) => say(`[The video](${/https?:[^"\\]+\.mp4/.exec(toolAnswer(request))?.[0]})`),
	);
	await chat.say('Face 2');
	const link = chat.root.getByRole('link', { name: 'The video' });
	await link.waitFor();
	expect(await link.getAttribute('href')).toContain('/files/result/');
	await editor.shot('agent-done');
	expect(api.creates(LIP_SYNC)[0].body?.face_choose).toMatchObject([{ face_id: 'face_002' }]);
});
