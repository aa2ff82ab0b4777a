import fc from 'fast-check';

import { sharingLinkOf } from '../../../nodes/KlingLipSync/media/sharingLink';

const DRIVE = 'https://drive.google.com/uc?export=download&id=1AbC-d_9';
const SHARED = 'https://1drv.ms/v/c/0123/Eabc?e=xyz';

it.each([
	['Google Drive', 'https://drive.google.com/file/d/1AbC-d_9/view?usp=sharing', DRIVE],
	['Google Drive', 'https://drive.google.com/file/u/0/d/1AbC-d_9/edit', DRIVE],
	['Google Drive', 'https://drive.google.com/file/u/10/d/1AbC-d_9/edit', DRIVE],
	['Google Drive', 'https://drive.google.com/open?id=1AbC-d_9&usp=drive_fs', DRIVE],
	['Google Drive', 'https://drive.google.com/uc?id=1AbC-d_9', DRIVE],
	['Google Drive', 'https://drive.google.com/uc?export=view&id=1AbC-d_9', DRIVE],
	['Google Drive', 'https://docs.google.com/file/d/1AbC-d_9/preview', DRIVE],
	[
		'Google Drive',
		'https://drive.google.com/file/d/1AbC-d_9/view?usp=sharing&resourcekey=0-k',
		`${DRIVE}&resourcekey=0-k`,
	],
	[
		'Dropbox',
		'https://www.dropbox.com/s/abc/voice.mp3?dl=0',
		'https://dl.dropboxusercontent.com/s/abc/voice.mp3?dl=1',
	],
	[
		'Dropbox',
		'https://www.dropbox.com/scl/fi/abc/clip.mp4?rlkey=k&st=s&dl=0',
		'https://dl.dropboxusercontent.com/scl/fi/abc/clip.mp4?rlkey=k&st=s&dl=1',
	],
	[
		'Dropbox',
		'https://dropbox.com/scl/fi/abc/clip.mp4?rlkey=k&raw=0',
		'https://dl.dropboxusercontent.com/scl/fi/abc/clip.mp4?rlkey=k&dl=1',
	],
	[
		'OneDrive',
		'https://onedrive.live.com/embed?resid=AB%21140&authkey=%21K&em=2',
		'https://onedrive.live.com/download?resid=AB%21140&authkey=%21K',
	],
	[
		'OneDrive',
		SHARED,
		`https://api.onedrive.com/v1.0/shares/u!${Buffer.from(SHARED).toString('base64url')}/root/content`,
	],
	[
		'SharePoint',
		'https://acme-my.sharepoint.com/:v:/g/personal/a_b/Eabc?e=xyz',
		'https://acme-my.sharepoint.com/:v:/g/personal/a_b/Eabc?e=xyz&download=1',
	],
	[
		'GitHub',
		'https://github.com/acme/clips/blob/main/a/clip.mp4',
		'https://raw.githubusercontent.com/acme/clips/main/a/clip.mp4',
	],
])('knows a page of %s and the link to the file itself: %s', (service, link, directUrl) => {
	const found = sharingLinkOf(link);
	expect(found).toMatchObject({ service, directUrl });
	expect(found?.advice).toContain(`Use the link to the file itself: ${directUrl}`);
	// What is advised is no page in its turn.
	expect(sharingLinkOf(directUrl)?.directUrl).toBeUndefined();
});

