import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/** Answers a callback without starting or resuming anything. */
export function answerOnly(
	context: IWebhookFunctions,
	status: number,
	message: string,
): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message });
	return { noWebhookResponse: true };
}
