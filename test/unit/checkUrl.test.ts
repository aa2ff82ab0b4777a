import { checkedUrl } from '../../nodes/KlingLipSync/task/checkUrl';
import { withoutLogin } from '../../nodes/KlingLipSync/task/quote';
import { problemOf } from './problemOf';

const link = 'https://a/voice.mp3';

test('a URL may have blanks around it', () => {
	expect(checkedUrl(`\n ${link} `, 'audio')).toBe(link);
	expect(checkedUrl('HTTPS://EXAMPLE.COM/A.mp3', 'audio')).toBe('HTTPS://EXAMPLE.COM/A.mp3');
});

test.each(['', '  ', undefined, null, 7, {}])('a URL is missing when it is %p', (value) => {
	expect(problemOf(() => checkedUrl(value, 'video')).message).toBe(
		'The URL of the video is missing',
	);
});

test.each([
	'example.com/a.mp4',
	'file:///a.mp4',
	'data:video/mp4;base64,AA',
	'https://',
	'http:///a',
])('%s is refused as no web address', (value) => {
	expect(problemOf(() => checkedUrl(value, 'video')).message).toMatch(/not a web address/);
});

test.each([`${link},${link}`, `${link}\n${link}`, `${link} ; ${link}`])(
	'%s is refused as several links',
	(value) => {
		expect(problemOf(() => checkedUrl(value, 'audio')).message).toMatch(/several links/);
	},
);

test('a blank inside a URL is refused, with what to write in its place', () => {
	const problem = problemOf(() => checkedUrl('https://a/my voice.mp3', 'audio'));
	expect(problem.message).toMatch(/contains a space/);
	expect(problem.hint).toContain('%20');
});

test('a user name and a password in a URL are in no message', () => {
	expect(withoutLogin('https://me:secret@a/b@c.mp3')).toBe('https://a/b@c.mp3');
	const problem = problemOf(() => checkedUrl('https://me:secret@a/my voice.mp3', 'audio'));
	expect(problem.message).not.toContain('secret');
});

test('each refusal of a URL says what to do', () => {
	const hintFor = (value: string) => problemOf(() => checkedUrl(value, 'audio')).hint;
	expect(hintFor('')).toBe('Enter the URL of the audio, or map it from an earlier node.');
	expect(hintFor(`${link},${link}`)).toBe(
		'Enter one link per item. To turn a list into items, use a Split Out node first.',
	);
	expect(hintFor('voice.mp3')).toBe(
		"It must start with https:// or http://. To use a file from an earlier node, set the source to 'Binary File' instead.",
	);
});
