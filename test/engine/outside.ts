/** Gives the test files n8n's engine as it is loaded outside of Jest's environment. */

declare const requireOutside: (name: string) => unknown;

for (const name of ['n8n-core', 'n8n-workflow', require.resolve('./n8n')])
	jest.doMock(name, () => requireOutside(name));
