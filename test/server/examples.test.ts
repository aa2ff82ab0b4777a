/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
import fs from 'node:fs';
import path from 'node:path';
import { startEmulator } from '../emulator';
import type { Emulator } from '../emulator';
import { callTool, chatCredential, say, startChatModel, toolAnswer } from './chatModel';
import type { ChatModel } from './chatModel';
import { nodeOutput } from './client';
import type { StoredCredential, TestWorkflow } from './client';
import { startServer } from './server';
import type { Server } from './server';
import { klingCredential } from './workflows';

const FOLDER = path.join(__dirname, '../../examples');
const MANUAL = 'When clicking ‘Execute workflow’';

let api: Emulator;
let server: Server;
let credentials: Record<'kling' | 'model', StoredCredential>;
let model: ChatModel;

/** Imports an example as a user does: media of their own, and their credentials chosen. */
async function importExample(name: string) {
	const text = fs
		.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')
		.replace(/https:\/\/example\.com\/([a-z]+)\.mp4/g, `${api.url}/files/sample/video.mp4?$1`)
		.replace(/https:\/\/example\.com\/([a-z]+)\.mp3/g, `${api.url}/files/sample/voice.mp3?$1`);
	const workflow = JSON.parse(text) as TestWorkflow;
	for (const node of workflow.nodes) {
		if (node.type.startsWith('n8n-nodes-kling-lip-sync.')) {
			node.credentials = { klingLipSyncApi: credentials.kling };
		}
		if (node.type.endsWith('lmChatOpenAi')) node.credentials = { openAiApi: credentials.model };
	}
	return await server.createWorkflow(workflow);
}

const voices = () => api.creates('kling-advanced-lip-sync').map(({ body }) => body?.face_choose);

beforeAll(async () => {
	api = await startEmulator({ strict: false, identifyMs: 1_500, lipSyncMs: 2_500 });
	model = await startChatModel();
	server = await startServer({ env: { N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: 'true' } });
	credentials = {
		kling: await klingCredential(server, api),
		model: await chatCredential(server, model),
	};
});

beforeEach(() => api.reset());

afterAll(async () => {
	await server?.stop();
	model?.close();
	await api?.close();
});