it.each([
	['Google Drive', 'https://drive.google.com/drive/folders/1AbC?usp=sharing'],
	['Google Drive', 'https://docs.google.com/document/d/1AbC/edit'],
	['Google Photos', 'https://photos.app.goo.gl/abc'],
	['Dropbox', 'https://www.dropbox.com/scl/fo/abc/folder?rlkey=k&dl=0'],
	['Dropbox', 'https://www.dropbox.com/home/clip.mp4'],
	['OneDrive', 'https://1drv.ms/f/s!Aabc'],
	['OneDrive', 'https://onedrive.live.com/?id=AB%21140&cid=AB'],
	['SharePoint', 'https://acme.sharepoint.com/:f:/s/team/Eabc?e=xyz'],
	['Box', 'https://app.box.com/s/abc'],
	['Box', 'https://acme.box.com/s/abc'],
	['iCloud', 'https://www.icloud.com/iclouddrive/abc#clip.mp4'],
	['iCloud', 'https://share.icloud.com/photos/abc'],
	['WeTransfer', 'https://we.tl/t-abc'],
	['WeTransfer', 'https://acme.wetransfer.com/downloads/abc/def'],
	['MEGA', 'https://mega.nz/file/abc#key'],
	['YouTube', 'https://www.youtube.com/watch?v=abc'],
	['YouTube', 'https://youtu.be/abc?t=3'],
	['YouTube', 'https://m.youtube.com/shorts/abc'],
	['Vimeo', 'https://vimeo.com/123'],
	['Vimeo', 'https://player.vimeo.com/video/123'],
	['Loom', 'https://www.loom.com/share/abc'],
	['TikTok', 'https://vm.tiktok.com/abc/'],
	['Instagram', 'https://www.instagram.com/reel/abc/'],
	['Facebook', 'https://fb.watch/abc/'],
	['X', 'https://x.com/acme/status/1'],
	['Spotify', 'https://open.spotify.com/episode/abc'],
	['SoundCloud', 'https://soundcloud.com/acme/voice'],
])('knows a page of %s that has no link to the file itself: %s', (service, link) => {
	const found = sharingLinkOf(link);
	expect(found).toMatchObject({ service });
	expect(found).not.toHaveProperty('directUrl');
	expect(found?.advice).toMatch(
		/^This is a link to a page of .+\. Download the file with an? .+'Binary File'\.$/,
	);
});

it.each([
	'https://www.dropbox.com/s/abc/voice.mp3?dl=1',
	'https://www.dropbox.com/scl/fi/abc/clip.mp4?rlkey=k&raw=1',
	'https://drive.usercontent.google.com/download?id=1AbC&export=download&confirm=t',
	'https://app.box.com/shared/static/abc.mp4',
	'https://player.vimeo.com/progressive_redirect/playback/1/rendition/720p/file.mp4',
	'https://lh3.googleusercontent.com/abc=dv',
	'https://cdn.example.com/drive.google.com/file/d/1/view',
	'https://notdropbox.com/s/abc/voice.mp3?dl=0',
	'https://youtube.com.example.org/watch?v=abc',
	'https://fox.com/clip.mp4',
	'not a link',
	'',
])('has nothing to say against %j', (link) => {
	expect(sharingLinkOf(link)).toBeUndefined();
});

it.each([
	[DRIVE, /Anyone with the link.*a Google Drive node/],
	['https://acme.sharepoint.com/:v:/g/a/E?download=1', /Anyone with the link.*SharePoint node/],
	['https://onedrive.live.com/download?resid=A&authkey=K', /Anyone with the link.*OneDrive node/],
])('says who must be allowed to open the file itself: %s', (link, advice) => {
	expect(sharingLinkOf(link)?.advice).toMatch(advice);
	expect(sharingLinkOf(link)).not.toHaveProperty('directUrl');
});

it('never throws, and never advises what it would refuse', () => {
	const hosts = [
		'drive.google.com',
		'www.dropbox.com',
		'1drv.ms',
		'a.sharepoint.com',
		'github.com',
	];
	const links = fc
		.tuple(fc.constantFrom(...hosts), fc.webPath(), fc.webQueryParameters())
		.map(([host, path, query]) => `https://${host}${path}?${query}`);
	fc.assert(
		fc.property(fc.oneof(links, fc.webUrl(), fc.string()), (link) => {
			const directUrl = sharingLinkOf(link)?.directUrl;
			if (directUrl) expect(sharingLinkOf(directUrl)?.directUrl).toBeUndefined();
		}),
		{ numRuns: 500 },
	);
});
