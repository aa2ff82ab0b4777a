import { startEmulator } from '../emulator';
import type { Emulator } from '../emulator';
import { callTool, chatCredential, HEARD, say, startChatModel, toolAnswer } from './chatModel';
import type { ChatModel } from './chatModel';
import { nodeOutput, until } from './client';
import type { StoredCredential, TestWorkflow } from './client';
import { exampleWorkflow } from './exampleWorkflows';
import type { Filled } from './exampleWorkflows';
import { startServer } from './server';
import type { Server } from './server';
import { klingCredential } from './workflows';

const MANUAL = 'When clicking ‘Execute workflow’';

let api: Emulator;
let server: Server;
let credentials: Record<'kling' | 'model', StoredCredential>;
let model: ChatModel;

/** Imports an example as a user does, chooses the credentials and fills in the fields. */
const importExample = async (name: string, filled?: Filled) =>
	await server.createWorkflow(exampleWorkflow(name, credentials, filled));

const video = (name = 'clip') => `${api.url}/files/sample/video.mp4?${name}`;
const audio = (name = 'voice') => `${api.url}/files/sample/voice.mp3?${name}`;

const voices = () => api.creates('kling-advanced-lip-sync').map(({ body }) => body?.face_choose);

beforeAll(async () => {
	api = await startEmulator({ identifyMs: 1_500, lipSyncMs: 2_500 });
	model = await startChatModel();
	server = await startServer();
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
	/** The examples that a person has to give media, with the node whose error then says so. */
	const empty = [
		['quick-start', 'Lip Sync'],
		['two-voices', 'Identify Face'],
		['translate-a-clip', 'Download Clip'],
		['fire-and-forget', 'Lip Sync'],
	];
	test.each(empty)(
		'%s as it was imported spends nothing and says what is missing',
		async (name, node) => {
			const id = await importExample(name);
			const execution = await server.waitFor(
				await server.run(id, { triggerName: MANUAL }),
				'error',
				60_000,
			);
			const { message } = execution.error!;
			expect(message).toMatch(/URL|not published/);
			expect((execution.error as { node?: { name: string } }).node?.name ?? node).toBe(node);
			expect(api.log).toEqual([]);
			expect(model.spoken).toEqual([]);
		},
	);

	test('quick start ends with the video as a file', async () => {
		const id = await importExample('quick-start', {
			'Lip Sync': { videoUrl: video(), audioUrl: audio() },
		});
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

	test('two voices gives each face the file of its own voice, the second one later', async () => {
		const id = await importExample('two-voices', { Clip: { videoUrl: video() } });
		const execution = await server.waitFor(
			await server.run(id, { triggerName: MANUAL }),
			'success',
			60_000,
		);
		expect(
			model.spoken
				.splice(0)
				.map(({ voice }) => voice)
				.sort(),
		).toEqual(['nova', 'onyx']);
		expect(nodeOutput(execution, 'Lip Sync')[0].binary?.data.mimeType).toBe('video/mp4');
		const [[first, second]] = voices() as Array<Array<Record<string, unknown>>>;
		expect(first).toMatchObject({ face_id: 'face_001', sound_insert_time: 0 });
		expect(second).toMatchObject({ face_id: 'face_002', sound_insert_time: 3000 });
		expect(first.sound_file).not.toBe(second.sound_file);
	});

	test('translate a clip speaks the translation of what is said, in place of the old sound', async () => {
		const id = await importExample('translate-a-clip', { Clip: { videoUrl: video() } });
		model.turns.push(({ messages }) => {
			expect(JSON.stringify(messages)).toMatch(new RegExp(`Spanish.*${HEARD}`));
			return say('Buenos días');
		});
		const execution = await server.waitFor(
			await server.run(id, { triggerName: MANUAL }),
			'success',
			60_000,
		);
		expect(model.spoken.splice(0)).toMatchObject([{ input: 'Buenos días' }]);
		expect(nodeOutput(execution, 'Lip Sync')[0].binary?.data.mimeType).toBe('video/mp4');
		expect(voices()).toMatchObject([[{ face_id: 'face_001', original_audio_volume: 0 }]]);
	});

	test('overnight syncs the rows of a table, notes what became of each, and pays for none again', async () => {
		const rows = await clipsTable(['intro', 'interview', 'outro']);
		const id = await importExample('overnight');
		api.settings.failWith = ({ video_url: url = '' }) =>
			url.endsWith('interview') ? 'Face detection failed: no faces found' : null;
		const run = async () =>
			await server.waitFor(await server.run(id, { triggerName: MANUAL }), 'success', 120_000);
		const execution = await run();
		api.settings.failWith = null;

		expect(nodeOutput(execution, 'Publish').map(({ binary }) => binary?.data.mimeType)).toEqual([
			'video/mp4',
			'video/mp4',
		]);
		expect(await rows()).toEqual([
			expect.stringMatching(/^http.*\.mp4$/),
			expect.stringMatching(/^Failed: .*no faces found/),
			expect.stringMatching(/^http.*\.mp4$/),
		]);
		expect(api.creates()).toHaveLength(5);
		await run();
		expect(api.creates()).toHaveLength(5);
	});

	test('fire and forget ends at once, and its trigger downloads what is finished', async () => {
		const id = await importExample('fire-and-forget', {
			Clip: { videoUrl: video(), audioUrl: audio() },
		});
		await server.activate(id);
		await server.waitFor(await server.run(id, { triggerName: MANUAL }), 'success', 60_000);
		const [{ id: second }] = await server.waitForExecutions(
			{ workflowId: id, status: 'success' },
			2,
			60_000,
		);
		const execution = await server.execution(second);
		expect(nodeOutput(execution, 'Publish')[0].binary?.data.mimeType).toBe('video/mp4');
		const [received] = nodeOutput(execution, 'When a Lip Sync Is Finished');
		expect(received.json.reference).toBe('intro');
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
		const order = await fetch(`${server.url}/form/${webhookId}`, form([video(), audio()]));
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
		answer.append('field-1', 'Face 2');
		await fetch(formWaitingUrl, { method: 'POST', body: answer });
		const execution = await server.waitFor(
			executionId,
			({ runData }) => runData['Lip Sync'] !== undefined,
			60_000,
		);
		const [{ json }] = nodeOutput(execution, 'Lip Sync');
		expect(json.state).toBe('completed');
		expect(voices()[0]?.[0].face_id).toBe('face_002');
		await until(
			async () => (await (await fetch(formWaitingUrl)).text()).includes('Your video is ready'),
			60_000,
			() => 'The form does not come to its last page',
		);
		const end = await (await fetch(formWaitingUrl)).text();
		expect(end).toContain(`<source src="${json.videoUrl as string}" type="video/mp4">`);
		expect(end).toContain(`<a href="${json.videoUrl as string}"`);
		await server.deactivate(id);
	});

	test('AI agent shows the faces, asks who speaks, and syncs that one, waiting in place', async () => {
		const id = await importExample('ai-agent');
		const chat = async (chatInput: string) => {
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
							data: { main: [[{ json: { chatInput, sessionId: 'chat', action: 'sendMessage' } }]] },
						},
					},
				},
			);
			const execution = await server.waitFor(executionId, 'success', 120_000);
			return String(nodeOutput(execution, 'AI Agent')[0].json.output);
		};
		model.turns.push(
			() => callTool('Find_Faces', { videoUrl: video() }),
			(request) => {
				const pictures = toolAnswer(request).match(/https?:[^"\\]+\.png/g)!;
				return say(pictures.map((url, index) => `![Face ${index + 1}](${url})`).join(' '));
			},
		);
		expect(await chat(`Sync ${video()} with ${audio()}`)).toMatch(/^!\[Face 1\].*!\[Face 2\]/);
		expect(api.creates('kling-advanced-lip-sync')).toEqual([]);

		const [identified] = api.creates();
		model.turns.push(
			({ messages }) => {
				expect(JSON.stringify(messages)).toContain('![Face 1]');
				return callTool('Sync_a_Face', {
					identifyTaskId: identified.taskId!,
					faceId: 'face_002',
					audioUrl: audio(),
				});
			},
			(request) => say(`Done: ${/https?:[^"\\]+\.mp4/.exec(toolAnswer(request))?.[0]}`),
		);
		expect(await chat('Face 2')).toMatch(/^Done: .*\/files\/result\//);
		expect(voices()[0]?.[0]).toMatchObject({ face_id: 'face_002' });
	});
});

/**
 * The data table of the example, with a row for each clip.
 * @returns a function that gives the results that are noted in it
 */
async function clipsTable(clips: string[]) {
	const { id: projectId } = await server.rest<{ id: string }>('GET', '/projects/personal');
	const tables = `/projects/${projectId}/data-tables`;
	const columns = ['videoUrl', 'audioUrl', 'result'].map((name) => ({ name, type: 'string' }));
	const { id } = await server.rest<{ id: string }>('POST', tables, {
		name: 'Kling clips',
		columns,
	});
	const data = clips.map((name) => ({ videoUrl: video(name), audioUrl: audio(name) }));
	await server.rest('POST', `${tables}/${id}/insert`, { data, returnType: 'count' });
	return async () => {
		const { data: rows } = await server.rest<{ data: Array<{ id: number; result: string }> }>(
			'GET',
			`${tables}/${id}/rows`,
		);
		return rows.sort((a, b) => a.id - b.id).map(({ result }) => result);
	};
}
