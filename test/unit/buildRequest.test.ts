import type { InputMedia, SentAudio } from '../../nodes/KlingLipSync/operations/inputMedia';
import { buildRequest } from '../../nodes/KlingLipSync/operations/lipSync/buildRequest';
import type { LipSyncInput } from '../../nodes/KlingLipSync/operations/lipSync/readParameters';
import type { Run } from '../../nodes/KlingLipSync/run/run';
import type { Voice, VoiceAudio } from '../../nodes/KlingLipSync/task/faceChoice';
import { voicesFromJson } from '../../nodes/KlingLipSync/task/faceChoice';
import { attemptAsync } from '../../nodes/KlingLipSync/task/problem';
import type { Session } from '../../nodes/KlingLipSync/task/session';

const VOICE = 'https://a.example/voice.mp3';
const LONG = 'https://a.example/long.mp3';
const LENGTHS: Record<string, number> = { [VOICE]: 5_000, [LONG]: 9_000 };

/** Audios as they are sent: links as they are, a binary field by a link that differs each time. */
const media = (asked: string[] = []) =>
	({
		async audio(itemIndex: number, audio: VoiceAudio, label: string): Promise<SentAudio> {
			asked.push(`${itemIndex} ${label}`);
			if ('audioId' in audio) return { identity: `id ${audio.audioId}`, name: audio.audioId };
			if ('field' in audio) {
				const value = `https://n8n.example/${audio.field}?signed=${Math.random()}`;
				return { value, identity: 'binary 7', name: 'voice.mp3', durationMs: 5_000 };
			}
			const { url } = audio;
			return { value: url, identity: url, name: url, durationMs: LENGTHS[url] };
		},
	}) as unknown as InputMedia;

const faces = [
	{ faceId: 'one', startTime: 0, endTime: 8_000 },
	{ faceId: 'two', startTime: 0, endTime: 8_000 },
];
const session: Session = { sessionId: 's-1', faces, videoMs: 8_000 };
const speaks = (face: string, audio: VoiceAudio, more: Partial<Voice> = {}): Voice => ({
	face,
	audio,
	timing: {},
	...more,
});
const input = (voices: Voice[], more: Partial<LipSyncInput> = {}): LipSyncInput => ({
	faceSource: 'identifyTask',
	choose: () => voices,
	common: {},
	originalSound: 'replace',
	extra: {},
	...more,
});
const built = async (
	given: LipSyncInput,
	of: Session = session,
	revision: 'audio' | 'video' = 'audio',
	asked?: string[],
) => await buildRequest({ access: { revision } } as Run, 3, given, of, media(asked));

const TIMES = { sound_start_time: 0, sound_end_time: 4_950, sound_insert_time: 0 };

describe('the request of a lip sync', () => {
	it('names the session and each face with its audio and times', async () => {
		const asked: string[] = [];
		const voices = [speaks('one', { url: VOICE }), speaks('#2', { field: 'voice' })];
		const { body, order } = await built(input(voices), session, 'audio', asked);
		expect(body).toEqual({
			model: 'kling-advanced-lip-sync',
			session_id: 's-1',
			face_choose: [
				{ face_id: 'one', sound_file: VOICE, original_audio_volume: 0, ...TIMES },
				{
					face_id: 'two',
					sound_file: expect.stringContaining('https://n8n.example/voice?signed='),
					original_audio_volume: 0,
					...TIMES,
				},
			],
		});
		expect(order).toEqual({
			videoDuration: 8,
			faces: [
				{ faceId: 'one', audio: VOICE, ...times(0, 4_950, 0) },
				{ faceId: 'two', audio: 'voice.mp3', ...times(0, 4_950, 0) },
			],
		});
		expect(asked).toEqual(['3 Face 1 ("one")', '3 Face 2 ("two")']);
	});

	const times = (soundStartTime: number, soundEndTime: number, soundInsertTime: number) => ({
		soundStartTime,
		soundEndTime,
		soundInsertTime,
	});

	it('names an audio of Kling by its id', async () => {
		const voice = speaks('one', { audioId: 'a-1' }, { timing: TIMES });
		const { body } = await built(input([voice]));
		const [choice] = body.face_choose as object[];
		expect(choice).toMatchObject({ face_id: 'one', audio_id: 'a-1' });
		expect(choice).not.toHaveProperty('sound_file');
	});

	it.each([
		['replace', {}, {}, 0],
		['keep', {}, {}, 1],
		[undefined, {}, {}, undefined],
		['keep', { original_audio_volume: 0.5 }, {}, 0.5],
		['keep', { original_audio_volume: 0.5 }, { original_audio_volume: 0.2 }, 0.2],
	] as const)(
		'lets the original sound be (%s), the options (%j), or what the face has of its own (%j)',
		async (originalSound, common, timing, volume) => {
			const voice = speaks('one', { url: VOICE }, { timing });
			const { body } = await built(input([voice], { originalSound, common }));
			expect((body.face_choose as Array<Record<string, unknown>>)[0].original_audio_volume).toBe(
				volume,
			);
		},
	);

	it('tells by how much the longest audio is cut, if any is', async () => {
		const long = speaks('two', { url: LONG });
		const cut = await built(input([speaks('one', { url: VOICE }), long]));
		expect(cut.order).toMatchObject({ audioCutMs: expect.any(Number) });
		expect(cut.order!.audioCutMs).toBeGreaterThanOrEqual(1_000);
		const uncut = await built(input([speaks('one', { url: VOICE })]));
		expect(uncut.order).not.toHaveProperty('audioCutMs');
	});

	it('brings what JSON and the options add', async () => {
		const voices = voicesFromJson([{ face_id: 'one', sound_file: VOICE, mood: 'calm' }]);
		const { body } = await built(input(voices, { extra: { seed: 7, session_id: 'mine' } }));
		expect(body).toMatchObject({ seed: 7, session_id: 'mine', face_choose: [{ mood: 'calm' }] });
	});

	it('notes the identify task and the reference', async () => {
		const voices = [speaks('one', { url: VOICE })];
		const { order } = await built(input(voices, { reference: 'row 7' }), {
			...session,
			identifyTaskId: 'cl0',
			videoMs: undefined,
		});
		expect(order).toMatchObject({ identifyTaskId: 'cl0', reference: 'row 7' });
		expect(order).not.toHaveProperty('videoDuration');
	});
});