describe('the example', () => {
	test('quick start ends with the video as a file', async () => {
		const id = await importExample('quick-start');
		const execution = await server.waitFor(
			await server.run(id, { triggerName: MANUAL }),
			'success',
			60_000,
		);
		const [item] = nodeOutput(execution, 'Lip Sync');
		expect(item.json).toMatchObject({ state: 'completed' });
		expect(item.binary?.data).toMatchObject({
			mimeType: 'video/mp4',
			fileName: `${item.json.taskId}.mp4`,
		});
	});

	test('two voices gives each face its own audio, the second one later', async () => {
		const id = await importExample('two-voices');
		const execution = await server.waitFor(
			await server.run(id, { triggerName: MANUAL }),
			'success',
			60_000,
		);
		expect(nodeOutput(execution, 'Identify Face')[0].binary).toHaveProperty('face_2');
		expect(voices()).toEqual([
			[
				{ face_id: 'face_001', sound_file: `${api.url}/files/sample/voice.mp3?first` },
				{
					face_id: 'face_002',
					sound_file: `${api.url}/files/sample/voice.mp3?second`,
					sound_insert_time: 3000,
				},
			],
		]);
	});

	test('overnight publishes the finished clips and reports the failed ones', async () => {
		const id = await importExample('overnight');
		api.settings.failWith = ({ video_url: video = '' }) =>
			video.endsWith('interview') ? 'Face detection failed: no faces found' : null;
		const executionId = await server.run(id, { triggerName: MANUAL });
		const execution = await server.waitFor(executionId, 'success', 120_000);
		api.settings.failWith = null;

		expect(nodeOutput(execution, 'Publish').map(({ binary }) => binary?.data.mimeType)).toEqual([
			'video/mp4',
			'video/mp4',
		]);
		const [failed] = nodeOutput(execution, 'Report Failures');
		expect(failed.json).toMatchObject({
			error: expect.stringContaining('no faces found'),
			details: { taskId: expect.any(String) },
		});
		expect(api.creates()).toHaveLength(5);
	});

	test('fire and forget ends at once, and its trigger downloads what is finished', async () => {
		const id = await importExample('fire-and-forget');
		await server.activate(id);
		await server.waitFor(await server.run(id, { triggerName: MANUAL }), 'success', 60_000);
		const [{ id: second }] = await server.waitForExecutions(
			{ workflowId: id, status: 'success' },
			2,
			60_000,
		);
		const execution = await server.execution(second);
		expect(nodeOutput(execution, 'Publish')[0].binary?.data.mimeType).toBe('video/mp4');
		await server.deactivate(id);
	});

	test('pick the face shows the pictures in a form and syncs the face that was picked', async () => {
		const id = await importExample('pick-the-face');
		await server.activate(id);
		const { nodes } = await server.rest<TestWorkflow>('GET', `/workflows/${id}`);
		const { webhookId } = nodes.find(({ name }) => name === 'Order')!;
		const form = (fields: string[]) => {
			const data = new FormData();
			fields.forEach((value, index) => data.append(`field-${index}`, value));
			return { method: 'POST', body: data };
		};
		const order = await fetch(
			`${server.url}/form/${webhookId}`,
			form([`${api.url}/files/sample/video.mp4`, `${api.url}/files/sample/voice.mp3`]),
		);
		expect(order.status).toBe(200);
		const { formWaitingUrl } = (await order.json()) as { formWaitingUrl: string };
		const [{ id: executionId }] = await server.waitForExecutions(
			{ workflowId: id, status: 'waiting' },
			1,
			60_000,
		);
		const page = await (await fetch(formWaitingUrl)).text();
		const [task] = api.tasks.values();
		expect(page).toContain(`/files/face/${task.taskId}/2.png`);

		const answer = new FormData();
		answer.append('field-1', 'face_002');
		await fetch(formWaitingUrl, { method: 'POST', body: answer });
		const execution = await server.waitFor(
			executionId,
			({ runData }) => runData['Lip Sync'] !== undefined,
			60_000,
		);
		expect(nodeOutput(execution, 'Lip Sync')[0].json.state).toBe('completed');
		expect(voices()[0]?.[0].face_id).toBe('face_002');
		await server.deactivate(id);
	});

	test('AI agent finds the faces and syncs one, waiting in place', async () => {
		const id = await importExample('ai-agent');
		model.turns.push(
			() => callTool('Find_Faces', { videoUrl: `${api.url}/files/sample/video.mp4` }),
			(request) =>
				callTool('Sync_a_Face', {
					identifyTaskId: /"taskId":\s*"(\w+)"/.exec(toolAnswer(request))?.[1],
					faceId: 'face_002',
					audioUrl: `${api.url}/files/sample/voice.mp3`,
				}),
			(request) => say(`Done: ${/https?:[^"\\]+\.mp4/.exec(toolAnswer(request))?.[0]}`),
		);
		const chat = { chatInput: 'Sync the second person', sessionId: 'chat', action: 'sendMessage' };
		const { executionId } = await server.rest<{ executionId: string }>(
			'POST',
			`/workflows/${id}/run`,
			{
				triggerToStartFrom: {
					name: 'When chat message received',
					data: {
						startTime: Date.now(),
						executionTime: 0,
						executionIndex: 0,
						executionStatus: 'success',
						source: [],
						data: { main: [[{ json: chat }]] },
					},
				},
			},
		);
		const execution = await server.waitFor(executionId, 'success', 120_000);
		expect(nodeOutput(execution, 'AI Agent')[0].json.output).toMatch(/^Done: .*\/files\/result\//);
		expect(voices()[0]?.[0]).toMatchObject({ face_id: 'face_002' });
	});
});
