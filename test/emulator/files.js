'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const { failureAnswer, send } = require('./answers');
const { bigVideo } = require('./bigvideo');
const { outcomeOf } = require('./faults');

const FACE_PICTURES = 4;
const types = { '.mp4': 'video/mp4', '.mp3': 'audio/mpeg', '.png': 'image/png' };

function fixture(name) {
	const file = path.join(__dirname, 'files', name);
	return {
		type: types[path.extname(name)],
		size: fs.statSync(file).size,
		open: () => fs.createReadStream(file),
	};
}

function locate(pathname, settings) {
	const [, taskId, picture] =
		/^\/files\/result\/([^/]+)\.mp4$/.exec(pathname) ??
		/^\/files\/face\/([^/]+)\/([1-9]\d*)\.png$/.exec(pathname) ??
		[];
	if (picture) return { taskId, file: fixture(`face-${((picture - 1) % FACE_PICTURES) + 1}.png`) };
	if (taskId && settings.resultBytes !== null) {
		const size = settings.resultBytes;
		return { taskId, file: { type: types['.mp4'], size, open: () => bigVideo(size) } };
	}
	if (taskId) return { taskId, file: fixture('result.mp4') };
	const sample = /^\/files\/sample\/(video\.mp4|voice\.mp3)$/.exec(pathname)?.[1];
	return { file: sample && fixture(sample) };
}

async function* firstBytes(source, count) {
	let left = count;
	for await (const chunk of source) {
		if (left <= 0) return;
		yield chunk.length > left ? chunk.subarray(0, left) : chunk;
		left -= chunk.length;
	}
}

async function serve(req, res, file, cutAt) {
	res.writeHead(200, { 'content-type': file.type, 'content-length': file.size });
	if (req.method === 'HEAD') return res.end();
	const isWhole = cutAt === undefined;
	try {
		await pipeline(firstBytes(file.open(), isWhole ? file.size : cutAt), res, { end: isWhole });
	} catch (error) {
		if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
		return; // A client may go away whenever it likes.
	}
	// Unlike destroy(), this lets the bytes written so far arrive.
	if (!isWhole) res.socket?.destroySoon();
}

/**
 * Makes the handler of everything under `/files/`. No key is asked for, as with the links that the real
 * service hands out, and any task id will do: the files may be those of another emulator's tasks.
 *
 * @param {object} parts
 * @param {object} parts.settings
 * @param {import('./lifetime').Lifetime} parts.lifetime
 * @param {import('./faults').FaultQueue} parts.faults
 * @param {object[]} parts.files log of `{ at, method, path, headers, status, fault? }`
 * @param {(entry: object) => void} parts.onRequest called with each log entry
 * @returns {import('express').RequestHandler}
 */
function createFileHandler({ settings, lifetime, faults, files, onRequest }) {
	return async (req, res) => {
		const { taskId, file } = locate(req.path, settings);
		const fault = faults.take({ method: 'FILE', taskId });
		const isCut = fault?.kind === 'truncate';
		let answer = null;
		if (fault && !isCut) answer = outcomeOf(fault);
		else if (!['GET', 'HEAD'].includes(req.method)) answer = failureAnswer(405);
		else if (!file) answer = failureAnswer(404, 'file not found');

		const entry = {
			at: Date.now(),
			method: req.method,
			path: req.path,
			headers: { ...req.headers },
			status: answer?.status ?? 200,
		};
		if (fault) entry.fault = fault.kind;
		files.push(entry);
		onRequest(entry);
		if (answer) send(res, answer, lifetime);
		else
			await serve(req, res, file, isCut ? (fault.bytes ?? Math.floor(file.size / 2)) : undefined);
	};
}

module.exports = { createFileHandler };
