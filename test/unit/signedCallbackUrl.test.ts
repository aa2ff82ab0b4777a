import { readSignedQuery, signedTriggerUrl } from '../../nodes/KlingLipSync/task/signedCallbackUrl';
import { ownTriggerUrl } from '../../nodes/KlingLipSync/wait/ownTrigger';
import { isPrivateHost, requireReachable } from '../../nodes/KlingLipSync/task/publicAddress';
import { problemOf } from './problemOf';

const API = 'https://apimodels.app';

describe('hosts', () => {
	it.each([
		'localhost',
		'LOCALHOST',
		'a.localhost',
		'n8n',
		'n8n.local',
		'n8n.lan',
		'n8n.internal',
		'n8n.local.',
		'127.0.0.1',
		'127.9.9.9',
		'10.0.0.1',
		'172.16.0.1',
		'172.31.255.255',
		'192.168.1.1',
		'169.254.1.1',
		'100.64.0.1',
		'100.127.0.1',
		'0.0.0.0',
		'[::1]',
		'[::]',
		'[fe80::1]',
		'[febf::1]',
		'[fc00::1]',
		'[fd12:3456::1]',
		'[::ffff:127.0.0.1]',
		'[::ffff:192.168.0.1]',
		'2130706433',
		'0x7f.1',
	])('%s can not be reached from outside', (host) => {
		expect(isPrivateHost(new URL(`http://${host}/`).hostname)).toBe(true);
	});

	it.each([
		'n8n.example.com',
		'example.com.',
		'localhost.example.com',
		'local.example.com',
		'mylocal.org',
		'8.8.8.8',
		'172.15.0.1',
		'172.32.0.1',
		'100.63.0.1',
		'100.128.0.1',
		'192.169.0.1',
		'11.0.0.1',
		'10.example.com',
		'1.2.3.4.example.com',
		'fd.example.com',
		'[2001:fd00::1]',
		'[2001:db8::ffff:7f00:1]',
		'[2001:db8::1]',
		'[2606:4700::1111]',
		'[::ffff:8.8.8.8]',
		'fd.example.com',
	])('%s can be reached from outside', (host) => {
		expect(isPrivateHost(new URL(`http://${host}/`).hostname)).toBe(false);
	});
});

describe('a URL that can not be opened', () => {
	const refusal = (url: string) =>
		problemOf(() => requireReachable(url, API, 'The URL', 'Advice.'));

	it('is named, but not without end', () => {
		expect(refusal('no url')).toMatchObject({
			message: 'The URL is not a web address: no url',
			hint: 'Advice.',
		});
		expect(refusal('x'.repeat(900)).message).toBe(
			`The URL is not a web address: ${'x'.repeat(200)}`,
		);
	});

	it('must be one of the web', () => {
		expect(refusal('ftp://a.example.com/').message).toBe(
			'The URL must start with https:// or http://',
		);
		for (const url of ['https://a.example.com/', 'http://a.example.com/'])
			expect(() => requireReachable(url, API, 'The URL')).not.toThrow();
	});

	it('is refused for an API at a plain http address, too', () => {
		const check = () => requireReachable('http://10.0.0.1/', 'http://apimodels.app', 'The URL');
		expect(problemOf(check).message).toContain("can't be reached");
	});
});

describe('a URL that the vendor is to open', () => {
	it('is refused when it is private, naming the setting of n8n', () => {
		const problem = problemOf(() => requireReachable('http://localhost:5678/x', API, 'The URL'));
		expect(problem.kind).toBe('input');
		expect(problem.message).toContain('http://localhost:5678');
		expect(problem.hint).toContain('WEBHOOK_URL');
	});

	it('may be private while the API itself is', () => {
		for (const api of ['http://127.0.0.1:9', 'http://emulator:8080', 'http://10.1.1.1'])
			expect(() => requireReachable('http://localhost:5678/x', api, 'The URL')).not.toThrow();
	});

	it('is refused when it is no web address, whatever the API', () => {
		for (const url of ['', 'no url', 'ftp://example.com/x', 'javascript:alert(1)', 'file:///etc'])
			expect(problemOf(() => requireReachable(url, 'http://localhost', 'The URL')).kind).toBe(
				'input',
			);
	});

	it.each(['', 'no url', 'ftp://api.example.com'])(
		'is left alone while the Base URL is %p: the first request tells of that',
		(baseUrl) => {
			expect(() => requireReachable('http://localhost/', baseUrl, 'The URL')).not.toThrow();
		},
	);
});

