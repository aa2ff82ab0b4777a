import { inputProblem } from './problem';

const PRIVATE_V4 = [
	/^0\./,
	/^10\./,
	/^127\./,
	/^169\.254\./,
	/^192\.168\./,
	/^172\.(1[6-9]|2\d|3[01])\./,
	/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
];
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|lan|home|test|invalid)$/;

/** Whether only machines of the same network can reach this host (RFC 1918, 4193, 3927, 6598, 6762). */
export function isPrivateHost(hostname: string): boolean {
	const host = hostname
		.toLowerCase()
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '');
	if (host.includes(':')) {
		const v4 = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host);
		if (v4) return isPrivateHost(dotted(v4[1], v4[2]));
		return host === '::1' || host === '::' || /^(f[cd]|fe[89ab])/.test(host);
	}
	if (/^\d+(\.\d+){3}$/.test(host)) return PRIVATE_V4.some((range) => range.test(host));
	return !host.includes('.') || PRIVATE_NAME.test(host);
}

/**
 * Refuses a URL of this n8n that the vendor could not open. Nothing is refused while the API itself
 * runs in a private network: then it is a neighbour, and reaches what the public can't.
 *
 * @param url the URL that would be handed to the vendor
 * @param apiBaseUrl the credential's base URL
 * @param use what the URL is for, as the subject of the message
 * @param advice what to do when the URL is not one that n8n made
 * @throws Problem naming n8n's setting
 */
export function requireReachable(
	url: string,
	apiBaseUrl: string,
	use: string,
	advice?: string,
): void {
	if (!URL.canParse(url))
		throw inputProblem(`${use} is not a web address: ${url.slice(0, 200)}`, advice);
	const { protocol, hostname, origin } = new URL(url);
	if (protocol !== 'https:' && protocol !== 'http:') {
		throw inputProblem(`${use} must start with https:// or http://`, advice);
	}
	if (!isPublic(apiBaseUrl) || !isPrivateHost(hostname)) return;
	throw inputProblem(
		`${use} can't be reached from the internet: ${origin}`,
		advice ??
			'Set the environment variable WEBHOOK_URL of n8n (N8N_WEBHOOK_URL in newer versions) to the public URL of this n8n and restart it. Nothing was sent or charged.',
	);
}

/** What is no address at all is told by whoever sends a request to it. */
function isPublic(apiBaseUrl: string): boolean {
	return /^https?:/i.test(apiBaseUrl) && URL.canParse(apiBaseUrl)
		? !isPrivateHost(new URL(apiBaseUrl).hostname)
		: false;
}

function dotted(high: string, low: string): string {
	const [a, b] = [parseInt(high, 16), parseInt(low, 16)];
	return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}
