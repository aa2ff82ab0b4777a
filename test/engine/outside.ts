/** Gives the test files n8n's engine and the emulator as they are loaded outside of Jest's environment. */

declare const requireOutside: (name: string) => unknown;

const LIBRARIES = ['n8n-core', 'n8n-workflow', 'express'];
for (const name of [...LIBRARIES, require.resolve('./n8n'), require.resolve('../emulator')])
	jest.doMock(name, () => requireOutside(name));
