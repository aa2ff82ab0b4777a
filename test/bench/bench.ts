/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console */

/** Measures and prints a table: `npm run bench [-- name …]`. Nothing here passes or fails. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Row } from './stats';

const benches: Record<string, () => Promise<Row[]>> = {
	poll: async () => (await import('./poll')).poll(),
	creates: async () => await (await import('./creates')).creates(),
	look: async () => await (await import('./look')).look(),
	download: async () => await (await import('./download')).download(),
	package: async () => await (await import('./package')).packageCosts(),
	resume: async () => await (await import('./resume')).resume(),
	trigger: async () => await (await import('./trigger')).trigger(),
};
const OUT = path.join(__dirname, '../../artifacts');

function table(rows: Row[]): string {
	const lines = rows.map(({ what, ours, other, target, met }) => {
		const verdict = target ? `${target} ${met ? '✓' : '✗'}` : '';
		return `| ${[what, ours, other, verdict].join(' | ')} |`;
	});
	return [
		'| What | This package | Compared with | Target |',
		'| --- | --- | --- | --- |',
		...lines,
	].join('\n');
}

async function main() {
	const names = process.argv.slice(2);
	const chosen = names.length > 0 ? names : Object.keys(benches);
	const rows: Row[] = [];
	for (const name of chosen) {
		if (!benches[name])
			throw new Error(`No bench "${name}". There are: ${Object.keys(benches).join(', ')}`);
		console.error(`measuring ${name} …`);
		rows.push(...(await benches[name]()));
	}
	const machine = `${os.cpus().length} cores (${os.cpus()[0].model.trim()}), ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
	const date = new Date().toISOString().slice(0, 10);
	const text = `Measured on ${date}: ${machine}. Medians, with the spread in brackets.\n\n${table(rows)}\n`;
	fs.mkdirSync(OUT, { recursive: true });
	fs.writeFileSync(
		path.join(OUT, 'bench.json'),
		JSON.stringify({ date, machine, rows }, null, '\t'),
	);
	fs.writeFileSync(path.join(OUT, 'bench.md'), text);
	console.log(`\n${text}`);
}

main().then(
	() => process.exit(0),
	(error) => {
		console.error(error);
		process.exit(1);
	},
);
