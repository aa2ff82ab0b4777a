/** A figure as it is written into a picture. */
export const round = (value: number) => Number(value.toFixed(1));

/** A text at a place; `more` are further attributes. */
export const text = (left: number, top: number, content: string, more = '') =>
	`<text x="${round(left)}" y="${round(top)}" ${more}>${content}</text>`;

/** A straight line; `more` are further attributes. */
export const line = (x1: number, y1: number, x2: number, y2: number, more: string) =>
	`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${more}/>`;

/** An SVG picture of what is drawn, on white. */
export const picture = (width: number, height: number, title: string, drawn: string[]) =>
	[
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#334155" role="img">`,
		`<title>${title}</title>`,
		`<rect width="${width}" height="${height}" fill="#ffffff"/>`,
		...drawn,
		'</svg>',
		'',
	].join('\n');
