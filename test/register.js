'use strict';

/**
 * Lets Node run TypeScript: `node -r ./test/register file.ts`. What was transpiled once is kept, because loading
 * and running the transpiler takes longer than everything else at the start of a tool.
 */

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { version } = require('sucrase/package.json');

const CACHE = path.join(__dirname, '../node_modules/.cache/sucrase', version);

function transpile(code, filePath) {
	const { transform } = require('sucrase');
	const { code: transpiled, sourceMap } = transform(code, {
		transforms: ['imports', 'typescript'],
		filePath,
		sourceMapOptions: { compiledFilename: filePath },
	});
	const map = Buffer.from(JSON.stringify(sourceMap)).toString('base64');
	return `${transpiled}\n//# sourceMappingURL=data:application/json;base64,${map}`;
}

function readOrTranspile(filePath) {
	const code = fs.readFileSync(filePath, 'utf8');
	const key = createHash('sha256').update(`${filePath}\n${code}`).digest('hex');
	const cached = path.join(CACHE, `${key}.js`);
	try {
		return fs.readFileSync(cached, 'utf8');
	} catch {
		const transpiled = transpile(code, filePath);
		fs.mkdirSync(CACHE, { recursive: true });
		// Others may read at the same moment: the file appears whole or not at all.
		fs.writeFileSync(`${cached}.${process.pid}`, transpiled);
		fs.renameSync(`${cached}.${process.pid}`, cached);
		return transpiled;
	}
}

require.extensions['.ts'] = (module, filePath) => {
	module._compile(readOrTranspile(filePath), filePath);
};
