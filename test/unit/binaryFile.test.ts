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
