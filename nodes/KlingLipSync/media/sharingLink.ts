/** A link that opens a page about a file, where the file itself is needed. */
export interface SharingLink {
	/** Whose page it opens, as people call it. */
	service: string;
	/** The link that opens the file itself, where one can be built. */
	directUrl?: string;
	/** What to do, in whole sentences; with the direct link, if there is one. */
	advice: string;
}

interface Service {
	name: string;
	hosts: RegExp;
	/** Whether a link of this host opens a file after all. */
	isFile?(url: URL): boolean;
	/** The link to the file itself; undefined where none can be made. */
	direct?(url: URL): string | undefined;
	/** What else has to be so that a link to the file opens. */
	condition?: string;
	/** The node of n8n that downloads from there. */
	node?: string;
}

const ANYONE = 'The file must be shared with "Anyone with the link".';

const SERVICES: Service[] = [
	{
		name: 'Google Drive',
		node: 'a Google Drive node',
		hosts: /^(drive|docs)\.google\.com$/,
		isFile: (url) => url.pathname === '/uc' && url.searchParams.get('export') === 'download',
		direct: (url) => {
			const id = /^\/file\/(?:u\/\d+\/)?d\/([\w-]+)/.exec(url.pathname)?.[1];
			const isById = ['/open', '/uc', '/thumbnail'].includes(url.pathname);
			return fromGoogleDrive(id ?? (isById ? url.searchParams.get('id') : null), url);
		},
		condition: ANYONE,
	},
	{ name: 'Google Photos', hosts: /^(photos\.google\.com|photos\.app\.goo\.gl)$/ },
	{
		name: 'Dropbox',
		node: 'a Dropbox node',
		hosts: /^(www\.)?dropbox\.com$/,
		isFile: ({ searchParams }) => searchParams.get('dl') === '1' || searchParams.get('raw') === '1',
		direct: (url) => {
			if (!/^\/(s|scl\/fi)\//.test(url.pathname)) return undefined;
			const file = new URL(url);
			file.host = 'dl.dropboxusercontent.com';
			file.searchParams.delete('raw');
			file.searchParams.set('dl', '1');
			return String(file);
		},
	},
	{
		name: 'OneDrive',
		node: 'a Microsoft OneDrive node',
		hosts: /^(1drv\.ms|onedrive\.live\.com)$/,
		isFile: (url) => url.pathname === '/download',
		direct: (url) => {
			const [id, key] = ['resid', 'authkey'].map((name) => url.searchParams.get(name));
			if (id && key)
				return `https://onedrive.live.com/download?${new URLSearchParams({ resid: id, authkey: key })}`;
			if (url.host !== '1drv.ms' || url.pathname.startsWith('/f/')) return undefined;
			// As in Microsoft's reference "Accessing shared DriveItems".
			const token = Buffer.from(String(url)).toString('base64url');
			return `https://api.onedrive.com/v1.0/shares/u!${token}/root/content`;
		},
		condition: ANYONE,
	},
	{
		name: 'SharePoint',
		node: 'a Microsoft SharePoint node',
		hosts: /\.sharepoint\.com$/,
		isFile: (url) => url.searchParams.get('download') === '1' || !/^\/:\w:\//.test(url.pathname),
		direct: (url) => {
			if (url.pathname.startsWith('/:f:/')) return undefined;
			const file = new URL(url);
			file.searchParams.set('download', '1');
			return String(file);
		},
		condition: ANYONE,
	},
	{
		name: 'GitHub',
		hosts: /^github\.com$/,
		isFile: (url) => !/^\/[^/]+\/[^/]+\/blob\//.test(url.pathname),
		direct: (url) =>
			`https://raw.githubusercontent.com${url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/')}`,
		condition: 'The repository must be public.',
	},
	{
		name: 'Box',
		node: 'a Box node',
		hosts: /(^|\.)box\.com$/,
		isFile: (url) => url.pathname.startsWith('/shared/static/'),
	},
	{ name: 'iCloud', hosts: /^(www\.|share\.)?icloud\.com$/ },
	{ name: 'WeTransfer', hosts: /^(we\.tl|([\w-]+\.)?wetransfer\.com)$/ },
	{ name: 'MEGA', hosts: /^mega\.(nz|io)$/ },
	{ name: 'YouTube', hosts: /^(youtu\.be|(www\.|m\.|music\.)?youtube(-nocookie)?\.com)$/ },
	{
		name: 'Vimeo',
		hosts: /^(www\.|player\.)?vimeo\.com$/,
		isFile: (url) => /^\/(external|progressive_redirect)\//.test(url.pathname),
	},
	{ name: 'Loom', hosts: /^(www\.)?loom\.com$/ },
	{ name: 'TikTok', hosts: /^((www|m|vm|vt)\.)?tiktok\.com$/ },
	{ name: 'Instagram', hosts: /^(www\.)?instagram\.com$/ },
	{ name: 'Facebook', hosts: /^(fb\.watch|((www|m|web)\.)?facebook\.com)$/ },
	{ name: 'X', hosts: /^((www|mobile)\.)?(x|twitter)\.com$/ },
	{ name: 'Spotify', hosts: /^open\.spotify\.com$/ },
	{ name: 'Canva', hosts: /^(www\.)?canva\.com$/ },
	{ name: 'SoundCloud', hosts: /^((www|m|on)\.)?soundcloud\.com$/ },
];

/**
 * Recognises links that people copy from the address bar or a "Share" button. Nothing is opened.
 *
 * @param link any text
 * @returns undefined when it is none of them, or opens the file itself for everybody
 */
export function sharingLinkOf(link: string): SharingLink | undefined {
	if (!URL.canParse(link)) return undefined;
	const url = new URL(link);
	const service = SERVICES.find(({ hosts }) => hosts.test(url.hostname));
	if (!service) return undefined;
	const { name, condition, node } = service;
	const isFile = service.isFile?.(url) === true;
	if (isFile && !condition) return undefined;
	const directUrl = isFile ? undefined : service.direct?.(url);
	const advice = [
		isFile ? undefined : `This is a link to a page of ${name}.`,
		directUrl && `Use the link to the file itself: ${directUrl}`,
		isFile || directUrl ? condition : undefined,
		`${directUrl || isFile ? 'Or download' : 'Download'} the file with ${node ?? 'an earlier node'} and set the source to 'Binary File'.`,
	];
	return {
		service: name,
		...(directUrl && { directUrl }),
		advice: advice.filter(Boolean).join(' '),
	};
}

function fromGoogleDrive(id: string | null, { searchParams }: URL): string | undefined {
	if (!id) return undefined;
	const key = searchParams.get('resourcekey');
	const parts = { export: 'download', id, ...(key && { resourcekey: key }) };
	return `https://drive.google.com/uc?${new URLSearchParams(parts)}`;
}
