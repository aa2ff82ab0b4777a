/* eslint-disable @n8n/community-nodes/no-restricted-imports, @typescript-eslint/no-require-imports */
import { types } from 'node:util';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { TestEnvironment } from 'jest-environment-node';

// What is loaded outside is TypeScript, too.
require('../register');

/**
 * Jest's environment, with a way to what is outside of it: n8n's engine and the emulator are loaded once a process, where Jest
 * would load their thousands of modules anew for each test file.
 */
export default class extends TestEnvironment {
	constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
		super(config, context);
		this.global.requireOutside = (name: string): unknown => require(name);

		// Each test file has classes of its own for these, which nothing from outside is an instance of.
		this.global.Date = Date;
		const { Error } = this.global;
		const isInstance = Function.prototype[Symbol.hasInstance];
		Object.defineProperty(Error, Symbol.hasInstance, {
			value(this: unknown, error: unknown) {
				return this === Error
					? types.isNativeError(error)
					: isInstance.call(this as () => void, error);
			},
		});
	}
}
