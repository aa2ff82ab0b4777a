/** A URL as messages may quote it: without a user name and a password, and not endless. */
export function withoutLogin(url: string): string {
	return shorten(url.replace(/^(https?:\/\/)[^/?#@]*@/i, '$1'));
}

/** A user's value as text, for messages: not every object can be made a string. */
export function inWords(value: unknown): string {
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What others wrote, cut to a length that a message can bear. */
export function shorten(text: string): string {
	return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
