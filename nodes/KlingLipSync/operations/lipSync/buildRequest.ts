import type { IDataObject } from 'n8n-workflow';

import type { CreateBody } from '../../api/tasks';
import type { Run } from '../../run/run';
import type { TaskRequest } from '../../run/submit';
import type { AudioTimes, Timing } from '../../task/audioTiming';
import { audioTimes, intervalOf } from '../../task/audioTiming';
import type { FaceChoice, FaceVoice } from '../../task/faceChoice';
import { findFaces } from '../../task/faceChoice';
import type { Session } from '../../task/session';
import { MODELS } from '../../task/task';
import type { SpeakingFace } from '../../task/itemJson';
import type { InputMedia, SentAudio } from '../inputMedia';
import type { LipSyncInput, OriginalSound } from './readParameters';
import { videoRevisionBody } from './videoRevisionRequest';

/** Volumes of the video's own sound, where the user gives no number: 0 is silent, 1 leaves it as it is. */
const ORIGINAL_VOLUMES: Record<OriginalSound, number> = { replace: 0, keep: 1 };

/** A voice with the audio as it is sent. */
interface SentVoice {
	voice: FaceVoice;
	audio: SentAudio;
}

/** A voice with the times that are sent. */
interface TimedVoice extends SentVoice {
	timing: Timing;
	times: AudioTimes;
	cutMs: number;
}

/**
 * The request that drives the chosen faces of an item's session. Their audios are looked at, each once
 * a run.
 *
 * @throws Problem naming the face and what can't hold
 */
export async function buildRequest(
	run: Run,
	itemIndex: number,
	input: LipSyncInput,
	session: Session,
	media: InputMedia,
): Promise<TaskRequest> {
	const voices: SentVoice[] = [];
	for (const voice of findFaces(input.choose(session.faces), session.faces)) {
		voices.push({ voice, audio: await media.audio(itemIndex, voice.audio, voice.label) });
	}
	return run.access.revision === 'video'
		? videoRevisionRequest(input, session, voices)
		: faceChooseRequest(input, session, voices);
}

function faceChooseRequest(
	input: LipSyncInput,
	session: Session,
	voices: SentVoice[],
): TaskRequest {
	const timed = voices.map((sent) => timedVoice(sent, input, session));
	const audioCutMs = Math.max(...timed.map(({ cutMs }) => cutMs));
	const body = {
		model: MODELS.lipSync,
		session_id: session.sessionId,
		face_choose: timed.map((voice) => faceChoice(voice) as unknown as IDataObject),
	};
	return {
		...request(body, input, session, voices),
		order: {
			...orderOf(input, session),
			...(audioCutMs > 0 && { audioCutMs }),
			faces: timed.map(speakingFace),
		},
	};
}

function videoRevisionRequest(
	input: LipSyncInput,
	session: Session,
	voices: SentVoice[],
): TaskRequest {
	const keepsOriginalSound = input.originalSound === 'keep';
	const body = videoRevisionBody(session.sessionId, voices, input.common, keepsOriginalSound);
	return { ...request(body, input, session, voices), order: orderOf(input, session) };
}

function timedVoice(sent: SentVoice, input: LipSyncInput, { videoMs }: Session): TimedVoice {
	const { voice, audio } = sent;
	const { originalSound, common } = input;
	const originalVolume = originalSound && ORIGINAL_VOLUMES[originalSound];
	const timing = {
		...(originalVolume !== undefined && { original_audio_volume: originalVolume }),
		...common,
		...voice.timing,
	};
	const interval = voice.known && intervalOf(voice.known);
	const lengths = { audioMs: audio.durationMs, interval, videoMs };
	return { ...sent, timing, ...audioTimes(timing, lengths, voice.label) };
}

function faceChoice({ voice, audio, timing, times }: TimedVoice): FaceChoice {
	return {
		...voice.extra,
		face_id: voice.faceId,
		...('audioId' in voice.audio ? { audio_id: voice.audio.audioId } : { sound_file: audio.value }),
		...timing,
		...times,
	};
}

function speakingFace({ voice, audio, times }: TimedVoice): SpeakingFace {
	return {
		faceId: voice.faceId,
		audio: audio.name,
		soundStartTime: times.sound_start_time,
		soundEndTime: times.sound_end_time,
		soundInsertTime: times.sound_insert_time,
	};
}

function orderOf({ reference }: LipSyncInput, { identifyTaskId, videoMs }: Session) {
	return {
		...(identifyTaskId && { identifyTaskId }),
		...(reference && { reference }),
		...(videoMs !== undefined && { videoDuration: videoMs / 1000 }),
	};
}

/**
 * The same order is told by all that is sent, the files by what stays the same about them. A session
 * that this node opens itself is told by its video: when it has expired, another one serves the same
 * order, whose task may exist already.
 */
function request(
	body: CreateBody,
	{ extra }: LipSyncInput,
	{ sessionId, videoIdentity }: Session,
	voices: SentVoice[],
): Pick<TaskRequest, 'body' | 'identity'> {
	const lasting = new Map(voices.map(({ audio }) => [audio.value, audio.identity]));
	if (videoIdentity !== undefined) lasting.set(sessionId, videoIdentity);
	const order = JSON.parse(
		JSON.stringify(body, (_, value) =>
			typeof value === 'string' ? (lasting.get(value) ?? value) : value,
		),
	);
	return { body: { ...body, ...extra }, identity: [order, extra] };
}
