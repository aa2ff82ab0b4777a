/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */

import { parseArgs } from 'node:util';
import { startEmulator, type EmulatorOptions } from '.';
import type { Delivery } from './callbacks';
import type { LogEntry } from './requests';
import type { EmulatorSettings } from './settings';

interface SettingOption {
	setting: keyof EmulatorSettings;
	read: (text: string) => EmulatorSettings[keyof EmulatorSettings];
	hint: string;
}

const number = (value: string) => {
	const parsed = Number(value);
	if (Number.isNaN(parsed)) throw new Error(`"${value}" is not a number`);
	return parsed;
};
const text = (value: string) => value;
const pairs = (value: string) =>
	Object.fromEntries(value.split(',').map((pair) => pair.split('=') as [string, string]));

const settingOptions: Record<string, SettingOption> = {
	key: { setting: 'apiKey', read: text, hint: 'the accepted API key (test-key)' },
	'no-credits-key': {
		setting: 'noCreditsKey',
		read: text,
		hint: 'a key whose account has no credits',
	},
	'identify-ms': {
		setting: 'identifyMs',
		read: number,
		hint: 'how long an identify task takes, ms (3000)',
	},
	'lip-sync-ms': {
		setting: 'lipSyncMs',
		read: number,
		hint: 'how long a lip sync task takes, ms (6000)',
	},
	'latency-ms': { setting: 'latencyMs', read: number, hint: 'delay before each answer, ms (0)' },
	faces: { setting: 'faces', read: number, hint: 'faces found in a video (2)' },
	'fail-with': { setting: 'failWith', read: text, hint: 'let every task fail with this message' },
	'result-bytes': { setting: 'resultBytes', read: number, hint: 'size of the result file, bytes' },
	callbacks: { setting: 'callbacks', read: text, hint: 'normal, dropped or twice (normal)' },
	'video-duration': {
		setting: 'videoDuration',
		read: number,
		hint: 'how long every video is, s (as long as it is)',
	},
	vocabulary: {
		setting: 'vocabulary',
		read: text,
		hint: 'whose names results have, vendor or kling (vendor)',
	},
	'state-names': {
		setting: 'stateNames',
		read: pairs,
		hint: 'other names of states, as in pending=queued,processing=running',
	},
	'face-ids': { setting: 'faceIds', read: text, hint: 'string or number (string)' },
	'face-times': { setting: 'faceTimes', read: text, hint: 'unit of intervals, ms or s (ms)' },
	'unknown-for-ms': {
		setting: 'unknownForMs',
		read: number,
		hint: "how long a new task can't be found, ms (0)",
	},
	'results-host': { setting: 'resultsHost', read: text, hint: 'base URL of result files' },
};

function printHelp() {
	const lines = Object.entries(settingOptions).map(
		([name, { hint }]) => `  --${`${name} …`.padEnd(20)} ${hint}`,
	);
	console.log(
		[
			'Usage: npm run emulator -- [options]',
			'',
			`  --${'port …'.padEnd(20)} port on 127.0.0.1 (4010)`,
			...lines,
			`  --${'lenient'.padEnd(20)} judge requests by the vendor's page alone, and open no media`,
			`  --${'fetch-media'.padEnd(20)} open them all the same, without a look at what is in them`,
			`  --${'help'.padEnd(20)} this text`,
			'',
			'Media to try: /files/sample/video.mp4, voice.mp3, silence.wav?ms=3300, blank.mp4?ms=3000&width=640&height=640 …',
			'While it runs: GET /_emulator/log, PUT /_emulator/settings, POST /_emulator/faults, POST /_emulator/reset',
		].join('\n'),
	);
}

function readOptions() {
	const names = Object.keys(settingOptions);
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '4010' },
			lenient: { type: 'boolean', default: false },
			'fetch-media': { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
			...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
		},
	});
	const given = names.flatMap((name) => {
		const value = (values as Record<string, unknown>)[name];
		const { setting, read } = settingOptions[name];
		return typeof value === 'string' ? [[setting, read(value)]] : [];
	});
	return {
		help: values.help,
		port: number(values.port),
		strict: !values.lenient,
		fetchMedia: values['fetch-media'],
		...(Object.fromEntries(given) as Partial<EmulatorSettings>),
	};
}

const printEvent: EmulatorOptions['onEvent'] = (kind, entry) => {
	const { at, model, taskId, fault, status, error, ...more } = entry as Partial<
		LogEntry & Delivery
	>;
	const what =
		kind === 'callback' ? `${more.url} (attempt ${more.attempt})` : `${more.method} ${more.path}`;
	const details = [model, taskId, fault && `fault: ${fault}`].filter(Boolean).join(' ');
	console.log(
		`${new Date(at ?? 0).toISOString()} ${kind.padEnd(8)} ${status ?? error} ${what} ${details}`.trimEnd(),
	);
};

async function main() {
	const { help, ...options } = readOptions();
	if (help) return printHelp();
	const api = await startEmulator({ ...options, onEvent: printEvent });
	console.log(`Base URL  ${api.url}`);
	console.log(`API key   ${api.settings.apiKey}`);
	console.log(`Video     ${api.url}/files/sample/video.mp4`);
	console.log(`Audio     ${api.url}/files/sample/voice.mp3`);
	for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void api.close());
}

main().catch((error: Error) => {
	console.error(error.message);
	process.exitCode = 1;
});
