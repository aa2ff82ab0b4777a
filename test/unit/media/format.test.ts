import { FORMAT_NAMES, formatBySignature } from '../../../nodes/KlingLipSync/media/format';
import { mediumOf } from '../../../nodes/KlingLipSync/media/readMedium';
import { adtsFrames, box, ftyp, id3v2, mdat, moov, mpegFrames, trak } from './makers';

it.each([
	['an Ogg file', 'OggS\0'],
	['a FLAC file', 'fLaC\0\0\0\x22'],
	['a WebM or Matroska file', '\x1a\x45\xdf\xa3\x9f\x42'],
	['an AVI file', 'RIFF\0\0\0\0AVI LIST'],
	['a Windows Media file (WMA or WMV)', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
	['an AIFF file', 'FORM\0\0\0\0AIFFCOMM'],
	['an AIFF file', 'FORM\0\0\0\0AIFCFVER'],
	['an AMR file', '#!AMR-WB\n'],
	['a Core Audio file (CAF)', 'caff\0\x01'],
	['an AU file', '.snd\0\0\0\x18'],
	['an AC-3 file', '\x0b\x77\xab\xcd'],
	['a MIDI file', 'MThd\0\0\0\x06'],
	['a Flash video', 'FLV\x01\x05'],
	['an MPEG program or transport stream', '\0\0\x01\xba\x44'],
	['an MPEG program or transport stream', `G${'x'.repeat(187)}G${'x'.repeat(187)}G`],
	['an AAC file', 'ADIF\0'],
	['a WAV file', 'RIFF\0\0\0\0WAVEfmt '],
	['a WAV file', 'RF64\xff\xff\xff\xffWAVEds64'],
	['a playlist', '#EXTM3U\n#EXT-X-VERSION:3'],
	['a playlist', '[playlist]\nFile1=a.mp3'],
	['an image', '\x89PNG\r\n'],
	['an image', '\xff\xd8\xff\xe0'],
	['an image', 'GIF89a'],
	['an image', 'RIFF\0\0\0\0WEBPVP8 '],
	['an image', '\0\0\0\x18ftypheic'],
	['an image', '\0\0\0\x18ftypavif'],
	['a PDF file', '%PDF-1.7'],
	['an archive (ZIP or the like)', 'PK\x03\x04'],
	['an archive (ZIP or the like)', '\x1f\x8b\x08\0'],
	['an archive (ZIP or the like)', 'Rar!\x1a'],
	['an archive (ZIP or the like)', '7z\xbc\xaf\x27\x1c'],
	['a web page', '<!DOCTYPE html><html>'],
	['a web page', '\xef\xbb\xbf\r\n  <html lang="en">'],
	['a web page', '<!-- saved --><p>'],
	['a web page', '<?xml version="1.0"?><html xmlns="x">'],
	['an XML text', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
	['a JSON text', ' {"error":"not found"}'],
	['a JSON text', '[1,2]'],
	['a text', 'Not Found'],
	['a text', 'Stra\xc3\x9fe'],
	['a text', `G${'x'.repeat(187)}x${'x'.repeat(187)}G`],
	['a text', `G${'x'.repeat(187)}G${'x'.repeat(187)}x`],
	['a text', `x${'x'.repeat(187)}G${'x'.repeat(187)}G`],
	['a text', 'The toneWAVE of a RIFF'],
	['empty', ''],
	['an MP4 file', '\0\0\0\x14ftypisom'],
	['an MP4 file', '\0\0\0\x08wide'],
	['a file of an unknown format', '\x01\x02\x03\x04\x05'],
	['a file of an unknown format', '\0'],
	['a file of an unknown format', '\xee'.repeat(50)],
])('takes the bytes of it for %s: %j', (name, bytes) => {
	expect(FORMAT_NAMES[formatBySignature(Buffer.from(bytes, 'latin1'))]).toBe(name);
});

it('takes a text for a text that is cut within a character', () => {
	expect(formatBySignature(Buffer.from('Straße').subarray(0, 5))).toBe('text');
});

it('looks behind the tags at the beginning of a file', () => {
	const file = (content: Buffer) => Buffer.concat([id3v2(300), id3v2(2000), content]);
	expect(mediumOf(file(Buffer.from('fLaC\0\0'))).format).toBe('flac');
	expect(mediumOf(file(mpegFrames('mp3 128k 44100', 3))).format).toBe('mp3');
	expect(mediumOf(file(adtsFrames(3))).format).toBe('aac');
});

it('finds no sound in tags alone', () => {
	expect(mediumOf(id3v2(300))).toEqual({ format: 'mp3', defect: 'noContent', bytes: 310 });
});

it('tells an empty file', () => {
	expect(mediumOf(Buffer.alloc(0))).toEqual({ format: 'empty', bytes: 0 });
});

it.each([
	['mp4', 'isom', 'vide'],
	['mp4', '3gp5', 'vide'],
	['mov', 'qt  ', 'vide'],
	['m4a', 'M4A ', 'soun'],
	['m4a', 'isom', 'soun'],
	['m4a', 'qt  ', 'soun'],
])('is %s with the brand "%s" and a track of "%s"', (format, brand, handler) => {
	const file = Buffer.concat([ftyp(brand), moov([trak({ handler })]), mdat()]);
	expect(mediumOf(file).format).toBe(format);
});

it('is a MOV file without a brand, as old QuickTime wrote it', () => {
	const file = Buffer.concat([box('wide'), mdat(), moov([trak()])]);
	expect(mediumOf(file).format).toBe('mov');
});

it('has no content without any track of sound or picture', () => {
	const file = Buffer.concat([ftyp(), moov([trak({ handler: 'text' })]), mdat()]);
	expect(mediumOf(file)).toEqual({ format: 'mp4', defect: 'noContent', bytes: file.length });
});
