import type { HandOver } from '../media/binaryFile';
import { inputFile } from '../media/binaryFile';
import { MediaChecks } from '../media/checkMedia';
import { linkOf, optionsOf, textOf } from '../run/parameters';
import type { Run } from '../run/run';
import type { VoiceAudio } from '../task/faceChoice';
import { requireReachable } from '../task/publicAddress';
import { checkedUrl } from '../task/checkUrl';
import { base64Of } from '../task/parseInput';

/** A medium of an item as it is sent, with what the look at it has told. */
export interface SentMedium {
	/** A link, or the file itself as Base64. */
	value: string;
	/** What stays the same when the request is built again: links to files differ each time. */
	identity: string;
	/** How people know it: the link, or the name of the file. */
	name: string;
	/** Undefined where it could not be found out. */
	durationMs?: number;
}

/** An audio as it is sent; one that Kling made is named by its id alone. */
export type SentAudio = Omit<SentMedium, 'value'> & { value?: string };

const ADVICE =
	'The file must be at an address that anyone on the internet can open. Nothing was sent or charged.';

/** The media that the items of a run mean. Each is looked at once, and handed over once. */
export class InputMedia {
	private readonly looks: MediaChecks;

	private readonly sent = new Map<string, Promise<SentMedium>>();

	constructor(private readonly run: Run) {
		this.looks = new MediaChecks(run.context, run.signal);
	}

	/**
	 * The video of an item.
	 *
	 * @throws Problem before anything is spent, when it can't be used
	 */
	async video(itemIndex: number): Promise<SentMedium> {
		const { context } = this.run;
		if (textOf(context, 'videoSource', itemIndex) === 'binary') {
			return await this.file(
				itemIndex,
				textOf(context, 'videoBinaryPropertyName', itemIndex),
				'video',
			);
		}
		return await this.link(itemIndex, linkOf(context, 'videoUrl', itemIndex), 'video', 'video');
	}

	/**
	 * The audio of a voice.
	 *
	 * @param label the face that it is for, for messages
	 * @throws Problem before anything is spent, when it can't be used
	 */
	async audio(itemIndex: number, audio: VoiceAudio, label: string): Promise<SentAudio> {
		if ('audioId' in audio) {
			return { identity: `id ${audio.audioId}`, name: audio.audioId };
		}
		if ('field' in audio) return await this.file(itemIndex, audio.field, 'audio');
		const base64 = base64Of(audio.url);
		return base64 === undefined
			? await this.link(itemIndex, audio.url, 'audio', `audio of ${label}`)
			: await this.inline(itemIndex, base64, `audio of ${label}`);
	}

	private async inline(itemIndex: number, base64: string, name: string): Promise<SentMedium> {
		const { durationMs } = this.checks(itemIndex) ? this.looks.atBytes(base64, name) : {};
		return { value: base64, identity: base64, name, durationMs };
	}

	private async link(
		itemIndex: number,
		given: string,
		kind: 'video' | 'audio',
		what: string,
	): Promise<SentMedium> {
		const url = checkedUrl(given, what);
		requireReachable(url, this.run.access.baseUrl, `The URL of the ${what}`, ADVICE);
		const { durationMs } = this.checks(itemIndex) ? await this.looks.atUrl(url, kind) : {};
		return { value: url, identity: url, name: url, durationMs };
	}

	private async file(
		itemIndex: number,
		field: string,
		kind: 'video' | 'audio',
	): Promise<SentMedium> {
		const key = `${itemIndex} ${kind} ${field}`;
		const known = this.sent.get(key) ?? this.handOver(itemIndex, field, kind);
		this.sent.set(key, known);
		return await known;
	}

	private async handOver(
		itemIndex: number,
		field: string,
		kind: 'video' | 'audio',
	): Promise<SentMedium> {
		const { context, access } = this.run;
		const transfer = String(optionsOf(context, itemIndex).audioTransfer ?? 'auto');
		const file = inputFile(context, itemIndex, field, {
			kind,
			apiBaseUrl: access.baseUrl,
			transfer: kind === 'video' ? 'link' : (transfer as HandOver['transfer']),
		});
		const { durationMs } = this.checks(itemIndex) ? await this.looks.atFile(file.data, kind) : {};
		const { name, identity } = file;
		return { value: await file.send(), identity, name, durationMs };
	}

	private checks(itemIndex: number): boolean {
		return optionsOf(this.run.context, itemIndex).checkMedia !== false;
	}
}
