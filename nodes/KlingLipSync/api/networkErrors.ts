const NETWORK_REASONS: Record<string, string> = {
	ECONNABORTED: 'no response in time',
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'connection closed',
	EAI_AGAIN: 'host name not found',
	ENOTFOUND: 'host name not found',
	EPIPE: 'connection closed',
	EPROTO: 'no secure connection',
	ERR_INVALID_URL: 'not a valid address',
	ETIMEDOUT: 'no response in time',
};

/** A failed request in words, and without the codes that n8n would replace a whole message for. */
export function networkReason(error: unknown): string {
	const code = codeOf(error);
	return (
		NETWORK_REASONS[code] ??
		(error instanceof Error ? error.message.slice(0, 200).replace(/\bE[A-Z]{4,}\b/g, '') : code)
	);
}

/** Whether a request failed before its first byte left; after any other failure the API may have acted. */
export function wasNeverSent(error: unknown): boolean {
	const neverSent =
		/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_|CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;
	if (neverSent.test(codeOf(error))) return true;
	if (!(error instanceof Error)) return false;
	const { name, message, constructor } = error;
	return (
		/^Unsupported protocol|wrong version number|handshake failure/.test(message) ||
		(name + constructor.name).includes('SsrfBlocked')
	);
}

/** Whether a request got no answer in time. */
export function isTimeout(error: unknown): boolean {
	return ['ECONNABORTED', 'ETIMEDOUT'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
	const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
	return String(code ?? cause?.code ?? '');
}

/** Whether what an HTTP status tells goes away by itself, so that asking again may help. */
export function mayPass(status: number): boolean {
	return status === 429 || status === 408 || status >= 500;
}