describe('the same order', () => {
	const voice = (field: string) => [speaks('one', { field })];

	it('is told by its files, whose links differ each time', async () => {
		const [first, second] = [await built(input(voice('a'))), await built(input(voice('a')))];
		expect(first.body).not.toEqual(second.body);
		expect(first.identity).toEqual(second.identity);
	});

	it('is another one with another session, timing or further field', async () => {
		const { identity } = await built(input(voice('a')));
		for (const other of [
			await built(input(voice('a')), { ...session, sessionId: 's-2' }),
			await built(input([speaks('two', { field: 'a' })])),
			await built(input(voice('a'), { common: { sound_volume: 1.5 } })),
			await built(input(voice('a'), { extra: { seed: 7 } })),
			await built(input([speaks('one', { url: VOICE })])),
		])
			expect(other.identity).not.toEqual(identity);
	});

	it('of a video is told by the video, in whichever session its faces are found', async () => {
		const of = (sessionId: string, videoIdentity: string) => ({
			...session,
			sessionId,
			videoIdentity,
		});
		const { identity } = await built(input(voice('a')), of('s-1', 'binary 1'));
		expect((await built(input(voice('a')), of('s-2', 'binary 1'))).identity).toEqual(identity);
		expect((await built(input(voice('a')), of('s-1', 'binary 2'))).identity).not.toEqual(identity);
	});
});

describe('the request of the newer revision', () => {
	const newer = async (voices: Voice[], more: Partial<LipSyncInput> = {}) =>
		await built(input(voices, { reference: 'row 7', ...more }), session, 'video');

	it('drives one face', async () => {
		expect(await newer([speaks('#1', { url: VOICE })], { extra: { seed: 7 } })).toEqual({
			body: {
				model: 'kling-lip-sync-video',
				sessionId: 's-1',
				faceId: 'one',
				audioUrl: VOICE,
				seed: 7,
			},
			identity: [
				{ model: 'kling-lip-sync-video', sessionId: 's-1', faceId: 'one', audioUrl: VOICE },
				{ seed: 7 },
			],
			order: { reference: 'row 7', videoDuration: 8 },
		});
		const { body } = await newer([speaks('#1', { audioId: 'a-1' })]);
		expect(body).toMatchObject({ audioId: 'a-1' });
		expect(body).not.toHaveProperty('audioUrl');
	});

	it.each<[string, Voice[], Partial<LipSyncInput>]>([
		[
			'Only one face can speak in a video',
			[speaks('#1', { url: VOICE }), speaks('#2', { url: VOICE })],
			{},
		],
		[
			"'Start Speaking At (ms)' can't be used",
			[speaks('#1', { url: VOICE })],
			{ common: { sound_insert_time: 0 } },
		],
		[
			"'Voice Volume' can't be used",
			[speaks('#1', { url: VOICE }, { timing: { sound_volume: 2 } })],
			{},
		],
		[
			"'Original Sound' can't be set to 'Keep Underneath'",
			[speaks('#1', { url: VOICE })],
			{ originalSound: 'keep' },
		],
		["The audio can't be sent inside the request", [speaks('#1', { url: 'QUJD' })], {}],
	])('refuses what it would ignore: %s', async (message, voices, more) => {
		expect(await attemptAsync(async () => await newer(voices, more))).toMatchObject({
			kind: 'input',
			message,
			hint: expect.stringContaining("the API revision 'Video'"),
		});
	});
});
