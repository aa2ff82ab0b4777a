/** What a file is, by its bytes. The first six are those that Kling takes. */
export type Format = keyof typeof FORMAT_NAMES;

/** As the end of a sentence that begins with "This is". */
export const FORMAT_NAMES = {
	mp3: 'an MP3 file',
	wav: 'a WAV file',
	m4a: 'an M4A file',
	aac: 'an AAC file',
	mp4: 'an MP4 file',
	mov: 'a MOV file',
	mp2: 'an MPEG layer II file (MP2)',
	mp1: 'an MPEG layer I file (MP1)',
	ogg: 'an Ogg file',
	flac: 'a FLAC file',
	webm: 'a WebM or Matroska file',
	avi: 'an AVI file',
	asf: 'a Windows Media file (WMA or WMV)',
	aiff: 'an AIFF file',
	amr: 'an AMR file',
	caf: 'a Core Audio file (CAF)',
	au: 'an AU file',
	ac3: 'an AC-3 file',
	midi: 'a MIDI file',
	flv: 'a Flash video',
	mpeg: 'an MPEG program or transport stream',
	playlist: 'a playlist',
	image: 'an image',
	pdf: 'a PDF file',
	archive: 'an archive (ZIP or the like)',
	html: 'a web page',
	xml: 'an XML text',
	json: 'a JSON text',
	text: 'a text',
	empty: 'empty',
	unknown: 'a file of an unknown format',
};

/** Bytes that are enough to tell a format by its signature. */
export const SIGNATURE_LENGTH = 1024;

/** Signatures in Latin-1, by the position at which they stand. */
const SIGNATURES: Array<[Format, string, number?]> = [
	['ogg', 'OggS'],
	['flac', 'fLaC'],
	['webm', '\x1a\x45\xdf\xa3'],
	['avi', 'AVI ', 8],
	['asf', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
	['aiff', 'AIFF', 8],
	['aiff', 'AIFC', 8],
	['amr', '#!AMR'],
	['caf', 'caff'],
	['au', '.snd'],
	['ac3', '\x0b\x77'],
	['midi', 'MThd'],
	['flv', 'FLV\x01'],
	['mpeg', '\x00\x00\x01\xba'],
	['aac', 'ADIF'],
	['playlist', '#EXTM3U'],
	['playlist', '[playlist]'],
	['image', '\x89PNG'],
	['image', '\xff\xd8\xff'],
	['image', 'GIF8'],
	['image', 'WEBP', 8],
	['image', 'ftypheic', 4],
	['image', 'ftypheix', 4],
	['image', 'ftypmif1', 4],
	['image', 'ftypavif', 4],
	['pdf', '%PDF-'],
	['archive', 'PK\x03\x04'],
	['archive', '\x1f\x8b\x08'],
	['archive', 'Rar!'],
	['archive', '7z\xbc\xaf'],
];

/** The types of boxes with which files of the MP4 family begin. */
const FIRST_BOXES = [
	'ftyp',
	'moov',
	'mdat',
	'free',
	'skip',
	'wide',
	'pnot',
	'styp',
	'sidx',
	'moof',
	'uuid',
];

/**
 * What a file is whose first bytes, behind tags, are these. `mp4` stands for its whole family here,
 * which only the index tells apart; what is `unknown` may still be mp3 or AAC.
 *
 * @param head up to SIGNATURE_LENGTH bytes
 */
export function formatBySignature(head: Buffer): Format {
	if (head.length === 0) return 'empty';
	const text = head.toString('latin1');
	if (/^(RIFF|RF64|BW64)/.test(text) && text.startsWith('WAVE', 8)) return 'wav';
	const found = SIGNATURES.find(([, signature, at]) => text.startsWith(signature, at ?? 0));
	if (found) return found[0];
	if (FIRST_BOXES.includes(text.slice(4, 8))) return 'mp4';
	if (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) return 'mpeg';
	return textFormat(head) ?? 'unknown';
}

function textFormat(head: Buffer): Format | undefined {
	const text = head.toString('utf8').trimStart();
	if (/^<(!doctype html|html|head|body|script|title|!--)/i.test(text)) return 'html';
	if (/^<\?xml/i.test(text)) return /<html/i.test(text) ? 'html' : 'xml';
	const isBinary = /[^\P{Cc}\s]|\ufffd(?!\ufffd{0,2}$)/u.test(text);
	if (isBinary) return undefined;
	return /^[[{]/.test(text) ? 'json' : 'text';
}
