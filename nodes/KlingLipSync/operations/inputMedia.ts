import type { Media } from '../media/inputFile';
import { linkToFile } from '../media/inputFile';
import type { Run } from '../run/run';
import { checkedUrl } from '../task/userInput';

/** The parameters that a medium is read from. */
interface MediaParameters {
	kind: 'video' | 'audio';
	source: string;
	url: string;
	binary: string;
}

/** The parameters of the video, and of the one audio for all faces. */
export const VIDEO: MediaParameters = {
	kind: 'video',
	source: 'videoSource',
	url: 'videoUrl',
	binary: 'videoBinaryPropertyName',
};
export const AUDIO: MediaParameters = {
	kind: 'audio',
	source: 'audioSource',
	url: 'audioUrl',
	binary: 'audioBinaryPropertyName',
};

/**
 * The medium that the user chose for an item, as a URL that the vendor can open.
 *
 * @throws Problem before anything is spent, when it can't be used
 */
export async function mediaOf(
	run: Run,
	itemIndex: number,
	parameters: MediaParameters,
): Promise<Media> {
	const { context, access } = run;
	if (context.getNodeParameter(parameters.source, itemIndex, 'url') === 'binary') {
		const property = context.getNodeParameter(parameters.binary, itemIndex) as string;
		return await linkToFile(context, access.baseUrl, itemIndex, property, parameters.kind);
	}
	const url = checkedUrl(context.getNodeParameter(parameters.url, itemIndex, ''), parameters.kind);
	return { url, identity: url };
}
