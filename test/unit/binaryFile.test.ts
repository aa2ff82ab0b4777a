import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import type { HandOver } from '../../nodes/KlingLipSync/media/binaryFile';
import { inputFile } from '../../nodes/KlingLipSync/media/binaryFile';
import { problemOf } from './problemOf';

const stored = { id: 'filesystem-v2:1', data: 'filesystem-v2', mimeType: 'audio/mpeg' };
const inMemory = { data: 'AAAA', mimeType: 'audio/mpeg' };

/** What an n8n that can't sign links gives the node. */
const oldN8n = (data: IBinaryData) =>
	({
		getInputData: () => [{ json: {}, binary: { data } }],
		helpers: { getBinaryDataBuffer: async () => Buffer.from('sound') },
	}) as unknown as IExecuteFunctions;

const handOver = (data: IBinaryData, way: Partial<HandOver>) =>
	inputFile(oldN8n(data), 0, 'data', {
		kind: 'audio',
		apiBaseUrl: 'https://api.example',
		transfer: 'link',
		...way,
	});

it.each(['video', 'audio'] as const)(
	'asks for a newer n8n where it can not sign a link to %s',
	(kind) => {
		const problem = problemOf(() => handOver(stored, { kind }));
		expect(problem.message).toBe(
			`This n8n is too old to hand over the ${kind} from a binary field`,
		);
		expect(problem.hint).toBe(`Update n8n, or use the URL of the ${kind}.`);
	},
);

it('says how files get out of the memory, and for audio how it goes without', () => {
	const told = (['video', 'audio'] as const).map((kind) =>
		problemOf(() => handOver(inMemory, { kind })),
	);
	expect(told.map(({ message }) => message)).toEqual([
		"This n8n keeps files in memory, so Kling can't fetch the video from it",
		"This n8n keeps files in memory, so Kling can't fetch the audio from it",
	]);
	expect(told[0].hint).toMatch(
		/^Set the environment variable N8N_DEFAULT_BINARY_DATA_MODE .* URL of the video/,
	);
	expect(told[1].hint).toMatch(
		/^Set the option 'Audio Transfer' to 'Automatic' or 'Inline', or set /,
	);
});

it.each(['auto', 'inline'] as const)(
	'sends audio inside of the request where no link can be had (%s)',
	async (transfer) => {
		for (const data of [stored, inMemory]) {
			const file = handOver(data, { transfer });
			expect(await file.send()).toBe(Buffer.from('sound').toString('base64'));
			expect(file.name).toBe('data');
		}
	},
);

describe('an n8n that can sign links', () => {
	const signing = (link: string, binary: Record<string, IBinaryData> = { data: stored }) =>
		({
			getInputData: () => [{ json: {}, binary }],
			helpers: {
				createBinarySignedUrl: () => link,
				getBinaryDataBuffer: async () => Buffer.from('sound'),
			},
		}) as unknown as IExecuteFunctions;
	const LINK = 'https://n8n.example/rest/binary-data/signed?token=t';
	const handOver = (way: Partial<HandOver>, link = LINK) =>
		inputFile(signing(link), 0, 'data', {
			kind: 'audio',
			apiBaseUrl: 'https://api.example',
			transfer: 'auto',
			...way,
		});

	it.each([
		['video', 'link', LINK],
		['video', 'auto', LINK],
		['video', 'inline', LINK],
		['audio', 'link', LINK],
		['audio', 'auto', LINK],
		['audio', 'inline', Buffer.from('sound').toString('base64')],
	] as const)('hands over %s as it is to be (%s)', async (kind, transfer, sent) => {
		expect(await handOver({ kind, transfer }).send()).toBe(sent);
	});

	it.each(['video', 'audio'] as const)('that nobody can reach can not hand over %s', (kind) => {
		const problem = problemOf(() =>
			handOver({ kind, transfer: 'link' }, 'http://localhost:5678/rest/x'),
		);
		expect(problem.message).toContain(`The ${kind} file of this n8n`);
	});

	it('never hands a video over inside of the request', () => {
		const problem = problemOf(() =>
			handOver({ kind: 'video', transfer: 'auto' }, 'http://localhost:5678/rest/x'),
		);
		expect(problem.message).toContain('The video file of this n8n');
	});

	it('tells which fields there are, where the field has no file', () => {
		const context = signing(LINK, { voice: stored, music: stored });
		const problem = problemOf(() =>
			inputFile(context, 0, 'data', {
				kind: 'audio',
				apiBaseUrl: 'https://api.example',
				transfer: 'auto',
			}),
		);
		expect(problem.message).toBe('The item has no file in the field "data"');
		expect(problem.hint).toBe(
			'Enter the name of the field that holds the audio. This item has: "voice", "music".',
		);
	});
});

it('a file is the same one as long as n8n stores it, or has the same content', () => {
	const identityOf = (data: IBinaryData) => handOver(data, { transfer: 'inline' }).identity;
	expect(identityOf(stored)).toBe('binary filesystem-v2:1');
	expect(identityOf({ ...stored, id: 'filesystem-v2:2' })).not.toBe(identityOf(stored));
	expect(identityOf(inMemory)).toMatch(/^data [0-9a-f]{64}$/);
	expect(identityOf({ ...inMemory })).toBe(identityOf(inMemory));
	expect(identityOf({ ...inMemory, data: 'AAAB' })).not.toBe(identityOf(inMemory));
});
