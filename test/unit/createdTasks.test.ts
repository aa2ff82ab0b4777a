import { tellCreated } from '../../nodes/KlingLipSync/run/createdTasks';

it('tells which tasks exist, as many as an error can hold', () => {
	const ids = (count: number) => Array.from({ length: count }, (_, index) => `cl${index}`);
	expect(tellCreated([])).toBe('');
	expect(tellCreated(['cl1'])).toBe(
		'Tasks already created by this run, which Get Task retrieves: cl1.',
	);
	expect(tellCreated(ids(1000))).toMatch(/retrieves: cl0, .*, cl999\.$/);
	expect(tellCreated(ids(1002))).toMatch(/retrieves: cl0, .*, cl999 and 2 more\.$/);
});
