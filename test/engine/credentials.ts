import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	ICredentials,
	IHttpRequestOptions,
	INode,
	INodeCredentialsDetails,
	INodeProperties,
	IRequestOptionsSimplified,
	IWorkflowExecuteAdditionalData,
	Workflow,
} from 'n8n-workflow';
import { ICredentialsHelper, NodeHelpers, isExpression } from 'n8n-workflow';

/** Where the one credential of an engine is found, and how often it was read. */
export interface CredentialStore {
	credentials: Record<string, unknown>;
	credentialReads: number;
}

/** Does for one fixed credential what the server's CredentialsHelper does for the stored ones. */
export class CredentialsHelper extends ICredentialsHelper {
	constructor(
		private readonly store: CredentialStore,
		private readonly types: Record<string, ICredentialType>,
	) {
		super();
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		options: IHttpRequestOptions | IRequestOptionsSimplified,
		workflow: Workflow,
		node: INode,
	): Promise<IHttpRequestOptions> {
		const { authenticate } = this.types[typeName];
		const request = options as IHttpRequestOptions & Record<string, Record<string, string>>;
		if (typeof authenticate === 'function') return await authenticate(credentials, request);
		const keys = { $credentials: credentials };
		const resolve = (value: string) => {
			if (!isExpression(value)) return value;
			const { expression } = workflow;
			return String(
				expression.getSimpleParameterValue(node, value, 'internal', keys, undefined, '') || '',
			);
		};
		request.headers ??= {};
		for (const [target, entries] of Object.entries(authenticate?.properties ?? {})) {
			for (const [key, value] of Object.entries(entries as Record<string, string>))
				(request[target] ??= {})[resolve(key)] = resolve(value);
		}
		return request;
	}

	withDefaults(type: string, data: object): ICredentialDataDecryptedObject {
		const { properties } = this.types[type];
		return NodeHelpers.getNodeParameters(
			properties,
			data as never,
			true,
			false,
			null,
			null,
		) as ICredentialDataDecryptedObject;
	}

	async getDecrypted(
		_: IWorkflowExecuteAdditionalData,
		nodeCredentials: INodeCredentialsDetails | undefined,
		type: string,
	): Promise<ICredentialDataDecryptedObject> {
		if (!nodeCredentials?.id) throw new Error(`Found credential with no ID of type "${type}"`);
		this.store.credentialReads++;
		return this.withDefaults(type, this.store.credentials);
	}

	getCredentialsProperties(type: string): INodeProperties[] {
		return this.types[type].properties;
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async preAuthentication(): Promise<undefined> {}

	async runPreAuthentication(): Promise<undefined> {}

	async getCredentials(): Promise<ICredentials> {
		throw new Error('Credentials are not stored here');
	}

	async updateCredentials(): Promise<void> {}

	async updateCredentialsOauthTokenData(): Promise<void> {}
}
