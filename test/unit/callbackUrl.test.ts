import {
	isSignature,
	ownTriggerUrl,
	signedTriggerUrl,
	workflowSignature,
} from '../../nodes/KlingLipSync/task/callbackUrl';
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
		'[2001:db8::1]',
		'[2606:4700::1111]',
		'[::ffff:8.8.8.8]',
		'fd.example.com',
	])('%s can be reached from outside', (host) => {
		expect(isPrivateHost(new URL(`http://${host}/`).hostname)).toBe(false);
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
	it('are put on the URL of a trigger, and hold for its workflow and key only', () => {
		const url = new URL(signedTriggerUrl('https://h/webhook/wf1/kling-lip-sync?x=1', 'key'));
		const signature = url.searchParams.get('signature');
		expect(url.searchParams.get('x')).toBe('1');
		expect(isSignature(signature, workflowSignature('wf1', 'key'))).toBe(true);
		expect(isSignature(signature, workflowSignature('wf2', 'key'))).toBe(false);
		expect(isSignature(signature, workflowSignature('wf1', 'yek'))).toBe(false);
		expect(url.href).not.toContain('key=');
	});

	it('match what a trigger of a workflow with an unusual id recomputes', () => {
		const url = ownTriggerUrl('https://h/webhook-waiting/1', 'a b/ü');
		const signature = new URL(signedTriggerUrl(url, 'key')).searchParams.get('signature');
		expect(signature).toBe(workflowSignature('a b/ü', 'key'));
	});

	it('replace an older one and accept a trailing slash', () => {
		const url = signedTriggerUrl('https://h/webhook/wf1/kling-lip-sync/?signature=old', 'key');
		expect(new URL(url).searchParams.getAll('signature')).toEqual([
			workflowSignature('wf1', 'key'),
		]);
	});

	it('are not given to other receivers', () => {
		for (const url of ['https://example.com/done?x=1', 'https://h/kling-lip-sync', 'https://h/'])
			expect(signedTriggerUrl(url, 'key')).toBe(url);
	});

	it('are refused when they are no text of the right length', () => {
		const expected = workflowSignature('wf1', 'key');
		for (const given of [undefined, '', expected.slice(1), [expected], {}, 'ü'.repeat(64)])
			expect(isSignature(given, expected)).toBe(false);
	});
});
