'use strict';

const { ICredentialsHelper, NodeHelpers, isExpression } = require('n8n-workflow');

/** Does for one fixed credential what the server's CredentialsHelper does for the stored ones. */
class CredentialsHelper extends ICredentialsHelper {
	constructor(engine, types) {
		super();
		Object.assign(this, { engine, types });
	}

	async authenticate(credentials, typeName, options, workflow, node) {
		const { authenticate } = this.types[typeName];
		if (typeof authenticate === 'function') return await authenticate(credentials, options);
		const keys = { $credentials: credentials };
		const resolve = (value) => {
			if (!isExpression(value)) return value;
			return String(workflow.expression.getSimpleParameterValue(node, value, 'internal', keys, undefined, '') || '');
		};
		options.headers ??= {};
		for (const [target, entries] of Object.entries(authenticate?.properties ?? {})) {
			for (const [key, value] of Object.entries(entries)) (options[target] ??= {})[resolve(key)] = resolve(value);
		}
		return options;
	}

	withDefaults(type, data) {
		return NodeHelpers.getNodeParameters(this.types[type].properties, data, true, false, null, null);
	}

	async getDecrypted(additionalData, nodeCredentials, type) {
		if (!nodeCredentials?.id) throw new Error(`Found credential with no ID of type "${type}"`);
		this.engine.credentialReads++;
		return this.withDefaults(type, this.engine.credentials);
	}

	getCredentialsProperties(type) {
		return this.types[type].properties;
	}

	getParentTypes() {
		return [];
	}

	isCredentialUsableByNode() {
		return true;
	}

	async preAuthentication() {}

	async runPreAuthentication() {}

	async getCredentials() {
		throw new Error('Credentials are not stored here');
	}

	async updateCredentials() {}

	async updateCredentialsOauthTokenData() {}
}

module.exports = { CredentialsHelper };
