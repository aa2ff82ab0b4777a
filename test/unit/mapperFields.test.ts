import type { ILoadOptionsFunctions, ResourceMapperFields } from 'n8n-workflow';

import { getFaces } from '../../nodes/KlingLipSync/pickers/mapperFields';

const SETTINGS = [
	['sound_insert_time', 'Start Speaking At (ms)'],
	['sound_start_time', 'Trim Audio From (ms)'],
	['sound_end_time', 'Trim Audio To (ms)'],
	['sound_volume', 'Voice Volume'],
	['original_audio_volume', 'Original Audio Volume'],
];

/** The fields for the faces of a task with these ids, or with these parameters of the node. */
async function fieldsFor(ids: string[], parameters: Record<string, unknown> = {}) {
	const faceList = ids.map((face_id) => ({ face_id, start_time: 0, end_time: 8000 }));
	const data = {
		taskId: 'cl1',
		model: 'kling-identify-face',
		state: 'completed',
		faceData: { sessionId: 's-1', faceList },
	};
	const given: Record<string, unknown> = { identifyTaskId: 'cl1', ...parameters };
	const context = {
		getCurrentNodeParameter: (name: string) => given[name],
		getCredentials: async () => ({ apiKey: 'key', baseUrl: 'https://api.example' }),
		helpers: {
			httpRequest: async () => ({ statusCode: 200, headers: {}, body: { code: 200, data } }),
		},
	} as unknown as ILoadOptionsFunctions;
	return await getFaces.call(context);
}

const field = (id: string, displayName: string) => ({
	id,
	displayName,
	type: 'string',
	required: true,
	removed: false,
	defaultMatch: false,
	canBeUsedToMatch: false,
	display: true,
});
/** A face with its settings folded away. */
const face = (key: string, name: string, label = name) => [
	field(key, label),
	...SETTINGS.map(([id, setting]) => ({
		...field(`${key}:${id}`, `${name} · ${setting}`),
		type: 'number',
		required: false,
		removed: true,
	})),
];
const visible = ({ fields }: ResourceMapperFields) => fields.filter(({ display }) => display);
const hidden = ({ fields }: ResourceMapperFields) => fields.filter(({ display }) => !display);

it('each face is a field, with its settings folded away', async () => {
	expect(visible(await fieldsFor(['one', 'two']))).toEqual([
		...face('one', 'Face 1', 'Face 1 · 0–8 s · ID one'),
		...face('two', 'Face 2', 'Face 2 · 0–8 s · ID two'),
	]);
	expect(visible(await fieldsFor(['one'], { matchFacesBy: 'position' }))).toEqual(
		face('#1', 'Face 1', 'Face 1 · 0–8 s'),
	);
});

it('a new video has four faces by their position, and nobody is asked', async () => {
	expect(visible(await fieldsFor([], { faceSource: 'video' }))).toEqual(
		[1, 2, 3, 4].flatMap((number) => face(`#${number}`, `Face ${number}`)),
	);
});

it.each([
	[['face_009'], ['face_010', 'face_011', 'face_012', 'face_013', 'face_014']],
	[
		['0', '1'],
		['2', '3', '4', '5'],
	],
	[['one'], []],
	[['face_2', 'face_1'], []],
])('behind the faces %j the settings of %j are known beforehand', async (ids, following) => {
	expect(hidden(await fieldsFor(ids))).toEqual(
		following.flatMap((key) =>
			face(key, key)
				.slice(1)
				.map((setting) => ({ ...setting, display: false })),
		),
	);
});

describe('what is mapped', () => {
	const mapped = async (ids: string[], value: object | null, schema: unknown) =>
		await fieldsFor(ids, { faces: { mappingMode: 'defineBelow', value, schema } });

	it('stays when the video does not have it, and says so', async () => {
		const schema = [...face('two', 'Face 2'), ...face('#3', 'Face 3')];
		const value = { two: 'a', 'two:sound_volume': 0, '#3': 'b', 'one:sound_volume': '' };
		expect(visible(await mapped(['one'], value, schema)).slice(6)).toEqual([
			field('two', 'Not in this video: ID two'),
			{
				...field('two:sound_volume', 'Not in this video: ID two · Voice Volume'),
				type: 'number',
				required: false,
			},
			field('#3', 'Not in this video: Face 3'),
		]);
	});

	it.each([[null], [undefined], [[]]])('may be nothing (%j)', async (schema) => {
		expect(visible(await mapped(['one'], null, schema))).toHaveLength(6);
	});
});
