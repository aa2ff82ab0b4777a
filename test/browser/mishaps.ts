/** What can go wrong in the panel of Lip Sync, for the tests and for the pictures of the documentation. */

import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import type { EmulatorSettings } from '../emulator/settings';
import type { Stage } from './stage';

export interface Mishap {
	/** What the user has done, as the name of a test. */
	what: string;
	/** Beside a good video and a good audio, which these replace. */
	lipSync: INodeParameters;
	api?: Partial<EmulatorSettings>;
	/** Over those of a good credential. */
	credential?: ICredentialDataDecryptedObject;
	/** What the panel says of it: what happened, and what to do. */
	message: RegExp;
	/** How many tasks were paid for. */
	paid?: number;
	/** Says less where there is none, and so makes no picture. */
	needsInternet?: boolean;
}

/** By the name of the picture. */
export const MISHAPS: Record<string, Mishap> = {
	'wrong-key': {
		what: 'the API key is wrong',
		lipSync: {},
		credential: { apiKey: 'not-the-key' },
		message: /The API does not accept the API key[^]*Open the credential, paste a valid API key/,
	},
	'no-credits': {
		what: 'the account is empty',
		lipSync: {},
		api: { noCreditsKey: 'poor-key' },
		credential: { apiKey: 'poor-key' },
		message: /The account has no credits left[^]*Top up the account/,
	},
	'sharing-link': {
		what: 'the link is one to share a file with people',
		lipSync: { videoUrl: 'https://drive.google.com/file/d/1a2B3c4D5e6F7g8H9i0J/view?usp=sharing' },
		message:
			/Google Drive[^]*https:\/\/drive\.google\.com\/uc\?export=download&id=1a2B3c4D5e6F7g8H9i0J/,
		needsInternet: true,
	},
	'failed-task': {
		what: 'Kling finds no face',
		lipSync: {},
		api: { failWith: 'Face detection failed: no faces found' },
		message: /Identify Face failed: Face detection failed: no faces found[^]*large, well lit/,
		paid: 1,
	},
	'no-identify-task': {
		what: 'the ID of the identify task comes to nothing',
		lipSync: { faceSource: 'identifyTask', identifyTaskId: '={{ $json.taskId }}' },
		message: /No identify task is given[^]*'Faces From' to 'New Video'/,
	},
	'no-video': {
		what: 'the field with the video is empty',
		lipSync: { videoUrl: '={{ $json.noSuchField }}' },
		message: /The URL of the video is missing/,
	},
	'no-audio': {
		what: 'the field with the audio is empty',
		lipSync: { audioUrl: '={{ $json.noSuchField }}' },
		message: /The URL of the audio .*is missing/,
	},
	'no-file': {
		what: 'the input has no file under that name',
		lipSync: { audioSource: 'binary', audioBinaryPropertyName: 'voice' },
		message: /expects the node's input data to contain a binary file 'voice', but none was found/,
	},
	'short-audio': {
		what: 'the audio is cut to less than Kling takes',
		lipSync: { options: { soundStartTime: 1000, soundEndTime: 2500 } },
		message: /The part of the audio of Face 1 is too short[^]*at least 2000 ms after/,
	},
	'no-such-face': {
		what: 'the video has fewer faces than were asked for',
		lipSync: { faceId: '#4' },
		message: /There is no Face 4 in this video/,
		paid: 1,
	},
	'not-public': {
		what: 'n8n does not know its public address',
		lipSync: {
			videoUrl: 'https://example.com/interview.mp4',
			audioUrl: 'https://example.com/voice.mp3',
			waitMode: 'callback',
			options: { checkMedia: false, soundEndTime: 5000 },
		},
		credential: { baseUrl: 'https://api.example.com' },
		message: /can't be reached from the internet[^]*WEBHOOK_URL/,
	},
	'no-trigger': {
		what: 'the result is to go to a trigger, and there is none',
		lipSync: { waitMode: 'trigger' },
		message: /There is no Kling Lip Sync Trigger in this workflow[^]*Add one and publish/,
	},
};

/** A Lip Sync that has the mishap, once it is run; its API is set up for that, too. */
export async function mishapNode(
	{ api, clip, credential, credentialWith, kling }: Stage,
	{ lipSync, api: settings, credential: wrong }: Mishap,
) {
	Object.assign(api.settings, { faces: 3, failWith: null, ...settings });
	return kling(
		'Lip Sync',
		{ ...clip, ...lipSync },
		{ credentials: { klingLipSyncApi: wrong ? await credentialWith(wrong) : credential } },
	);
}
