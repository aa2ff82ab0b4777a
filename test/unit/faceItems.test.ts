/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { Readable } from 'node:stream';
import type { IBinaryData, IHttpRequestOptions, INodeExecutionData } from 'n8n-workflow';

import { faceItems, needsNode } from '../../nodes/KlingLipSync/operations/faceItems';
import type { Run } from '../../nodes/KlingLipSync/run/run';
import { Problem } from '../../nodes/KlingLipSync/task/problem';
import type { Face, Task } from '../../nodes/KlingLipSync/task/task';

const MODEL = 'kling-identify-face';

type Options = Record<string, unknown>;

/** A run over items with these options each; an Error for options that can't be worked out. */
function runOf(options: Array<Options | Error>, binary?: Record<string, IBinaryData>) {
	const asked: string[] = [];
	const context = {
		getInputData: () => options.map(() => ({ json: {}, ...(binary && { binary }) })),
		getNodeParameter: (_: string, index: number) => {
			const given = options[index];
			if (given instanceof Error) throw given;
			return given;
		},
		helpers: {
			async httpRequest({ url }: IHttpRequestOptions) {
				asked.push(url);
				const statusCode = url.includes('gone') ? 404 : 200;
				return { statusCode, headers: {}, body: Readable.from([Buffer.from('picture')]) };
			},
			prepareBinaryData: async (_: unknown, fileName: string, mimeType: string) => ({
				fileName,
				mimeType,
				data: '',
			}),
		},
	};
	return { run: { context } as unknown as Run, asked };
}

describe('what only the node can build', () => {
	it.each<[boolean, Array<Options | Error>]>([
		[false, []],
		[false, [{}, { splitFaces: false, downloadFaceImages: false }]],
		[true, [{}, { splitFaces: true }]],
		[true, [{ downloadFaceImages: true }, {}]],
		[true, [new Error('no such field'), { splitFaces: true }]],
		[false, [new Error('no such field')]],
		[false, [{ splitFaces: 'true' }]],
	])('is needed (%j) with the options %j', (needed, options) => {
		expect(needsNode(runOf(options).run)).toBe(needed);
	});
});

describe('the items of an identify task', () => {
	const video: IBinaryData = { mimeType: 'video/mp4', data: '', fileName: 'clip.mp4' };
	const PICTURES = 'https://a.example';
	const faces: Face[] = [
		{ faceId: 'one', faceReference: `${PICTURES}/1.JPEG?size=9` },
		{ faceId: 'two' },
		{ faceId: 'three', faceReference: `${PICTURES}/3` },
	];
	const task = (more: Partial<Task> = {}): Task => ({
		taskId: 'cl1',
		state: 'completed',
		model: MODEL,
		sessionId: 's-1',
		estimatedCostUsd: 0.0007,
		faces,
		...more,
	});
	async function itemsOf(options: Options, given = task(), binary?: Record<string, IBinaryData>) {
		const { run, asked } = runOf([options], binary);
		const items = await faceItems(run, { task: given }, 0);
		return { items: items as INodeExecutionData[], problem: items, asked };
	}

	it('are one, with the files of the input item', async () => {
		const { items, asked } = await itemsOf({}, task(), { video });
		expect(items).toHaveLength(1);
		expect(items[0]).toMatchObject({ json: { taskId: 'cl1' }, binary: { video } });
		expect(asked).toEqual([]);
		expect((await itemsOf({})).items[0]).not.toHaveProperty('binary');
	});

	it('are one while no faces are known, whatever the options say', async () => {
		const options = { splitFaces: true, downloadFaceImages: true };
		const { items, asked } = await itemsOf(options, task({ faces: undefined, state: 'pending' }), {
			video,
		});
		expect([items.length, asked.length]).toEqual([1, 0]);
		expect(items[0].binary).toEqual({ video });
		expect(items[0].json).not.toHaveProperty('face');
	});

	it('have the pictures as files beside those of the input item', async () => {
		const { items, asked } = await itemsOf({ downloadFaceImages: true }, task(), { video });
		expect(asked).toEqual([`${PICTURES}/1.JPEG?size=9`, `${PICTURES}/3`]);
		expect(items[0].binary).toEqual({
			video,
			face_1: expect.objectContaining({ fileName: 'cl1-face_1.jpeg' }),
			face_3: expect.objectContaining({ fileName: 'cl1-face_3.png', mimeType: 'image/png' }),
		});
	});

	it('are one for each face, of which one carries the price', async () => {
		const { items } = await itemsOf({ splitFaces: true, downloadFaceImages: true });
		expect(items.map(({ json }) => json.face)).toEqual(faces);
		expect(items.map(({ json }) => json.estimatedCostUsd)).toEqual([0.0007, undefined, undefined]);
		expect(items.map(({ binary }) => binary && Object.keys(binary))).toEqual([
			['data'],
			undefined,
			['data'],
		]);
	});

	it('say that the faces are paid for, when a picture is not to be had', async () => {
		const lost = [faces[1], { faceId: 'lost', faceReference: `${PICTURES}/gone.png` }];
		const { problem } = await itemsOf({ downloadFaceImages: true }, task({ faces: lost }));
		expect(problem).toBeInstanceOf(Problem);
		expect(problem).toMatchObject({
			kind: 'download',
			message:
				'The picture of Face 2 could not be downloaded: the server responded with HTTP 404 (task cl1)',
			hint: 'The faces are found and paid for: use the task ID in Lip Sync, or retrieve it with Get Task.',
			details: {
				taskId: 'cl1',
				state: 'completed',
				sessionId: 's-1',
				httpCode: 404,
				faceReference: `${PICTURES}/gone.png`,
			},
		});
	});

	it.each([
		['png', 'https://a.example/face.png'],
		['jpg', 'https://a.example/face.jpg#top'],
		['webp', 'https://a.example/face.webp?x=1'],
		['png', 'https://a.example/face.jpg.txt'],
		['png', 'https://a.example/facejpg'],
		['png', 'https://a.example/face.jpgx'],
	])('name a picture .%s that lies at %s', async (extension, faceReference) => {
		const given = task({ faces: [{ faceId: 'one', faceReference }] });
		const { items } = await itemsOf({ downloadFaceImages: true }, given);
		expect(items[0].binary!.face_1.fileName).toBe(`cl1-face_1.${extension}`);
	});
});