describe("the URL of the workflow's own trigger", () => {
	it('is derived from the URL at which executions wait', () => {
		const url = (resume: string, id: string) => ownTriggerUrl(resume, id);
		expect(url('https://n8n.example.com/webhook-waiting/12?signature=ab', 'wf1')).toBe(
			'https://n8n.example.com/webhook/wf1/kling-lip-sync',
		);
		expect(url('https://example.com/n8n/webhook-waiting/12', 'wf1')).toBe(
			'https://example.com/n8n/webhook/wf1/kling-lip-sync',
		);
		expect(url('http://h:5678/webhook-waiting/1', 'a b/ü')).toBe(
			'http://h:5678/webhook/a%20b%2F%C3%BC/kling-lip-sync',
		);
	});

	it('is refused while the endpoints are renamed, saying what to paste', () => {
		const problem = problemOf(() => ownTriggerUrl('https://h/hooks-waiting/1', 'wf1'));
		expect(problem.message).toMatch(/renamed/);
		expect(problem.hint).toMatch(/Production URL/);
	});

	it.each([undefined, '', '__EMPTY__'])(
		'is refused for a workflow that is not saved (%p)',
		(id) => {
			const problem = problemOf(() => ownTriggerUrl('https://h/webhook-waiting/1', id));
			expect(problem.message).toMatch(/not saved/);
		},
	);
});

describe('signatures', () => {
	const TRIGGER = 'https://n8n.example.com/webhook/wf1/kling-lip-sync';
	const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

	it('are put on the URL of a trigger, and hold for its workflow and key only', () => {
		const url = signedTriggerUrl(`${TRIGGER}?x=1`, 'key');
		expect(url.startsWith(`${TRIGGER}?x=1&`)).toBe(true);
		expect(readSignedQuery(queryOf(url), 'wf1', 'key')).toEqual({});
		expect(readSignedQuery(queryOf(url), 'wf2', 'key')).toBeUndefined();
		expect(readSignedQuery(queryOf(url), 'wf1', 'yek')).toBeUndefined();
		expect(url).not.toContain('key=');
	});

	it('cover what the user gave the order, whatever it is', () => {
		for (const reference of ['row 7', 'a&signature=x', '客户/7?#', '["kling-lip-sync"]']) {
			const query = queryOf(signedTriggerUrl(TRIGGER, 'key', reference));
			expect(readSignedQuery(query, 'wf1', 'key')).toEqual({ reference });
			for (const changed of [
				{ reference: 'row 8' },
				{ reference: undefined },
				{ reference: [reference] },
			])
				expect(readSignedQuery({ ...query, ...changed }, 'wf1', 'key')).toBeUndefined();
		}
	});

	it('of a URL without a reference do not hold for one that was added', () => {
		const query = queryOf(signedTriggerUrl(TRIGGER, 'key'));
		expect(readSignedQuery({ ...query, reference: 'row 7' }, 'wf1', 'key')).toBeUndefined();
	});

	it('match what a trigger of a workflow with an unusual id recomputes', () => {
		const url = ownTriggerUrl('https://h/webhook-waiting/1', 'a b/ü');
		expect(readSignedQuery(queryOf(signedTriggerUrl(url, 'key')), 'a b/ü', 'key')).toEqual({});
	});

	it('replace what is there already, and accept a trailing slash', () => {
		const url = signedTriggerUrl(`${TRIGGER}/?signature=old&reference=old`, 'key');
		expect(new URL(url).searchParams.getAll('signature')).toHaveLength(1);
		expect(readSignedQuery(queryOf(url), 'wf1', 'key')).toEqual({});
		const referred = signedTriggerUrl(url, 'key', 'new');
		expect(readSignedQuery(queryOf(referred), 'wf1', 'key')).toEqual({ reference: 'new' });
	});

	it('are not given to other receivers', () => {
		for (const url of ['https://example.com/done?x=1', 'https://h/kling-lip-sync', 'https://h/'])
			expect(signedTriggerUrl(url, 'key', 'row 7')).toBe(url);
	});

	it('are refused when they are no text of the right length', () => {
		const { signature } = queryOf(signedTriggerUrl(TRIGGER, 'key'));
		const others = [undefined, '', signature.slice(1), [signature], {}, 'ü'.repeat(64)];
		for (const given of others)
			expect(readSignedQuery({ signature: given }, 'wf1', 'key')).toBeUndefined();
	});
});
