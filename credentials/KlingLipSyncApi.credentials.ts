import type {
	IAuthenticateGeneric,
	IAuthenticateRuleResponseCode,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

const refused = (values: number[], message: string): IAuthenticateRuleResponseCode[] =>
	values.map((value) => ({ type: 'responseCode', properties: { value, message } }));

const refusals = [
	...refused([401, 403], 'The API does not accept this API key. Copy it again from your account.'),
	...refused([402], 'The key is good, but the account has no credits left. Top it up.'),
	...refused([429], 'The API is receiving too many requests. Test again in a minute.'),
	...refused([405], 'This Base URL is not the address of the API. Check it.'),
	...refused(
		[301, 302, 303, 307, 308],
		'The Base URL redirects to another address. If you trust that address, enter it instead.',
	),
	...[500, 501, 502, 503, 504].flatMap((value) =>
		refused([value], `The API has a problem at the moment (HTTP ${value}). Test again later.`),
	),
];

// Older n8n lets every HTTP error pass as a success; there the code in the answer tells them apart.
// n8n takes rules of both kinds, though its types know lists of one kind only.
const refusalsInBody = refusals.map(({ properties }) => ({
	type: 'responseSuccessBody',
	properties: { key: 'code', ...properties },
})) as unknown as IAuthenticateRuleResponseCode[];

export class KlingLipSyncApi implements ICredentialType {
	name = 'klingLipSyncApi';

	displayName = 'Kling Lip Sync API';

	icon: Icon = { light: 'file:klingLipSync.svg', dark: 'file:klingLipSync.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-kling-lip-sync/n8n-nodes-kling-lip-sync#credential';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			hint: 'From the API keys page of your account at apimodels.app',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://apimodels.app',
			required: true,
			placeholder: 'e.g. https://apimodels.app',
			description:
				'Only change this if you reach the API through your own gateway. The key is sent to this address only.',
		},
		{
			displayName: 'API Revision',
			name: 'apiRevision',
			type: 'options',
			options: [
				{
					name: 'Audio',
					value: 'audio',
					description: 'Several faces per task, with timing and volume',
				},
				{
					name: 'Video (Unconfirmed)',
					value: 'video',
					description: 'One face per task, without timing and volume',
				},
			],
			default: 'audio',
			description:
				'Some pages of the provider describe the newer Video revision without showing its exact request, so this node supports it as far as it is described. Keep Audio unless the provider tells you otherwise.',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: {
			headers: {
				Authorization: '=Bearer {{$credentials.apiKey.trim().replace(/^bearer\\s+/i, "")}}',
			},
		},
	};

	// The API has no call that only checks a key. It answers 404 for a task that does not exist, but
	// only after it has accepted the key.
	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl.trim().replace(/\\/+$/, "")}}',
			url: '=/api/v1/{{$credentials.apiRevision === "video" ? "video" : "audio"}}/generations',
			qs: { task_id: 'credential-test' },
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: {
				ignore: true,
				except: refusals.map(({ properties }) => properties.value),
			},
		},
		rules: [...refusals, ...refusalsInBody],
	};
}
