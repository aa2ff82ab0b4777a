/** A link that shows a file to people, where a program needs the file. */
export interface SharingLink {
	/** Whose page it opens. */
	service: string;
	/** The link that opens the file itself, where one can be built. */
	directUrl?: string;
	/** What to do, in words. */
	advice: string;
}

interface Service {
	name: string;
	hosts: RegExp;
	/** @returns undefined where no direct link can be built, or the link is direct already */
	direct?: (url: URL) => string | undefined;
	/** What to do where no direct link can be built. */
	advice: string;
}

const DOWNLOAD_FIRST =
	"Download the file with a node of n8n first and set the source to 'Binary File', or put it where anyone can open it.";

/** Services whose links people paste, with the direct link as the service itself documents or builds it. */
const SERVICES: Service[] = [
	{
		name: 'Google Drive',
		hosts: /^(drive|docs)\.google\.com$/,
		direct: ({ pathname, searchParams }) => {
			const id = /\/d\/([\w-]+)/.exec(pathname)?.[1] ?? searchParams.get('id');
			return id
				? `https://drive.usercontent.google.com/download?id=${id}&export=download`
				: undefined;
		},
		advice: "Download the file with a Google Drive node and set the source to 'Binary File'.",
	},
	{
		name: 'Dropbox',
		hosts: /^(www\.)?dropbox\.com$/,
		direct: (url) => {
			const direct = new URL(url);
			direct.hostname = 'dl.dropboxusercontent.com';
			direct.searchParams.delete('dl');
			direct.searchParams.set('raw', '1');
			return direct.toString();
		},
		advice: "Download the file with a Dropbox node and set the source to 'Binary File'.",
	},
	{
		name: 'OneDrive',
		hosts: /^(1drv\.ms|onedrive\.live\.com)$/,
		advice: "Download the file with a Microsoft OneDrive node and set the source to 'Binary File'.",
	},
	{
		name: 'SharePoint',
		hosts: /\.sharepoint\.com$/,
		direct: (url) => {
			const direct = new URL(url);
			direct.searchParams.set('download', '1');
			return direct.toString();
		},
		advice: "Download the file with a Microsoft node and set the source to 'Binary File'.",
	},
	{
		name: 'Box',
		hosts: /(^|\.)box\.com$/,
		direct: ({ hostname, pathname }) => {
			const id = /^\/s\/(\w+)/.exec(pathname)?.[1];
			return id ? `https://${hostname}/shared/static/${id}` : undefined;
		},
		advice: "Download the file with a Box node and set the source to 'Binary File'.",
	},
	{
		name: 'GitHub',
		hosts: /^github\.com$/,
		direct: ({ pathname }) => {
			const file = /^\/([^/]+\/[^/]+)\/blob\/(.+)$/.exec(pathname);
			return file ? `https://raw.githubusercontent.com/${file[1]}/${file[2]}` : undefined;
		},
		advice: 'Use the link behind the button "Raw".',
	},
	...(
		[
			['YouTube', /(^|\.)(youtube\.com|youtu\.be|youtube-nocookie\.com)$/],
			['Vimeo', /(^|\.)vimeo\.com$/],
			['TikTok', /(^|\.)tiktok\.com$/],
			['Instagram', /(^|\.)instagram\.com$/],
			['Facebook', /(^|\.)(facebook\.com|fb\.watch)$/],
			['Loom', /(^|\.)loom\.com$/],
			['SoundCloud', /(^|\.)soundcloud\.com$/],
			['Spotify', /(^|\.)spotify\.com$/],
			['iCloud', /(^|\.)icloud\.com$/],
			['WeTransfer', /(^|\.)(wetransfer\.com|we\.tl)$/],
			['Canva', /(^|\.)canva\.com$/],
		] as const
	).map(([name, hosts]) => ({ name, hosts, advice: DOWNLOAD_FIRST })),
];

/**
 * Recognises a link that opens a page of a service for sharing files.
 *
 * @returns undefined for any other link
 */
export function sharingLinkOf(link: string): SharingLink | undefined {
	if (!URL.canParse(link)) return undefined;
	const url = new URL(link);
	const service = SERVICES.find(({ hosts }) => hosts.test(url.hostname.toLowerCase()));
	if (!service) return undefined;
	const { name } = service;
	const directUrl = service.direct?.(url);
	if (!directUrl || directUrl === link) {
		return { service: name, advice: `This is a link to a page of ${name}. ${service.advice}` };
	}
	return {
		service: name,
		directUrl,
		advice: `This is a link to a page of ${name}. The file itself is at ${directUrl} as long as anyone with the link may open it. Or: ${service.advice}`,
	};
}
