import {
	isTimeout,
	mayPass,
	networkReason,
	wasNeverSent,
} from '../../nodes/KlingLipSync/api/networkErrors';

const failed = (code: string, message = 'it failed') => Object.assign(new Error(message), { code });

it.each([
	['ECONNABORTED', 'no response in time'],
	['ECONNREFUSED', 'connection refused'],
	['ECONNRESET', 'connection closed'],
	['EAI_AGAIN', 'host name not found'],
	['ENOTFOUND', 'host name not found'],
	['EPIPE', 'connection closed'],
	['EPROTO', 'no secure connection'],
	['ERR_INVALID_URL', 'not a valid address'],
	['ETIMEDOUT', 'no response in time'],
])('tells %s in words, wherever it stands', (code, reason) => {
	expect(networkReason(failed(code))).toBe(reason);
	expect(networkReason(new Error('wrapped', { cause: { code } }))).toBe(reason);
	expect(networkReason({ code })).toBe(reason);
});

it('tells any other failure as it says itself, without codes and not at length', () => {
	expect(networkReason(failed('EUNHEARDOF', 'read ESTRANGE from EUNHEARDOF'))).toBe('read  from ');
	expect(networkReason(new Error('x'.repeat(300)))).toBe('x'.repeat(200));
	expect(networkReason(new Error('EU rules'))).toBe('EU rules');
	expect(networkReason({ code: 'EODD' })).toBe('EODD');
	expect(networkReason(undefined)).toBe('');
});

it.each([
	...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ERR_INVALID_URL'],
	...['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
	...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
])('knows that nothing was sent after %s', (code) => {
	expect(wasNeverSent(failed(code))).toBe(true);
	expect(wasNeverSent(new Error('wrapped', { cause: { code } }))).toBe(true);
});

it.each([
	'Unsupported protocol gopher:',
	'SSL routines: wrong version number',
	'ssl3 alert handshake failure',
])('knows that nothing was sent after "%s"', (message) => {
	expect(wasNeverSent(new Error(message))).toBe(true);
});

it('knows that nothing was sent where n8n forbids the address', () => {
	class SsrfBlockedIpError extends Error {}
	expect(wasNeverSent(new SsrfBlockedIpError('no'))).toBe(true);
	expect(wasNeverSent(Object.assign(new Error('no'), { name: 'SsrfBlockedIpError' }))).toBe(true);
});

it.each([
	failed('ECONNRESET'),
	failed('EPIPE'),
	failed('ETIMEDOUT'),
	failed('X_CERT_'),
	failed('', 'said: Unsupported protocol'),
	{ code: 'EPROTO' },
	undefined,
])('takes a request for sent after anything else (%p)', (error) => {
	expect(wasNeverSent(error)).toBe(false);
});

it('tells that no answer came in time from all else', () => {
	const codes = ['ECONNABORTED', 'ETIMEDOUT', 'ECONNRESET', ''];
	expect(codes.map((code) => isTimeout(failed(code)))).toEqual([true, true, false, false]);
});

it('expects 408, 429 and 5xx to pass, and nothing else', () => {
	const statuses = [200, 302, 400, 401, 404, 407, 408, 409, 428, 429, 430, 499, 500, 503, 599];
	expect(statuses.filter(mayPass)).toEqual([408, 429, 500, 503, 599]);
});
