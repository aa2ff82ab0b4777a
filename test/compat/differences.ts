/** Tests of `test/engine` that can not pass on the oldest n8n, and why. compat.test.js has what happens there instead. */
export const differences = [
	// Resume URLs have a signature since n8n 2.14. The nodes don't rely on it: they ask the API.
	/^an execution that is paused hands its own URL to the vendor/,
	/^a callback that can not be trusted because its signature is wrong/,
	// When an execution goes on, n8n before 2.36 takes no item with details to the error output.
	/^a failed task goes to the error output where there is one/,
	/^a task that can not be confirmed goes to the error output/,
	// Agents did not run a node this way yet. Theirs is tested as "invoke".
	/as the tool of an agent \(engine\)/,
	/a call of an agent \(engine\)/,
	// The test of a credential could not tell one HTTP error from another.
	/^says that the address redirects/,
];
