import { LARGEST, findAudioFault, findTimingFault, findVideoFault } from './mediaRules';
import type { MediaOpener } from './media';
import { reportOf, type MediaReport } from './mediaReport';
import { IDENTIFY, LIP_SYNC } from './models';
import { isWebUrl, type CreateRequest, type FaceChoice } from './requests';
import type { EmulatorSettings } from './settings';
import type { Session, Task } from './tasks';

interface AudioSource {
	/** The name of the field, for messages. */
	name: string;
	/** A URL, or the file in Base64; left out where there is an `audio_id` in its place. */
	file?: string;
	/** Where the choice is in the request, and the choice, when it has times. */
	at?: string;
	choice?: FaceChoice;
}

function audioSources(request: CreateRequest): AudioSource[] {
	if (request.model !== LIP_SYNC) return [{ name: 'audioUrl', file: request.audioUrl }];
	return (request.face_choose ?? []).map((choice, index) => {
		const at = `face_choose[${index}]`;
		return { name: `${at}.sound_file`, file: choice.sound_file, at, choice };
	});
}

/** Judges requests by the media that they name, as Kling's reference describes it. */
export class Judge {
	private readonly settings: EmulatorSettings;

	private readonly media: MediaOpener;

	constructor({ settings, media }: { settings: EmulatorSettings; media: MediaOpener }) {
		this.settings = settings;
		this.media = media;
	}

	/** Why a lip sync, whose form is right, is refused; null when it isn't. */
	async findLipSyncFault(request: CreateRequest, session: Session): Promise<string | null> {
		const faults = await Promise.all(
			audioSources(request).map(async (source) => await this.findSourceFault(source, session)),
		);
		return faults.find((fault) => fault !== null) ?? null;
	}

	private async findSourceFault(
		{ name, file, at, choice }: AudioSource,
		{ faces, videoMs }: Session,
	): Promise<string | null> {
		let audioMs: number | undefined;
		if (file !== undefined) {
			const audio = await this.openAudio(file);
			if (audio.fault !== null) return `${name} ${audio.fault}`;
			audioMs = audio.report?.ms;
		}
		const face = faces.find(({ face_id: id }) => id === choice?.face_id);
		const fault = choice && face && findTimingFault(choice, { audioMs, videoMs, face });
		return fault ? `${at}: ${fault}` : null;
	}

	private async openAudio(file: string): Promise<{ fault: string | null; report?: MediaReport }> {
		const opened = isWebUrl(file)
			? await this.media.open(file, { largest: LARGEST.audio })
			: await this.decode(file);
		if (opened.fault !== null || !opened.report) return { fault: opened.fault };
		return { fault: findAudioFault(opened.report), report: opened.report };
	}

	private async decode(base64: string) {
		const bytes = Buffer.from(base64, 'base64');
		if (bytes.length > LARGEST.audio) return { fault: 'is larger than 5 MB' };
		return { fault: null, report: await reportOf(bytes) };
	}

	/**
	 * Opens the media of a task that was created. Yields why the task fails, where it does, and the length (ms)
	 * of the video, where it was looked at.
	 */
	async lookAt(task: Task): Promise<{ failMsg?: string; videoMs?: number }> {
		if (this.settings.strict) return task.model === IDENTIFY ? await this.lookAtVideo(task) : {};
		return this.settings.fetchMedia ? await this.fetchAll(task) : {};
	}

	private async lookAtVideo({ taskId, request }: Task) {
		const { video_url: url = '' } = request;
		const video = await this.media.open(url, { taskId, largest: LARGEST.video });
		if (video.fault !== null) return { failMsg: `video_url ${video.fault}` };
		const fault = video.report && findVideoFault(video.report);
		return fault ? { failMsg: `video_url ${fault}` } : { videoMs: video.report?.ms };
	}

	private async fetchAll({ taskId, model, request }: Task) {
		const sources: AudioSource[] =
			model === IDENTIFY ? [{ name: 'video_url', file: request.video_url }] : audioSources(request);
		const faults = await Promise.all(
			sources.map(async ({ name, file }) => {
				if (!isWebUrl(file)) return null;
				const { fault } = await this.media.open(file, { taskId });
				return fault && `${name} ${fault}`;
			}),
		);
		return { failMsg: faults.find((fault) => fault !== null) ?? undefined };
	}
}
